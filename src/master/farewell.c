#include "master/farewell.h"
#include "base/clock.h"

#define LOOK_MS 10     /* the first pause; doubles */
#define LOOK_MAX_MS 50 /* up to this */
#define STOP_MS 1      /* a process is stopped that soon, nearly always */
#define HOLD_MAX_MS 50 /* one that is not, is not held any longer */

void
farewell_begin(struct farewell *f, int64_t grace_ms, int64_t now)
{
	if (f->stage != FAREWELL_NONE)
		return;
	*f = (struct farewell){ .stage = FAREWELL_ASKED,
		.due_ms = now + grace_ms,
		.next_ms = now,
		.pause_ms = LOOK_MS };
}

static enum farewell_act
tell(struct farewell *f)
{
	f->stage = FAREWELL_TOLD;
	f->next_ms = CLOCK_NEVER;
	return FAREWELL_TELL;
}

static void
look_later(struct farewell *f, int64_t now)
{
	f->stage = FAREWELL_ASKED;
	f->next_ms = now + f->pause_ms;
	if (f->next_ms > f->due_ms)
		f->next_ms = f->due_ms;
	f->pause_ms *= 2;
	if (f->pause_ms > LOOK_MAX_MS)
		f->pause_ms = LOOK_MAX_MS;
}

static enum farewell_act
asked(struct farewell *f, const struct farewell_view *view, int64_t now)
{
	if (view->busy != PEEK_IDLE) {
		look_later(f, now);
		return FAREWELL_WAIT;
	}
	f->stage = FAREWELL_HELD;
	f->held_ms = now;
	f->next_ms = now + STOP_MS;
	return FAREWELL_HOLD;
}

static enum farewell_act
held(struct farewell *f, const struct farewell_view *view, int64_t now)
{
	if (!view->stopped && now - f->held_ms < HOLD_MAX_MS) {
		f->next_ms = now + STOP_MS;
		return FAREWELL_WAIT;
	}
	if (view->stopped && view->busy == PEEK_IDLE)
		return tell(f);
	look_later(f, now);
	return FAREWELL_LET_GO;
}

enum farewell_act
farewell_next(struct farewell *f, const struct farewell_view *view, int64_t now)
{
	if (f->stage == FAREWELL_NONE || f->stage == FAREWELL_TOLD ||
	    now < f->next_ms)
		return FAREWELL_WAIT;
	f->busy = view->busy == PEEK_BUSY;
	if (now >= f->due_ms)
		return tell(f);
	return f->stage == FAREWELL_HELD ? held(f, view, now)
					 : asked(f, view, now);
}

bool
farewell_waits(const struct farewell *f)
{
	return f->stage == FAREWELL_ASKED && f->busy;
}

int64_t
farewell_due(const struct farewell *f)
{
	return f->stage == FAREWELL_NONE ? CLOCK_NEVER : f->next_ms;
}
