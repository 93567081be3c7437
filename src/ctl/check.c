#include "ctl/check.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/escape.h"
#include "base/privs.h"
#include "ctl/link.h"
#include "ctl/orders.h"
#include "ctl/probe.h"
#include "ctl/status.h"
#include "view/doctor.h"
#include "view/json.h"
#include "view/words.h"

#define TEXT_MAX 1024

struct check {
	const struct opts *opts;
	json_t *rows; /* with --json */
	bool bad;
};

/* What comes from the board a worker may have written. */
static const char *
safe(char *buf, const char *text)
{
	(void)escape_line(buf, TEXT_MAX, text, strlen(text));
	return buf;
}

__attribute__((format(printf, 5, 6))) static void
tell(struct check *c, const struct snapshot *s, bool ok, const char *what,
    const char *fmt, ...)
{
	char text[512], words[TEXT_MAX], more[TEXT_MAX];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->bad = c->bad || !ok;
	if (c->opts->json)
		(void)json_array_append_new(c->rows,
		    json_pack("{s:o, s:o, s:b, s:o}", "pool",
			json_text(s->pool.name), "check", json_text(what), "ok",
			ok, "text", json_text(text)));
	else
		(void)printf("%s  %s: %s: %s\n", ok ? "ok " : "BAD",
		    s->pool.name, safe(words, what), safe(more, text));
}

static void
ask_through(struct check *c, const struct snapshot *s, const char *address)
{
	char text[256];
	bool ok = probe_ask(address, text, sizeof(text));

	tell(c, s, ok, address, "%s", text);
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
	bool ok;

	if (*path != '/')
		return;
	ok = doctor_reachable(path, why, sizeof(why));
	tell(c, s, ok, path, "%s", why);
}

/* Whom the pool's programs run as, with the groups of that user; JAIL may be
 * "". */
static void
find_user(const struct snapshot *s, const char *jail, struct privs *privs,
    struct asuser *user)
{
	char uid[16], gid[16], text[128];

	(void)snprintf(uid, sizeof(uid), "%u", (unsigned)s->pool.uid);
	(void)snprintf(gid, sizeof(gid), "%u", (unsigned)s->pool.gid);
	if (privs_resolve(privs, uid, gid, text, sizeof(text)) == -1)
		privs->ngroups = 0;
	*user = (struct asuser){ .uid = s->pool.uid,
		.gid = s->pool.gid,
		.groups = privs->groups,
		.ngroups = privs->ngroups,
		.chroot = *jail == '\0' ? NULL : jail };
}

static void
look_at_program(struct check *c, const struct snapshot *s)
{
	const char *path = s->pool.program, *marker;
	char why[512], jail[BOARD_PROGRAM_MAX], name[64];
	struct privs privs = { 0 };
	struct asuser user;

	/* One that is too long for the board is cut. */
	if (*path == '\0' || strlen(path) == BOARD_PROGRAM_MAX - 1)
		return;
	(void)snprintf(jail, sizeof(jail), "%.*s", (int)s->pool.jail_len, path);
	find_user(s, jail, &privs, &user);
	(void)doctor_user(user.uid, name, sizeof(name));
	if (doctor_can_execute(path + s->pool.jail_len, &user, s->pool.rooted,
		why, sizeof(why)))
		tell(c, s, true, path, "user %s may %s it", name,
		    s->pool.rooted ? "search" : "execute");
	else
		tell(c, s, false, path, "user %s %s", name, why);
	free(privs.groups);
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
	const char *server, *listen = NULL;
	char address[TEXT_MAX], root[TEXT_MAX];
	size_t i;

	/* No web server knows abstract sockets. */
	for (i = 0; i < s->pool.nlisten && listen == NULL; i++)
		if (s->pool.listen[i][0] != '@')
			listen = s->pool.listen[i];
	if (listen == NULL)
		return;
	for (i = 0; (server = doctor_server(i)) != NULL; i++) {
		(void)printf("\n%s, which is installed here, needs:\n", server);
		doctor_snippet(stdout, server, safe(address, listen),
		    s->pool.rooted
			? safe(root, s->pool.program + s->pool.jail_len)
			: NULL);
	}
}

static void
look_at_state(struct check *c, const struct snapshot *s)
{
	size_t n = s->workers[BOARD_IDLE] + s->workers[BOARD_BUSY];
	bool held = s->pool.life == BOARD_LIFE_DRAINED ||
	    s->pool.life == BOARD_LIFE_REFUSING;

	tell(c, s, s->pool.life == BOARD_LIFE_UP, "state", "%s, %zu worker%s%s",
	    words_life(s->pool.life), n, n == 1 ? "" : "s",
	    held ? ": cgi-fpmctl resume has it take requests again" : "");
}

static void
check_pool(void *arg, const struct snapshot *s)
{
	struct check *c = arg;
	size_t i;

	look_at_state(c, s);
	look_at_program(c, s);
	for (i = 0; i < s->pool.nlisten; i++) {
		if (!is_there(c, s, i))
			continue;
		look_at_socket(c, s, s->pool.listen[i]);
		if (s->pool.life != BOARD_LIFE_DRAINED)
			ask_through(c, s, s->pool.listen[i]);
	}
	if (!c->opts->json)
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
