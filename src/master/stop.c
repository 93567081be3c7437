#include "master/stop.h"
#include "base/clock.h"

#define END_MS 400    /* from TERM to KILL */
#define AGAIN_MS 1000 /* from KILL to KILL */
#define HURRY_MS 200  /* the same, when stop was said twice */

void
stop_say(struct stop *s, int64_t now)
{
	if (!s->said) {
		s->said = true;
		s->next = STOP_RETIRE;
	} else {
		s->hurry = true;
		if (s->next == STOP_RETIRE)
			s->next = STOP_END;
	}
	s->due_ms = now;
}

enum stop_act
stop_next(struct stop *s, int64_t grace_ms, int64_t now)
{
	enum stop_act act = s->next;

	if (!s->said || now < s->due_ms)
		return STOP_WAIT;
	switch (act) {
	case STOP_WAIT:
	case STOP_RETIRE:
		s->next = STOP_END;
		s->due_ms = now + grace_ms;
		return STOP_RETIRE;
	case STOP_END:
		s->next = STOP_KILL;
		s->due_ms = now + (s->hurry ? HURRY_MS : END_MS);
		return STOP_END;
	case STOP_KILL:
		s->due_ms = now + AGAIN_MS;
		return STOP_KILL;
	}
	return STOP_WAIT;
}

int64_t
stop_due(const struct stop *s)
{
	return s->said ? s->due_ms : CLOCK_NEVER;
}
