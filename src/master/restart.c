#include <string.h>

#include "master/restart.h"

static void
pause_longer(struct restart *r, const struct restart_conf *conf, int64_t now)
{
	int64_t first = conf->delay_ms > 0 ? conf->delay_ms : 1;

	if (r->pause_ms == 0)
		r->pause_ms = first;
	else if (r->pause_ms > conf->delay_max_ms / 2)
		r->pause_ms = conf->delay_max_ms;
	else
		r->pause_ms *= 2;
	if (r->pause_ms > conf->delay_max_ms)
		r->pause_ms = conf->delay_max_ms;
	r->since_ms = now;
	r->due_ms = now + r->pause_ms;
}

static unsigned
one_more(struct restart *r, int64_t now)
{
	if (r->young == 0)
		r->began_ms = now;
	return ++r->young;
}

static void
died_young(struct restart *r, const struct restart_conf *conf,
    const struct restart_life *life, int64_t now)
{
	if (one_more(r, now) == 1)
		return;
	/* Of several that were started together and die together, one
	 * lengthens the pause: the others tell nothing new. */
	if (r->pause_ms == 0 || life->born_ms > r->since_ms)
		pause_longer(r, conf, now);
}

void
restart_died(struct restart *r, const struct restart_conf *conf,
    const struct restart_life *life, int64_t now)
{
	if (life->end == RESTART_CONFIG) {
		(void)one_more(r, now);
		r->pause_ms = conf->delay_max_ms;
		r->since_ms = now;
		r->due_ms = now + conf->delay_max_ms;
	} else if (life->settled) {
		memset(r, 0, sizeof(*r));
	} else if (life->end != RESTART_KILLED || conf->kill_is_failure) {
		died_young(r, conf, life, now);
	}
}

void
restart_unborn(struct restart *r, const struct restart_conf *conf, int64_t now)
{
	(void)one_more(r, now);
	pause_longer(r, conf, now);
}

void
restart_born(struct restart *r, int64_t now)
{
	/* One try for each pause, until one settles. */
	if (r->pause_ms > 0)
		r->due_ms = now + r->pause_ms;
}

void
restart_settled(struct restart *r, int64_t born_ms, int64_t settled_ms)
{
	if (born_ms + settled_ms > r->began_ms)
		memset(r, 0, sizeof(*r));
}

bool
restart_troubled(const struct restart *r)
{
	return r->young > 0;
}

int64_t
restart_due(const struct restart *r)
{
	return r->due_ms;
}
