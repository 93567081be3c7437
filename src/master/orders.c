/* orders.c - what each order over the control socket does. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/num.h"
#include "master/control.h"
#include "master/crew.h"
#include "master/door.h"
#include "master/frame.h"
#include "master/tune.h"

/* An order under way. */
struct call {
	struct master *m;
	const struct control_order *order;
	struct control_reply *reply;
	struct crew *crew; /* of verbs that are about one */
	const char *arg;   /* what follows the pool's name, or NULL */
	int64_t now;
};

__attribute__((format(printf, 3, 4))) static void
say(struct call *call, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(call->reply->text, sizeof(call->reply->text), fmt, ap);
	va_end(ap);
	call->reply->code = code;
}

/* For the log, where it changes something. */
__attribute__((format(printf, 2, 3))) static void
note(const struct call *call, const char *fmt, ...)
{
	char what[200];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	log_notice("control: %s, asked for by process %d of user %u", what,
	    (int)call->order->from.pid, (unsigned)call->order->from.uid);
}

/* The pool called NAME, and its number. */
static struct crew *
find(const struct master *m, const char *name, size_t *at)
{
	struct crew *c;

	for (*at = 0; (c = door_crew(m, *at)) != NULL; (*at)++)
		if (strcmp(tune_name(c), name) == 0)
			return c;
	return NULL;
}

/* The names of all pools, or of as many as have room. */
static const char *
list_pools(const struct master *m, char *names, size_t cap)
{
	struct crew *c;
	size_t i, len = 0;

	names[0] = '\0';
	for (i = 0; (c = door_crew(m, i)) != NULL && len < cap - 70; i++)
		len += (size_t)snprintf(names + len, cap - len, "%s%s",
		    i == 0 ? "" : ", ", tune_name(c));
	return names;
}

static void
unknown_pool(struct call *call, const char *name)
{
	char names[600];

	say(call, EX_DATAERR, "no pool '%s'; there is %s", name,
	    list_pools(call->m, names, sizeof(names)));
}

/* No pool was named: it has to be the only one. */
static bool
only_pool(struct call *call)
{
	char names[600];

	call->crew = door_crew(call->m, 0);
	if (call->crew != NULL && door_crew(call->m, 1) == NULL)
		return true;
	say(call, EX_USAGE, "there are several pools, name one: %s",
	    list_pools(call->m, names, sizeof(names)));
	return false;
}

/* Verbs */

static void
ping(struct call *call)
{
	say(call, 0, "pid %d", (int)getpid());
}

static void
stop(struct call *call)
{
	note(call, "stop");
	door_stop(call->m, call->now);
	say(call, 0, "stopping");
}

static void
reopen_logs(struct call *call)
{
	note(call, "reopen-logs");
	door_reopen(call->m);
	say(call, 0, "log files reopened");
}

static void
decided(void *arg, int code, const char *text)
{
	const struct ctlmsg_answer answer = { code, text };

	control_answer(arg, &answer, clock_ms());
}

static void
reload(struct call *call)
{
	note(call, "reload");
	call->reply->later = true;
	master_reload(call->m, decided, call->order->later);
}

static void
status(struct call *call)
{
	size_t at = 0, n = 0;

	if (call->order->n == 1) {
		while (door_crew(call->m, n) != NULL)
			n++;
	} else if (find(call->m, call->order->words[1], &at) != NULL) {
		n = 1;
	} else {
		unknown_pool(call, call->order->words[1]);
		return;
	}
	call->reply->first = at;
	call->reply->nboards = n;
	say(call, 0, "%zu", n);
}

static void
scale(struct call *call)
{
	int64_t n;
	int before;

	if (call->arg == NULL ||
	    num_int(call->arg, 1, TUNE_WORKERS_MAX, &n) == -1) {
		say(call, EX_USAGE, "scale POOL N: N is a number from 1 to %d",
		    TUNE_WORKERS_MAX);
		return;
	}
	note(call, "scale %s %d", tune_name(call->crew), (int)n);
	if (tune_scale(call->crew, (int)n, &before) == -1)
		say(call, EX_OSERR, "no room for so many: %s", strerror(errno));
	else
		say(call, 0, "pool %s: %d workers at most, it was %d",
		    tune_name(call->crew), (int)n, before);
}

