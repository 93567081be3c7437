#include "master/scale.h"
#include "base/clock.h"

#define CALM_MS 1000 /* without demand for so long, steps begin small again */
#define KEEP_MS 3000 /* nobody goes who came so lately: a wave may come back */

static int
at_most(int n, int max)
{
	return n < max ? n : max;
}

static int
at_least(int n, int min)
{
	return n > min ? n : min;
}

/* What the pool keeps when nothing happens. */
static int
least(const struct scale *s, const struct pool_conf *conf)
{
	switch (conf->pm) {
	case POOL_STATIC:
		return s->max;
	case POOL_DYNAMIC:
		return at_most(at_least(conf->min_spare_servers, 1), s->max);
	case POOL_ONDEMAND:
		return 0;
	}
	return s->max;
}

void
scale_init(
    struct scale *s, const struct pool_conf *conf, int limit, int64_t now)
{
	*s = (struct scale){ .max = conf->max_children,
		.limit = limit,
		.step = 1,
		.grown_ms = now - KEEP_MS,
		.window_ms = now - SCALE_WINDOW_MS,
		.tick_ms = now + SCALE_TICK_MS };
	s->goal = least(s, conf);
	if (conf->pm == POOL_DYNAMIC)
		s->goal =
		    at_most(at_least(conf->start_servers, s->goal), s->max);
}

bool
scale_watches(const struct scale *s, const struct pool_conf *conf,
    const struct scale_view *view)
{
	return conf->pm != POOL_STATIC && s->goal < s->max && s->rest == 0 &&
	    view->have >= s->goal && view->starting == 0 && view->idle == 0;
}

/* Up to BY workers more than the FROM that there are; how many it became. */
static int
grow(struct scale *s, const struct pool_conf *conf, int from, int by,
    int64_t now)
{
	if (now - s->window_ms >= SCALE_WINDOW_MS) {
		s->window_ms = now;
		s->added = 0;
	}
	by = at_most(by, conf->max_spawn_rate - s->added);
	by = at_most(by, s->max - from);
	if (by <= 0)
		return 0;
	s->goal = at_least(s->goal, from + by);
	s->added += by;
	return by;
}

/* A moment's queue may be over before a worker is there, so the first step is
 * a small one; who still waits then needs a worker each. */
static int
step_for(const struct scale *s, const struct pool_conf *conf,
    const struct scale_view *view, int64_t now)
{
	int first =
	    conf->pm == POOL_DYNAMIC ? at_least(conf->min_spare_servers, 1) : 1;

	if (now - s->grown_ms > CALM_MS)
		return first;
	if (view->waiting >= 0)
		return at_least(view->waiting, first);
	return at_most(s->step * 2, conf->max_spawn_rate);
}

void
scale_demand(struct scale *s, const struct pool_conf *conf,
    const struct scale_view *view, int64_t now)
{
	int got;

	if (!scale_watches(s, conf, view))
		return;
	s->step = step_for(s, conf, view, now);
	got = grow(s, conf, view->have, s->step, now);
	s->rest = at_least(at_most(s->step, s->max - view->have) - got, 0);
	if (got > 0)
		s->grown_ms = now;
}

void
scale_resume(struct scale *s, const struct pool_conf *conf,
    const struct scale_view *view, int64_t now)
{
	int got;

	if (s->rest == 0 || now - s->window_ms < SCALE_WINDOW_MS)
		return;
	/* At its limit it may have less than it demanded. */
	got = view->idle > 0 ? 0 : grow(s, conf, s->goal, s->rest, now);
	s->rest = got == 0 ? 0 : s->rest - got;
	if (got > 0)
		s->grown_ms = now;
}

static void
tick_dynamic(struct scale *s, const struct pool_conf *conf,
    const struct scale_view *view, int64_t now)
{
	int spare = view->idle + view->starting;

	if (spare < conf->min_spare_servers)
		(void)grow(
		    s, conf, view->have, conf->min_spare_servers - spare, now);
	else if (view->idle > conf->max_spare_servers &&
	    view->have <= s->goal && now - s->grown_ms >= KEEP_MS)
		/* One for each tick. */
		s->goal = at_least(view->have - 1, least(s, conf));
}

void
scale_tick(struct scale *s, const struct pool_conf *conf,
    const struct scale_view *view, int64_t now)
{
	if (now < s->tick_ms)
		return;
	s->tick_ms = now + SCALE_TICK_MS;
	switch (conf->pm) {
	case POOL_STATIC:
		break;
	case POOL_DYNAMIC:
		tick_dynamic(s, conf, view, now);
		break;
	case POOL_ONDEMAND:
		if (view->overdue > 0 && view->have <= s->goal)
			s->goal = at_least(view->have - view->overdue, 0);
		break;
	}
}

void
scale_cut(struct scale *s, const struct pool_conf *conf, int have)
{
	s->rest = 0;
	if (conf->pm != POOL_STATIC)
		s->goal = at_most(s->goal, at_least(have, least(s, conf)));
}

void
scale_died(struct scale *s, const struct pool_conf *conf, int have)
{
	/* Nobody may need it again; who does will say so. */
	if (conf->pm == POOL_ONDEMAND)
		s->goal = at_most(s->goal, have);
}

void
scale_nudge(struct scale *s, const struct pool_conf *conf, int by)
{
	s->max = at_most(at_least(s->max + by, 1), s->limit);
	s->goal = at_most(at_least(s->goal + by, least(s, conf)), s->max);
}

void
scale_set(struct scale *s, const struct pool_conf *conf, int max)
{
	s->max = at_most(at_least(max, 1), s->limit);
	s->goal = at_most(at_least(s->goal, least(s, conf)), s->max);
}

int64_t
scale_due(const struct scale *s, const struct pool_conf *conf)
{
	if (conf->pm == POOL_STATIC)
		return CLOCK_NEVER;
	return s->rest > 0
	    ? clock_sooner(s->tick_ms, s->window_ms + SCALE_WINDOW_MS)
	    : s->tick_ms;
}
