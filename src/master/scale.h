/* scale.h - how many workers a pool wants.
 *
 * Grows on events (the last idle worker became busy, a connection waits and
 * nobody is idle), first by a small step and, where that was not enough, by as
 * many as wait (or in doubling steps), so that a burst finds its workers within
 * a few turns, but by pm.max_spawn_rate workers within SCALE_WINDOW_MS at
 * most; shrinks calmly, on a tick, when it has not grown for a while.
 *
 * Starts, signals and reads nothing; time is an argument.  What it is told
 * of busy and idle workers is gossip and may be wrong.
 * Layer: master.  Called by: the files of a crew (members.h).
 */
#ifndef MASTER_SCALE_H
#define MASTER_SCALE_H

#include <stdbool.h>
#include <stdint.h>

#include "master/pool.h"

#define SCALE_TICK_MS 1000
#define SCALE_WINDOW_MS 10

struct scale {
	int max;   /* pm.max_children as it is now (TTIN, TTOU) */
	int limit; /* what MAX may become */
	int goal;  /* workers wanted */
	int step;  /* workers added at the next demand */
	int64_t grown_ms;
	int64_t window_ms; /* since when ADDED counts */
	int added;         /* workers, that were wanted more */
	int rest;          /* demanded, and left to the next windows */
	int64_t tick_ms;   /* the next calm look */
};

/* The workers of a pool that have not been told to retire. */
struct scale_view {
	int have;
	int starting; /* of them, not ready yet */
	int idle;     /* of them, waiting for a connection */
	int waiting;  /* connections, at a demand; -1: not known */
	int overdue;  /* of the idle ones, for longer than idle_timeout_ms */
};

void scale_init(
    struct scale *s, const struct pool_conf *conf, int limit, int64_t now);
/* Should the master look out for waiting connections itself? */
bool scale_watches(const struct scale *s, const struct pool_conf *conf,
    const struct scale_view *view);
/* A connection waits, or the last idle worker became busy. */
void scale_demand(struct scale *s, const struct pool_conf *conf,
    const struct scale_view *view, int64_t now);
/* What a demand could not have within its window is wanted now, unless
 * somebody is idle by then. */
void scale_resume(struct scale *s, const struct pool_conf *conf,
    const struct scale_view *view, int64_t now);
/* Once a tick: keep the spare ones, let go of those too many. */
void scale_tick(struct scale *s, const struct pool_conf *conf,
    const struct scale_view *view, int64_t now);
/* No more than HAVE can be had: that is enough for now. */
void scale_cut(struct scale *s, const struct pool_conf *conf, int have);
/* A worker died; HAVE are left. */
void scale_died(struct scale *s, const struct pool_conf *conf, int have);
/* One more (+1) or less (-1): TTIN, TTOU. */
void scale_nudge(struct scale *s, const struct pool_conf *conf, int by);
/* MAX workers from now on. */
void scale_set(struct scale *s, const struct pool_conf *conf, int max);
/* The next tick or window, or CLOCK_NEVER. */
int64_t scale_due(const struct scale *s, const struct pool_conf *conf);

#endif
