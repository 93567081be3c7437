#include "ctl/check.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sock.h"
#include "ctl/client.h"
#include "ctl/link.h"
#include "ctl/orders.h"
#include "ctl/status.h"
#include "proto/fcgi.h"
#include "view/doctor.h"
#include "view/json.h"

#define REQUEST_MS 10000
#define HEAD_MAX 1024

struct check {
	const struct opts *opts;
	json_t *rows; /* with --json */
	bool bad;
};

__attribute__((format(printf, 5, 6))) static void
tell(struct check *c, const struct snapshot *s, bool ok, const char *what,
    const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->bad = c->bad || !ok;
	if (c->opts->json)
		(void)json_array_append_new(c->rows,
		    json_pack("{s:s, s:s, s:b, s:s}", "pool", s->pool.name,
			"check", what, "ok", ok, "text", text));
	else
		(void)printf("%s  %s: %s: %s\n", ok ? "ok " : "BAD",
		    s->pool.name, what, text);
}

static void
put_pair(uint8_t *at, size_t *len, const char *name, const char *value)
{
	*len += fcgi_put_pair(at + *len,
	    (struct fcgi_pair){
		.name = { (const uint8_t *)name, strlen(name) },
		.value = { (const uint8_t *)value, strlen(value) },
	    });
}

/* BEGIN_REQUEST and PARAMS of a GET that asks for nothing in particular; AT
 * has room for HEAD_MAX bytes. */
static size_t
build_request(uint8_t *at)
{
	struct fcgi_head head = { .type = FCGI_PARAMS, .id = 1 };
	uint8_t *body;
	size_t len, n = 0;

	len = fcgi_put_begin(at, 1, (struct fcgi_begin){ FCGI_RESPONDER, 0 });
	body = at + len + FCGI_HEAD_LEN;
	put_pair(body, &n, "GATEWAY_INTERFACE", "CGI/1.1");
	put_pair(body, &n, "SERVER_SOFTWARE", "cgi-fpmctl-check");
	put_pair(body, &n, "SERVER_PROTOCOL", "HTTP/1.1");
	put_pair(body, &n, "REQUEST_METHOD", "GET");
	put_pair(body, &n, "SCRIPT_NAME", "/cgi-fpmctl-check");
	put_pair(body, &n, "QUERY_STRING", "");
	head.body_len = (uint16_t)n;
	len += fcgi_put_head(at + len, &head) + n;
	head.body_len = 0;
	len += fcgi_put_head(at + len, &head);
	head.type = FCGI_STDIN;
	return len + fcgi_put_head(at + len, &head);
}

static void
ask_through(struct check *c, const struct snapshot *s, const char *address)
{
	uint8_t head[HEAD_MAX];
	struct client_result got;
	struct client_job job = { .id = 1, .body_fd = -1 };
	struct sock_addr addr;
	struct sock_error err;
	const char *why;
	int64_t began = clock_ms();
	int fd;

	if (sock_parse(address, &addr, &err) == -1) {
		tell(c, s, false, address, "%s", err.text);
		return;
	}
	fd = sock_connect(&addr, REQUEST_MS);
	if (fd == -1) {
		tell(c, s, false, address, "cannot connect: %s",
		    strerror(errno));
		return;
	}
	job.head = (struct span){ head, build_request(head) };
	job.out_fd = job.err_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	job.deadline_ms = began + REQUEST_MS;
	client_run(fd, &job, &got);
	why = client_strerror(&got);
	(void)close(fd);
	(void)close(job.out_fd);
	if (why != NULL)
		tell(c, s, false, address, "a request failed: %s", why);
	else
		tell(c, s, true, address,
		    "answers, in %lld ms, with application status %u",
		    (long long)(clock_ms() - began), got.app_status);
}

/* False: whoever connects there does not reach the pool. */
static bool
is_there(struct check *c, const struct snapshot *s, size_t i)
{
	if ((s->pool.lost >> i & 1) == 0)
		return true;
	tell(c, s, false, s->pool.listen[i],
	    "somebody has removed or replaced the file, nobody can connect: "
	    "cgi-fpmctl reload makes it again");
	return false;
}

static void
look_at_socket(struct check *c, const struct snapshot *s, const char *path)
{
	char why[256];

	if (*path != '/')
		return;
	if (doctor_reachable(path, why, sizeof(why)))
		tell(c, s, true, path, "the web server may connect");
	else
		tell(c, s, false, path, "%s", why);
}

static void
look_at_program(struct check *c, const struct snapshot *s)
{
	const struct doctor_user user = { .uid = s->pool.uid,
		.gid = s->pool.gid };
	const char *path = s->pool.program, *marker;
	char why[256];

	if (*path == '\0')
		return;
	if (doctor_can_execute(path, &user, why, sizeof(why)))
		tell(c, s, true, path, "user %u may execute it",
		    (unsigned)user.uid);
	else
		tell(c, s, false, path, "user %u %s", (unsigned)user.uid, why);
	marker = s->pool.native || s->pool.rooted ? NULL
						  : doctor_speaks_fastcgi(path);
	if (marker != NULL)
		tell(c, s, false, path,
		    "this program speaks FastCGI itself (%s): use mode = "
		    "fastcgi",
		    marker);
}

static void
show_snippets(const struct snapshot *s)
{
	const char *server;
	size_t i;

	for (i = 0; (server = doctor_server(i)) != NULL; i++) {
		(void)printf("\n%s, which is installed here, needs:\n", server);
		doctor_snippet(stdout, server, s->pool.listen[0],
		    s->pool.rooted ? s->pool.program : NULL);
	}
}

static void
check_pool(void *arg, const struct snapshot *s)
{
	struct check *c = arg;
	size_t i;

	tell(c, s, s->pool.life == BOARD_LIFE_UP, "state", "%s, %zu workers",
	    s->pool.life == BOARD_LIFE_UP ? "up" : "not up",
	    s->workers[BOARD_IDLE] + s->workers[BOARD_BUSY]);
	look_at_program(c, s);
	for (i = 0; i < s->pool.nlisten; i++) {
		if (!is_there(c, s, i))
			continue;
		look_at_socket(c, s, s->pool.listen[i]);
		ask_through(c, s, s->pool.listen[i]);
	}
	if (!c->opts->json && s->pool.nlisten > 0)
		show_snippets(s);
}

static const char doc[] =
    "Look at a pool as an administrator would: may its user execute its "
    "program, may the web server connect, does a request come back?  Prints "
    "what the web servers that are installed here need, too.\v"
    "The request is a GET for /cgi-fpmctl-check, so a pool with a fixed "
    "program runs it once.  Exits with 1 when something is wrong.";

int
check_main(const struct opts *opts, int argc, char **argv)
{
	struct opts_pool args = { .opts = *opts };
	struct check c = { .opts = &args.opts };
	struct link l;
	int code;

	if (!opts_read_pool(&args, argc, argv, doc))
		return EX_USAGE;
	if (args.opts.json)
		c.rows = json_array();
	code = status_each(&l, &args.opts, args.pool, check_pool, &c)
	    ? (c.bad ? 1 : 0)
	    : orders_fail(&args.opts, argv[0], l.code, l.text);
	link_close(&l);
	if (c.rows != NULL) {
		if (code <= 1) {
			(void)json_dumpf(c.rows, stdout, JSON_FLAGS);
			(void)putchar('\n');
		}
		json_decref(c.rows);
	}
	return code;
}
