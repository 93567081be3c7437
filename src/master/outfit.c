/* outfit.c - what a crew is made of: opened for the settings of its pool, or
 * taken over from an earlier program (adopt.c), and closed.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/logfile.h"
#include "master/logs.h"
#include "master/members.h"
#include "master/tune.h"

#define SILENT_MIN 64 /* even when no connection may be kept */

size_t
crew_slots_for(int workers)
{
	/* Twice, as those who retire may take long while others replace
	 * them; and as many status workers. */
	return 2 * (size_t)workers + SLOTS_SPARE + 2;
}

/* The table last: who finds a place in it has one everywhere. */
int
crew_grow(struct crew *c, size_t n)
{
	if (board_grow(c->board, n) == -1 ||
	    (c->pool->native && natives_reserve(c->natives, n) == -1))
		return -1;
	return slots_reserve(&c->slots, n);
}

void
crew_handoff_for(const struct crew *c, const struct pool_conf *pool,
    struct handoff_conf *conf)
{
	*conf = (struct handoff_conf){ .epoll_fd = c->conf.epoll_fd,
		.crew = c->conf.index };
	conf->room[PARKING_KEPT] = pool->keepalive ? pool->keepalive_max : 0;
	conf->room[PARKING_SILENT] =
	    pool->keepalive_max > SILENT_MIN ? pool->keepalive_max : SILENT_MIN;
	conf->limit_ms[PARKING_KEPT] = pool->keepalive_timeout_ms;
	conf->limit_ms[PARKING_SILENT] = pool->head_timeout_ms;
}

void
crew_restart_for(const struct pool_conf *pool, struct restart_conf *conf)
{
	*conf = (struct restart_conf){ .delay_ms = pool->restart_delay_ms,
		.delay_max_ms = pool->restart_delay_max_ms,
		.kill_is_failure = pool->native };
}

int
crew_fail(
    struct master_error *err, int code, const char *pool, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return master_fail(err, code, "pool '%.64s': %s", pool, text);
}

int
crew_open_logs(
    const struct pool_conf *pool, int fds[PLACE_LOGS], struct master_error *err)
{
	enum place_log which;

	if (logs_open(pool->logs, fds, &which) == 0)
		return 0;
	return crew_fail(err, errno == EACCES ? EX_NOPERM : EX_OSERR,
	    pool->name, "%s %s: %s", logs_name(which), pool->logs[which],
	    logfile_strerror(errno));
}

static void
no_logs(int fds[PLACE_LOGS])
{
	int i;

	for (i = 0; i < PLACE_LOGS; i++)
		fds[i] = -1;
}

static int
open_handoff(struct crew *c)
{
	struct handoff_conf conf;

	if (c->pool->native)
		return 0;
	crew_handoff_for(c, c->pool, &conf);
	return adopt_handoff(c, &conf, c->conf.heir);
}

void
crew_natives_for(const struct crew *c, const struct pool_conf *pool,
    struct natives_conf *conf)
{
	*conf = (struct natives_conf){ .pool = pool->name,
		.nslots = c->slots.n,
		.epoll_fd = c->conf.epoll_fd,
		.crew = c->conf.index,
		.grace_ms = pool->control_timeout_ms,
		.line_limit = pool->log_limit,
		.plain_output = !pool->decorate_output };
}

static int
open_natives(struct crew *c)
{
	struct natives_conf conf;

	crew_natives_for(c, c->pool, &conf);
	c->natives = natives_new(&conf);
	return c->natives == NULL ? -1 : 0;
}

static int
open_all(struct crew *c, struct master_error *err)
{
	static const struct listeners_from nowhere = { 0 };
	const struct pool_conf *pool = c->pool;
	struct sock_error why;
	int code;

	/* What the settings may have wrong comes first: until then nothing was
	 * taken from the heir. */
	if (crew_open_logs(pool, c->log_fds, err) == -1)
		return -1;
	if (listeners_open(&c->listeners, pool,
		c->conf.from == NULL ? &nowhere : c->conf.from, &why,
		&code) == -1) {
		(void)crew_fail(err, code, pool->name, "%s", why.text);
		err->in_use = why.in_use;
		err->left_over = why.left_over;
		return -1;
	}
	c->conf.from = NULL;
	if (adopt_slots(c, c->conf.heir) == -1 ||
	    (c->board = adopt_board(c, c->conf.heir)) == NULL ||
	    open_handoff(c) == -1 || (pool->native && open_natives(c) == -1))
		return crew_fail(
		    err, EX_OSERR, pool->name, "%s", strerror(errno));
	return 0;
}

struct crew *
crew_open(const struct crew_conf *conf, struct master_error *err)
{
	struct crew *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		(void)crew_fail(
		    err, EX_OSERR, conf->pool->name, "out of memory");
		return NULL;
	}
	c->conf = *conf;
	c->pool = conf->pool;
	c->generation = conf->generation;
	c->lost_told = log_lost();
	no_logs(c->log_fds);
	no_logs(c->before.log_fds);
	c->handoff.in_fd = c->handoff.out_fd = -1;
	c->lookout.due_ms = CLOCK_NEVER;
	crew_restart_for(c->pool, &c->restart_conf);
	if (open_all(c, err) == -1) {
		crew_close(c);
		return NULL;
	}
	scale_init(&c->scale, c->pool, (int)c->slots.n, clock_ms());
	c->awaited = c->scale.goal;
	if (c->conf.heir != NULL)
		adopt_workers(c, c->conf.heir, clock_ms());
	c->conf.heir = NULL;
	c->state = c->awaited > 0 ? CREW_STARTING : CREW_UP;
	tune_open(c);
	return c;
}

void
crew_close(struct crew *c)
{
	if (c == NULL)
		return;
	if (c->trying) {
		/* The file of a kept socket is with the earlier table. */
		listeners_pass(&c->before.listeners, &c->listeners);
		listeners_close(&c->before.listeners);
		logs_close(c->before.log_fds);
	}
	muster_unwatch(c);
	listeners_close(&c->listeners);
	listeners_close(&c->going.listeners);
	handoff_close(&c->handoff);
	natives_free(c->natives);
	logs_close(c->log_fds);
	slots_close(&c->slots);
	board_free(c->board);
	free(c);
}
