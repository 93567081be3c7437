#include "master/idle.h"
#include "base/clock.h"

#define LOOKS 8 /* within the limit */

bool
idle_long(
    struct idle *i, const struct idle_view *v, int64_t limit_ms, int64_t now)
{
	if (limit_ms == 0 || now < i->look_ms)
		return false;
	if (!i->looked || v->active || v->events != i->events ||
	    v->marks != i->marks)
		i->since_ms = now;
	i->looked = true;
	i->events = v->events;
	i->marks = v->marks;
	i->look_ms = now + limit_ms / LOOKS + 1;
	return now - i->since_ms >= limit_ms;
}

int64_t
idle_due(const struct idle *i, int64_t limit_ms)
{
	return limit_ms == 0 ? CLOCK_NEVER : i->look_ms;
}