static void
kill_worker(struct call *call)
{
	struct crew *c;
	int64_t pid;
	size_t i;

	if (num_int(call->order->words[1], 1, INT32_MAX, &pid) == -1) {
		say(call, EX_USAGE, "kill WORKER: WORKER is a process id");
		return;
	}
	for (i = 0; (c = door_crew(call->m, i)) != NULL; i++)
		if (tune_kill(c, (pid_t)pid))
			break;
	if (c == NULL) {
		say(call, EX_DATAERR,
		    "no worker has the process id %d; cgi-fpmctl status "
		    "lists them",
		    (int)pid);
		return;
	}
	note(call, "kill %d", (int)pid);
	say(call, 0, "worker %d of pool %s killed", (int)pid, tune_name(c));
}

/* Another generation of one pool; the answer comes when it is decided. */
static void
swap(struct call *call, const char *what, bool refuse)
{
	struct master_error err = { 0 };

	note(call, "%s %s", what, tune_name(call->crew));
	if (swap_begin(call->m, call->crew, refuse, decided, call->order->later,
		call->now, &err) == 0)
		call->reply->later = true;
	else
		say(call, err.code, "%s", err.text);
}

static void
restart(struct call *call)
{
	swap(call, "restart", tune_is_refusing(call->crew));
}

static void
drain(struct call *call)
{
	note(call, "drain %s", tune_name(call->crew));
	crew_drain(call->crew);
	say(call, 0, "pool %s drains: new connections wait",
	    tune_name(call->crew));
}

static void
refuse(struct call *call)
{
	if (crew_pool(call->crew)->native) {
		say(call, EX_UNAVAILABLE,
		    "pool %s: with mode = fastcgi nobody can answer 503; drain "
		    "it without --refuse",
		    tune_name(call->crew));
		return;
	}
	(void)tune_resume(call->crew);
	swap(call, "drain --refuse", true);
}

static void
resume(struct call *call)
{
	call->m->drained = false;
	if (tune_is_refusing(call->crew)) {
		(void)tune_resume(call->crew);
		swap(call, "resume", false);
		return;
	}
	note(call, "resume %s", tune_name(call->crew));
	if (tune_resume(call->crew))
		say(call, 0, "pool %s takes connections again",
		    tune_name(call->crew));
	else
		say(call, 0, "pool %s was not drained", tune_name(call->crew));
}

static void
set(struct call *call)
{
	const struct control_order *order = call->order;
	struct master_set set = { .lines = order->words + 1,
		.n = order->n - 1 };
	struct master_error err = { 0 };
	size_t at;

	/* A pool's name has no '='. */
	if (strchr(order->words[1], '=') == NULL) {
		call->crew = find(call->m, order->words[1], &at);
		set.lines++;
		set.n--;
		if (call->crew == NULL) {
			unknown_pool(call, order->words[1]);
			return;
		}
	} else if (!only_pool(call)) {
		return;
	}
	if (set.n == 0) {
		say(call, EX_USAGE,
		    "set [POOL] NAME=VALUE...: NAME=VALUE is missing");
		return;
	}
	set.pool = tune_name(call->crew);
	note(call, "set %s %s%s", set.pool, set.lines[0],
	    set.n > 1 ? " ..." : "");
	if (setting_begin(call->m, &set, decided, order->later, &err) == 0)
		call->reply->later = true;
	else
		say(call, err.code, "%s", err.text);
}

/* For `set --save`, which writes to it. */
static void
file(struct call *call)
{
	const struct master_loader *loader = &call->m->loader;
	const struct master_set set = { .now = call->m->conf,
		.pool = tune_name(call->crew),
		.lines = &call->arg,
		.n = 1 };
	struct master_error err = { .code = EX_UNAVAILABLE, .text = "no file" };
	char path[CTLMSG_ANSWER_MAX - 100];

	if (loader->file == NULL ||
	    loader->file(loader->arg, &set, path, sizeof(path), &err) == -1)
		say(call, err.code, "%s", err.text);
	else
		say(call, 0, "%s %s", set.pool, path);
}

