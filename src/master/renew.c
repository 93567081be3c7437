/* renew.c - a pool gets other settings while it serves.
 *
 * The table of workers, the board and the parked connections belong to the
 * pool and stay; they only grow, which harms nobody, also when it was in
 * vain.  Settings, listeners and policies belong to a generation: the new
 * ones take their places, and the old ones wait in c->before until it is
 * certain which are to stay.
 */
#include <errno.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/log.h"
#include "master/logs.h"
#include "master/members.h"

/* Room for POOL in all that only grows. */
static int
reserve(struct crew *c, const struct pool_conf *pool, struct master_error *err)
{
	size_t n = crew_slots_for(pool->max_children);
	struct handoff_conf handoff;

	crew_handoff_for(c, pool, &handoff);
	if (crew_grow(c, n) == 0 &&
	    (pool->native || handoff_reserve(&c->handoff, &handoff) == 0))
		return 0;
	return crew_fail(err, EX_OSERR, pool->name, "%s", strerror(errno));
}

static int
open_wave(struct crew *c, const struct crew_conf *conf, struct wave *next,
    struct master_error *err)
{
	const struct pool_conf *pool = conf->pool;
	struct sock_error why;
	int code;

	*next = (struct wave){ .pool = pool, .generation = conf->generation };
	if (pool->native != c->pool->native)
		return crew_fail(err, EX_CONFIG, pool->name,
		    "mode: a reload cannot change it, a restart can");
	if (reserve(c, pool, err) == -1 ||
	    crew_open_logs(pool, next->log_fds, err) == -1)
		return -1;
	if (listeners_open(&next->listeners, pool, conf->from, &why, &code) ==
	    0)
		return 0;
	logs_close(next->log_fds);
	return crew_fail(err, code, pool->name, "%s", why.text);
}

static void
save(const struct crew *c, struct wave *w)
{
	*w = (struct wave){ .pool = c->pool,
		.generation = c->generation,
		.listeners = c->listeners,
		.restart = c->restart,
		.restart_conf = c->restart_conf,
		.scale = c->scale };
	memcpy(w->log_fds, c->log_fds, sizeof(w->log_fds));
}

static void
set(struct crew *c, const struct wave *w)
{
	muster_unwatch(c);
	c->pool = w->pool;
	c->generation = w->generation;
	c->listeners = w->listeners;
	memcpy(c->log_fds, w->log_fds, sizeof(c->log_fds));
	c->restart = w->restart;
	c->restart_conf = w->restart_conf;
	c->scale = w->scale;
}

/* A pool that grew to its load is not to learn it again.  SCALED: nor is it to
 * forget how many workers it was told to have. */
static void
scale_like_before(struct crew *c, struct wave *next, bool scaled, int64_t now)
{
	struct scale_view view;
	int goal;

	slots_view(&c->slots, c->board, 0, &view);
	scale_init(&next->scale, next->pool, (int)c->slots.n, now);
	if (scaled && c->scale.max != c->pool->max_children)
		scale_set(&next->scale, next->pool, c->scale.max);
	goal = view.have < next->scale.max ? view.have : next->scale.max;
	if (next->pool->pm != POOL_STATIC && goal > next->scale.goal)
		next->scale.goal = goal;
}

static void
set_old(struct crew *c, bool old)
{
	size_t i;

	for (i = 0; i < c->slots.n; i++)
		if (c->slots.at[i].pid != 0)
			c->slots.at[i].old = old;
}

/* Those that are OLD, or those that are not. */
static void
end_all(struct crew *c, bool old, int64_t now)
{
	size_t i;

	for (i = 0; i < c->slots.n; i++) {
		struct slot *slot = &c->slots.at[i];

		if (slot->pid != 0 && slot->old == old && !slot->end.said)
			stop_say(&slot->end, now);
	}
}

void
renew_relieve(struct crew *c, int64_t now)
{
	c->relieving = false;
	end_all(c, true, now);
}

int
crew_try(struct crew *c, const struct crew_conf *conf, int64_t now,
    struct master_error *err)
{
	struct wave next;

	if (open_wave(c, conf, &next, err) == -1)
		return -1;
	crew_restart_for(conf->pool, &next.restart_conf);
	scale_like_before(c, &next, conf->scaled, now);
	save(c, &c->before);
	set(c, &next);
	set_old(c, true);
	c->trying = true;
	c->awaited = c->retired ? 0 : c->scale.goal;
	c->state = c->awaited > 0 ? CREW_STARTING : CREW_UP;
	return 0;
}

bool
crew_is_tried(const struct crew *c)
{
	return c->trying;
}

/* May the old worker in place I take another request at once?  A native
 * program may until it is gone, unless it was seen with a connection. */
static bool
may_take(const struct crew *c, size_t i)
{
	return c->pool->native ? !farewell_waits(&c->natives->at[i].farewell)
			       : board_get_state(c->board, i) == BOARD_IDLE;
}

bool
crew_is_settled(const struct crew *c)
{
	size_t i;

	for (i = 0; i < c->slots.n; i++)
		if (c->slots.at[i].pid != 0 && c->slots.at[i].old &&
		    !c->slots.at[i].aide && may_take(c, i))
			return false;
	return true;
}

void
crew_pass_listeners(struct crew *c, struct crew *to)
{
	listeners_pass(crew_listeners(c), &to->listeners);
}

void
crew_commit(struct crew *c, int64_t now)
{
	size_t others = aide_others_serving(c);
	struct handoff_conf handoff;
	struct natives_conf natives;
	struct sock_error why;

	if (!c->trying)
		return;
	c->trying = false;
	if (c->pool->native)
		listeners_close(&c->before.listeners);
	else
		backlogs_leave(c, others, now);
	logs_close(c->before.log_fds);
	if (listeners_apply(&c->listeners, c->pool, &why) == -1)
		log_about(LOG_LEVEL_WARNING,
		    &(struct log_about){ .pool = c->pool->name }, "pool %s: %s",
		    c->pool->name, why.text);
	if (c->pool->native) {
		crew_natives_for(c, c->pool, &natives);
		natives_change(c->natives, &natives);
	} else {
		crew_handoff_for(c, c->pool, &handoff);
		handoff_change(&c->handoff, &handoff);
	}
	renew_relieve(c, now);
	lost_look(c);
}

void
crew_rollback(struct crew *c, int64_t now)
{
	size_t i;

	listeners_regain(crew_listeners(c));
	if (!c->trying)
		return;
	c->trying = false;
	muster_unwatch(c);
	listeners_close(&c->listeners);
	logs_close(c->log_fds);
	set(c, &c->before);
	end_all(c, false, now);
	for (i = 0; i < c->slots.n; i++)
		c->slots.at[i].old = c->slots.at[i].end.said;
	c->state = CREW_UP;
	c->relieving = false; /* all who are left are as good as new */
	c->error.code = 0;
}

void
crew_leave(struct crew *c, int64_t now)
{
	muster_unwatch(c);
	c->retired = c->stopping = true;
	listeners_unlink(&c->listeners);
	closing_begin(c, now);
	set_old(c, true);
	end_all(c, true, now);
}
