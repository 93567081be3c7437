/* mode.c - which directives work with mode = cgi and with fastcgi.
 *
 * In mode fastcgi the program itself speaks to the web server, so nothing
 * that concerns a single request can be done for it; what would be without
 * effect is refused instead.
 */
#include "conf/build.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "conf/type.h"

#define ADDRS_NAME "FCGI_WEB_SERVER_ADDRS"

static const struct {
	const char *name; /* or its beginning, with a final "*" */
	enum conf_mode mode;
	const char *instead;
} only[] = {
	{ "cgi.root", CONF_MODE_CGI, "command says what to run" },
	{ "cgi.stderr", CONF_MODE_CGI,
	    "what the program writes goes to error_log "
	    "(catch_workers_output)" },
	{ "cgi.argv", CONF_MODE_CGI, "its arguments are those of command" },
	{ "cgi.env*", CONF_MODE_CGI,
	    "the program takes parameters from the web server itself" },
	{ "cgi.*", CONF_MODE_CGI, NULL },
	{ "security.*", CONF_MODE_CGI, "the program opens its scripts itself" },
	{ "process.dumpable", CONF_MODE_CGI,
	    "a program that was executed is dumpable" },
	{ "request_slowlog*", CONF_MODE_CGI,
	    "the program has the requests; the web server's log has times" },
	{ "request_body*", CONF_MODE_CGI,
	    "the program has the requests; the web server limits bodies" },
	{ "request_*", CONF_MODE_CGI,
	    "the program has the requests; limit them there or in the web "
	    "server" },
	{ "client_abort", CONF_MODE_CGI, "the program has the requests" },
	{ "keepalive*", CONF_MODE_CGI, "the program has the connections" },
	{ "slowlog", CONF_MODE_CGI,
	    "the program has the requests; the web server's log has times" },
	{ "access.*", CONF_MODE_CGI, "the web server's log has the requests" },
	{ "fastcgi.max_reqs", CONF_MODE_CGI, NULL },
	{ "pm.hang_timeout", CONF_MODE_CGI,
	    "a program that hangs looks like one that works; see "
	    "pm.max_lifetime" },
	{ "pm.max_requests*", CONF_MODE_CGI,
	    "the program counts its requests itself (PHP_FCGI_MAX_REQUESTS); "
	    "see pm.max_memory" },
	{ "catch_workers_output", CONF_MODE_FASTCGI,
	    "cgi.stderr says where a CGI program's goes" },
	{ "decorate_workers_output", CONF_MODE_FASTCGI,
	    "cgi.stderr says where a CGI program's goes" },
	{ "pm.max_memory*", CONF_MODE_FASTCGI,
	    "rlimit_as limits a CGI program" },
};

#define ONLY (sizeof(only) / sizeof(only[0]))

static bool
is_meant(const char *pattern, const char *name)
{
	size_t len = strcspn(pattern, "*");

	if (pattern[len] == '*')
		return strncmp(pattern, name, len) == 0;
	return strcmp(pattern, name) == 0;
}

/* The row of ONLY for NAME, or ONLY: it works in both modes. */
static size_t
find(const char *name)
{
	size_t i;

	for (i = 0; i < ONLY; i++)
		if (is_meant(only[i].name, name))
			break;
	return i;
}

bool
conf_mode_has(const struct conf_pool *p, const struct conf_directive *d)
{
	size_t i = find(d->name);

	return i == ONLY || only[i].mode == (enum conf_mode)p->mode;
}

static int
check_given(const struct conf_pool *p, struct conf_error *err)
{
	char *const *name;

	for (name = p->given; name != NULL && *name != NULL; name++) {
		size_t i = find(*name);
		const char *instead;

		if (i == ONLY || only[i].mode == (enum conf_mode)p->mode)
			continue;
		instead = only[i].instead;
		return conf_fail(err, EX_CONFIG, p->where,
		    "%s is for mode = %s%s%s", *name,
		    only[i].mode == CONF_MODE_CGI ? "cgi" : "fastcgi",
		    instead == NULL ? "" : ": ",
		    instead == NULL ? "" : instead);
	}
	return 0;
}

/* "192.0.2.1,::1"; blanks may stand around each. */
static int
check_clients(const struct conf_pool *p, struct conf_error *err)
{
	const char *at = p->allowed_clients;

	for (;;) {
		size_t len = strcspn(at, ", "), rest = strspn(at + len, " ");
		unsigned char addr[16];
		char one[64];

		(void)snprintf(one, sizeof(one), "%.*s", (int)len, at);
		if (inet_pton(AF_INET, one, addr) != 1 &&
		    inet_pton(AF_INET6, one, addr) != 1)
			return conf_fail(err, EX_CONFIG, p->where,
			    "listen.allowed_clients: '%s' is not an address; "
			    "write them as \"192.0.2.1,192.0.2.2\"",
			    one);
		if (at[len + rest] == '\0')
			return 0;
		at += len + rest + (at[len + rest] == ',');
		at += strspn(at, " ");
	}
}

/* TEXT without its blanks: what reads it may not expect any. */
static const char *
close_up(struct conf_mem *mem, const char *text)
{
	char *copy = conf_strdup(mem, text), *to = copy;

	for (; *text != '\0'; text++)
		if (*text != ' ')
			*to++ = *text;
	*to = '\0';
	return copy;
}

/* As libfcgi and spawn-fcgi's users know it. */
static int
tell_clients(
    struct conf_data *data, struct conf_pool *p, struct conf_error *err)
{
	char text[128];

	if (p->allowed_clients == NULL || !p->pool.native)
		return 0;
	if (check_clients(p, err) == -1)
		return -1;
	if (conf_type_setenv(&data->mem, &p->worker.env, ADDRS_NAME,
		close_up(&data->mem, p->allowed_clients), text,
		sizeof(text)) == 0)
		return 0;
	return conf_fail(
	    err, EX_CONFIG, p->where, "listen.allowed_clients: %s", text);
}

static int
check_memory(const struct conf_pool *p, struct conf_error *err)
{
	const struct pool_conf *m = &p->pool;

	if (m->max_memory_hard == 0 || m->max_memory <= m->max_memory_hard)
		return 0;
	return conf_fail(err, EX_CONFIG, p->where,
	    "pm.max_memory is above pm.max_memory_hard");
}

int
conf_check_mode(
    struct conf_data *data, struct conf_pool *p, struct conf_error *err)
{
	p->pool.native = p->mode == CONF_MODE_FASTCGI;
	if (check_given(p, err) == -1 || tell_clients(data, p, err) == -1 ||
	    check_memory(p, err) == -1)
		return -1;
	if (p->pm == CONF_UNSET)
		p->pm = p->pool.native ? POOL_STATIC : POOL_DYNAMIC;
	return 0;
}