/* The file was written. */
static void
saved(struct call *call)
{
	const struct master_loader *loader = &call->m->loader;
	const struct master_set set = { .now = call->m->conf,
		.pool = tune_name(call->crew),
		.lines = &call->arg,
		.n = 1 };
	struct master_error err = { 0 };

	if (loader->saved != NULL && call->arg != NULL &&
	    loader->saved(loader->arg, &set, &err) == -1) {
		say(call, err.code, "%s", err.text);
		return;
	}
	setting_tell(call->m);
	say(call, 0, "noted");
}

static const struct verb {
	const char *name;
	const char *args;   /* what is written behind it */
	size_t least, most; /* words of that */
	bool about_pool;    /* the first of which is one */
	void (*run)(struct call *call);
} verbs[] = {
	{ "ping", "", 0, 0, false, ping },
	{ "status", " [POOL]", 0, 1, false, status },
	{ "stop", "", 0, 0, false, stop },
	{ "reopen-logs", "", 0, 0, false, reopen_logs },
	{ "reload", "", 0, 0, false, reload },
	{ "kill", " WORKER", 1, 1, false, kill_worker },
	{ "scale", " [POOL] N", 1, 2, true, scale },
	{ "drain", " [POOL]", 0, 1, true, drain },
	{ "refuse", " [POOL]", 0, 1, true, refuse }, /* drain --refuse */
	{ "restart", " [POOL]", 0, 1, true, restart },
	{ "set", " [POOL] NAME=VALUE...", 1, CTLMSG_WORDS_MAX, false, set },
	{ "file", " [POOL] NAME", 1, 2, true, file },
	{ "saved", " [POOL] NAME", 1, 2, true, saved },
	{ "resume", " [POOL]", 0, 1, true, resume },
};

/* The pool may be left out when there is one.  Whether the first word is
 * its name is told by how many there are. */
static bool
choose(struct call *call, const struct verb *verb)
{
	const struct control_order *order = call->order;
	size_t args = order->n - 1, at = 0;
	int64_t n;

	if (args == verb->most) {
		call->crew = find(call->m, order->words[1], &at);
		call->arg = args > 1 ? order->words[2] : NULL;
		if (call->crew == NULL)
			unknown_pool(call, order->words[1]);
		return call->crew != NULL;
	}
	call->arg = args > 0 ? order->words[1] : NULL;
	if (verb->run == scale && num_int(call->arg, 0, INT32_MAX, &n) == -1 &&
	    find(call->m, call->arg, &at) != NULL) {
		say(call, EX_USAGE, "scale POOL N: N is missing");
		return false;
	}
	return only_pool(call);
}

void
orders_run(void *arg, const struct control_order *order,
    struct control_reply *reply, int64_t now)
{
	struct call call = {
		.m = arg, .order = order, .reply = reply, .now = now
	};
	size_t i, args = order->n - 1;

	for (i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
		const struct verb *verb = &verbs[i];

		if (strcmp(order->words[0], verb->name) != 0)
			continue;
		if (args < verb->least || args > verb->most)
			say(&call, EX_USAGE, "too %s arguments: %s%s",
			    args < verb->least ? "few" : "many", verb->name,
			    verb->args);
		else if (!verb->about_pool || choose(&call, verb))
			verb->run(&call);
		return;
	}
	say(&call, EX_USAGE,
	    "this version of cgi-fpm does not know the order '%s'",
	    order->words[0]);
}

int
orders_board(void *arg, size_t i, const char **name)
{
	struct crew *c = door_crew(arg, i);

	if (c == NULL)
		return -1;
	*name = tune_name(c);
	return tune_board(c);
}

void
orders_forget(void *arg, const struct control_later *later)
{
	master_forget(arg, later);
	swap_forget(arg, later);
	setting_forget(arg, later);
}
