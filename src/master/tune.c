#include "master/tune.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/backlog.h"
#include "base/clock.h"
#include "base/log.h"
#include "board/pool.h"
#include "master/members.h"

#define LIMIT_LOOK_MS 1000  /* before another look whether anybody waits */
#define LIMIT_SAID_MS 60000 /* once in so long; each is counted */

const char *
tune_name(const struct crew *c)
{
	return c->pool->name;
}

static int
make_room(struct crew *c, int n)
{
	if (crew_grow(c, crew_slots_for(n)) == -1)
		return -1;
	c->scale.limit = (int)c->slots.n;
	return 0;
}

int
tune_scale(struct crew *c, int n, int *before)
{
	*before = c->scale.max;
	if (make_room(c, n) == -1)
		return -1;
	scale_set(&c->scale, c->pool, n);
	return 0;
}

int
tune_scaled(const struct crew *c)
{
	return c->scale.max == c->pool->max_children ? 0 : c->scale.max;
}

void
tune_refuse(struct crew *c, bool refuse)
{
	c->refusing = refuse;
}

bool
tune_is_refusing(const struct crew *c)
{
	return c->refusing;
}

bool
tune_resume(struct crew *c)
{
	if (!c->retired || c->stopping)
		return false;
	crew_resume(c);
	return true;
}

bool
tune_kill(struct crew *c, pid_t pid)
{
	/* Not reaped yet, so the number is still its own. */
	return pid > 0 && slots_find(&c->slots, pid) != NULL &&
	    kill(pid, SIGKILL) == 0;
}

static void
look_at_backlogs(const struct crew *c, uint32_t *waiting, uint32_t *room)
{
	size_t i;

	*waiting = *room = 0;
	for (i = 0; i < aide_others(c); i++) {
		uint32_t w, r;

		if (backlog_look(c->listeners.fds[i], &w, &r) == -1)
			continue;
		*waiting += w;
		*room += r;
	}
}

int
tune_waiting(const struct crew *c)
{
	uint32_t waiting, room;

	look_at_backlogs(c, &waiting, &room);
	if (room == 0) /* the kernel does not tell */
		return -1;
	if (!c->pool->native)
		waiting += (uint32_t)handoff_waiting(&c->handoff);
	return waiting < TUNE_WORKERS_MAX ? (int)waiting : TUNE_WORKERS_MAX;
}

int
tune_board(struct crew *c)
{
	uint32_t waiting, room;

	look_at_backlogs(c, &waiting, &room);
	board_set_queue(c->board, waiting, room);
	lost_look(c);
	c->told_of = NULL; /* in any case: a worker may have undone it */
	tune_tell(c);
	return board_fd_reader(c->board);
}

static enum board_life
life(const struct crew *c)
{
	if (c->stopping)
		return BOARD_LIFE_STOPPING;
	if (c->retired)
		return BOARD_LIFE_DRAINED;
	if (c->refusing)
		return BOARD_LIFE_REFUSING;
	switch (c->state) {
	case CREW_STARTING:
		return BOARD_LIFE_STARTING;
	case CREW_UP:
		return BOARD_LIFE_UP;
	case CREW_FAILED:
		return BOARD_LIFE_FAILED;
	}
	return BOARD_LIFE_UP;
}

static void
settings(const struct pool_conf *conf, struct board_pool *p)
{
	size_t i;

	memset(p->listen, 0, sizeof(p->listen));
	(void)snprintf(p->name, sizeof(p->name), "%s", conf->name);
	for (i = 0; i < conf->nlisten && i < BOARD_LISTEN_MAX; i++)
		(void)snprintf(p->listen[i], sizeof(p->listen[i]), "%s",
		    conf->listen[i].addr.name);
	p->nlisten = (uint32_t)i;
	p->pm = (uint32_t)conf->pm;
	p->native = conf->native;
	p->uid = (uint32_t)conf->uid;
	p->gid = (uint32_t)conf->gid;
	p->rooted = conf->rooted;
	p->jail_len = conf->jail == NULL ? 0 : (uint32_t)strlen(conf->jail);
	(void)snprintf(p->program, sizeof(p->program), "%s%s",
	    conf->jail == NULL ? "" : conf->jail,
	    conf->runs == NULL ? "" : conf->runs);
	p->start_servers = (uint32_t)conf->start_servers;
	p->min_spare = (uint32_t)conf->min_spare_servers;
	p->max_spare = (uint32_t)conf->max_spare_servers;
}

void
tune_open(struct crew *c)
{
	memset(&c->told, 0, sizeof(c->told));
	c->told_of = NULL;
	c->told.start_s = time(NULL);
	c->told.start_ms = clock_ms();
	tune_tell(c);
}

static bool
is_told(const struct crew *c)
{
	const struct board_pool *p = &c->told;

	return c->told_of == c->pool && p->generation == c->generation &&
	    p->life == (uint32_t)life(c) &&
	    p->max_children == (uint32_t)c->scale.max &&
	    p->rationed == c->rationed && p->goal == (uint32_t)c->scale.goal &&
	    p->lost == c->lost;
}

/* Behind what was set: the number of workers, where it differs. */
static void
tell_scaled(struct crew *c)
{
	char *at = c->told.changes + c->changes_len;
	size_t room = sizeof(c->told.changes) - c->changes_len;

	*at = '\0';
	if (c->scale.max != c->pool->max_children)
		(void)snprintf(at, room,
		    "scale: %d workers at most (pm.max_children: %d)\n",
		    c->scale.max, c->pool->max_children);
}

void
tune_tell(struct crew *c)
{
	struct board_pool *p = &c->told;

	if (is_told(c))
		return;
	if (c->told_of != c->pool)
		settings(c->pool, p);
	c->told_of = c->pool;
	p->generation = c->generation;
	p->life = (uint32_t)life(c);
	p->max_children = (uint32_t)c->scale.max;
	p->goal = (uint32_t)c->scale.goal;
	p->rationed = c->rationed;
	p->lost = c->lost;
	tell_scaled(c);
	/* All of it, whatever workers did to it. */
	board_set_pool(c->board, p);
}

void
tune_changes(struct crew *c, const char *text)
{
	(void)snprintf(c->told.changes, sizeof(c->told.changes), "%s", text);
	c->changes_len = strlen(c->told.changes);
	c->told_of = NULL; /* tell it */
}

void
tune_limit(struct crew *c, const struct scale_view *view, int64_t now)
{
	if (view->idle > 0 || view->have < c->scale.max)
		c->at_limit = false;
	if (!c->demand || c->at_limit || view->idle > 0 ||
	    view->have < c->scale.max)
		return;
	c->at_limit = true;
	c->limit_look_ms = now + LIMIT_LOOK_MS;
	board_add_reached(c->board);
	if (now < c->limit_said_ms)
		return;
	c->limit_said_ms = now + LIMIT_SAID_MS;
	log_about(LOG_LEVEL_WARNING,
	    &(struct log_about){ .pool = c->pool->name },
	    "pool %s: server reached pm.max_children setting (%d), "
	    "consider raising it",
	    c->pool->name, c->scale.max);
}
