#include "master/pulse.h"

enum pulse_act
pulse_next(struct pulse *p, bool busy)
{
	if (!busy) {
		*p = (struct pulse){ 0 };
		return PULSE_FINE;
	}
	if (!p->asked) {
		p->asked = true;
		return PULSE_ASK;
	}
	return ++p->misses < PULSE_MISSES ? PULSE_FINE : PULSE_STUCK;
}

void
pulse_heard(struct pulse *p)
{
	*p = (struct pulse){ 0 };
}
