/* snippet.c - the web servers' side, for a pool that is there. */
#include <string.h>
#include <unistd.h>

#include "view/doctor.h"

/* Where the pool's programs are in the site, and beneath which folder. */
struct place {
	char listen[256];
	char prefix[256];  /* "/cgi-bin/", or "/" for a fixed program */
	char docroot[256]; /* what is in front of it, without a slash */
};

static bool
is_unix(const struct place *p)
{
	return *p->listen == '/';
}

/* As a URL has it. */
static const char *
host(const struct place *p)
{
	return is_unix(p) ? "localhost" : p->listen;
}

/* Without the brackets of an IPv6 address: into BUF, which is returned. */
static const char *
bare_host(const struct place *p, char *buf, size_t cap)
{
	const char *from = p->listen + (*p->listen == '[' ? 1 : 0);
	const char *to = strrchr(p->listen, ':');

	if (to > from && to[-1] == ']')
		to--;
	(void)snprintf(buf, cap, "%.*s", (int)(to - from), from);
	return buf;
}

/* Without the slash at its end. */
static int
prefix_len(const struct place *p)
{
	return (int)strlen(p->prefix) - 1;
}

static void
nginx(FILE *out, const struct place *p)
{
	(void)fprintf(out,
	    "    location %s {\n"
	    "        include           /etc/nginx/fastcgi_params;\n"
	    "        fastcgi_param     SCRIPT_FILENAME "
	    "%s$fastcgi_script_name;\n"
	    "        fastcgi_pass      %s%s;\n"
	    "        fastcgi_keep_conn on;\n"
	    "    }\n",
	    p->prefix, p->docroot, is_unix(p) ? "unix:" : "", p->listen);
}

static void
apache(FILE *out, const struct place *p)
{
	(void)fprintf(out,
	    "    # a2enmod proxy proxy_fcgi\n"
	    "    ProxyPass \"%s\" \"%s%s%sfcgi://%s%s%s\" enablereuse=on\n",
	    p->prefix, is_unix(p) ? "unix:" : "", is_unix(p) ? p->listen : "",
	    is_unix(p) ? "|" : "", host(p), p->docroot, p->prefix);
}

static void
lighttpd(FILE *out, const struct place *p)
{
	char name[256];

	(void)fprintf(out,
	    "    server.modules += ( \"mod_fastcgi\" )\n"
	    "    fastcgi.server += ( \"%s\" => ((\n",
	    p->prefix);
	if (is_unix(p))
		(void)fprintf(
		    out, "        \"socket\" => \"%s\",\n", p->listen);
	else
		(void)fprintf(out,
		    "        \"host\" => \"%s\", \"port\" => %s,\n",
		    bare_host(p, name, sizeof(name)),
		    strrchr(p->listen, ':') + 1);
	(void)fprintf(out,
	    "        \"docroot\" => \"%s\",\n"
	    "        \"check-local\" => \"disable\" )) )\n",
	    *p->docroot == '\0' ? "/" : p->docroot);
}

static void
haproxy(FILE *out, const struct place *p)
{
	(void)fprintf(out,
	    "    # in a frontend: use_backend cgi if { path_beg %s }\n"
	    "    fcgi-app cgi\n"
	    "        docroot %s\n"
	    "    backend cgi\n"
	    "        mode http\n"
	    "        use-fcgi-app cgi\n"
	    "        server pool %s%s proto fcgi\n",
	    p->prefix, *p->docroot == '\0' ? "/" : p->docroot,
	    is_unix(p) ? "unix@" : "", p->listen);
}

/* A path without any of its words to split at is the script's, and cgi-fpm
 * finds the program on the way. */
static void
caddy(FILE *out, const struct place *p)
{
	(void)fprintf(out,
	    "    reverse_proxy %.*s/* %s%s {\n"
	    "        transport fastcgi {\n"
	    "            root %s\n"
	    "            split .cgi\n"
	    "        }\n"
	    "    }\n",
	    prefix_len(p), p->prefix, is_unix(p) ? "unix/" : "", p->listen,
	    *p->docroot == '\0' ? "/" : p->docroot);
}

static const struct {
	const char *name;
	const char *path;
	void (*print)(FILE *out, const struct place *place);
} servers[] = {
	{ "nginx", "/usr/sbin/nginx", nginx },
	{ "Apache", "/usr/sbin/apache2", apache },
	{ "Apache", "/usr/sbin/httpd", apache },
	{ "lighttpd", "/usr/sbin/lighttpd", lighttpd },
	{ "HAProxy", "/usr/sbin/haproxy", haproxy },
	{ "Caddy", "/usr/bin/caddy", caddy },
};

#define SERVERS (sizeof(servers) / sizeof(servers[0]))

const char *
doctor_server(size_t i)
{
	size_t k;

	for (k = 0; k < SERVERS; k++)
		if (access(servers[k].path, X_OK) == 0 && i-- == 0)
			return servers[k].name;
	return NULL;
}

/* "/srv/www/cgi-bin" is "/cgi-bin/" of a site in /srv/www. */
static void
split(const char *root, struct place *p)
{
	const char *slash;
	size_t len = strlen(root);

	while (len > 1 && root[len - 1] == '/')
		len--;
	slash = memrchr(root, '/', len);
	if (slash == NULL || slash + 1 == root + len)
		return;
	(void)snprintf(p->prefix, sizeof(p->prefix), "%.*s/",
	    (int)(root + len - slash), slash);
	(void)snprintf(
	    p->docroot, sizeof(p->docroot), "%.*s", (int)(slash - root), root);
}

/* Where one connects to LISTEN: all addresses is nobody's. */
static void
set_listen(const char *listen, struct place *p)
{
	static const struct {
		const char *all, *one;
	} rows[] = { { "0.0.0.0:", "127.0.0.1:" }, { "[::]:", "[::1]:" } };
	size_t i, len;

	(void)snprintf(p->listen, sizeof(p->listen), "%s", listen);
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		len = strlen(rows[i].all);
		if (strncmp(listen, rows[i].all, len) == 0)
			(void)snprintf(p->listen, sizeof(p->listen), "%s%s",
			    rows[i].one, listen + len);
	}
}

void
doctor_snippet(
    FILE *out, const char *server, const char *listen, const char *root)
{
	struct place place = { .prefix = "/", .docroot = "/srv/www" };
	size_t k;

	set_listen(listen, &place);

	if (root != NULL)
		split(root, &place);
	for (k = 0; k < SERVERS; k++)
		if (strcmp(servers[k].name, server) == 0) {
			servers[k].print(out, &place);
			return;
		}
}
