/* snippet.c - the web servers' side, for a pool that is there. */
#include <string.h>
#include <unistd.h>

#include "view/doctor.h"

/* Where the pool's programs are in the site, and beneath which folder. */
struct place {
	const char *listen;
	char prefix[256];  /* "/cgi-bin/", or "/" for a fixed program */
	char docroot[256]; /* what is in front of it */
};

static bool
is_unix(const struct place *p)
{
	return *p->listen == '/';
}

static void
nginx(FILE *out, const struct place *p)
{
	(void)fprintf(out,
	    "    location %s {\n"
	    "        include       /etc/nginx/fastcgi_params;\n"
	    "        fastcgi_param SCRIPT_FILENAME %s$fastcgi_script_name;\n"
	    "        fastcgi_pass  %s%s;\n"
	    "    }\n",
	    p->prefix, p->docroot, is_unix(p) ? "unix:" : "", p->listen);
}

static void
apache(FILE *out, const struct place *p)
{
	(void)fprintf(out,
	    "    DocumentRoot %s\n"
	    "    <Location %s>\n"
	    "        SetHandler \"proxy:%s%s%s\"\n"
	    "    </Location>\n",
	    p->docroot, p->prefix, is_unix(p) ? "unix:" : "fcgi://", p->listen,
	    is_unix(p) ? "|fcgi://localhost/" : "");
}

static void
lighttpd(FILE *out, const struct place *p)
{
	const char *colon = strrchr(p->listen, ':');

	(void)fprintf(out,
	    "    server.document-root = \"%s\"\n"
	    "    fastcgi.server = ( \"%s\" => ((\n",
	    p->docroot, p->prefix);
	if (is_unix(p) || colon == NULL)
		(void)fprintf(
		    out, "        \"socket\" => \"%s\",\n", p->listen);
	else
		(void)fprintf(out,
		    "        \"host\" => \"%.*s\", \"port\" => %s,\n",
		    (int)(colon - p->listen), p->listen, colon + 1);
	(void)fprintf(out, "        \"check-local\" => \"disable\" )) )\n");
}

static void
haproxy(FILE *out, const struct place *p)
{
	(void)fprintf(out,
	    "    fcgi-app cgi\n"
	    "        docroot %s\n"
	    "    backend cgi\n"
	    "        use-fcgi-app cgi\n"
	    "        server pool %s%s proto fcgi\n",
	    p->docroot, is_unix(p) ? "unix@" : "", p->listen);
}

static void
caddy(FILE *out, const struct place *p)
{
	(void)fprintf(out,
	    "    reverse_proxy %s* %s%s {\n"
	    "        transport fastcgi {\n"
	    "            root %s\n"
	    "        }\n"
	    "    }\n",
	    p->prefix, is_unix(p) ? "unix/" : "", p->listen, p->docroot);
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
	(void)snprintf(p->docroot, sizeof(p->docroot), "%.*s",
	    slash == root ? 1 : (int)(slash - root), root);
}

void
doctor_snippet(
    FILE *out, const char *server, const char *listen, const char *root)
{
	struct place place = {
		.listen = listen, .prefix = "/", .docroot = "/srv/www"
	};
	size_t k;

	if (root != NULL)
		split(root, &place);
	for (k = 0; k < SERVERS; k++)
		if (strcmp(servers[k].name, server) == 0) {
			servers[k].print(out, &place);
			return;
		}
}
