/* farewell.h - how a native program is retired without losing a request.
 *
 * Most die of TERM wherever they are, so it is sent when they have no
 * connection.  As one could come between the look and the signal, a program
 * that looks idle is stopped, looked at again, and only then told to end; one
 * that has taken a connection meanwhile goes on.  When the grace is over, or
 * when nothing can be known of it, it is told in any case.
 *
 * Sends no signal and looks at nothing; time is an argument.
 * Layer: master.  Called by: vigil.c.
 */
#ifndef MASTER_FAREWELL_H
#define MASTER_FAREWELL_H

#include <stdbool.h>
#include <stdint.h>

#include "master/peek.h"

enum farewell_stage {
	FAREWELL_NONE,  /* nobody wants it to go */
	FAREWELL_ASKED, /* as soon as it is idle */
	FAREWELL_HELD,  /* it is stopped for a closer look */
	FAREWELL_TOLD   /* it knows */
};

enum farewell_act {
	FAREWELL_WAIT,
	FAREWELL_HOLD,   /* STOP */
	FAREWELL_LET_GO, /* CONT */
	FAREWELL_TELL    /* TERM, CONT */
};

struct farewell { /* zeroed: FAREWELL_NONE */
	enum farewell_stage stage;
	int64_t due_ms;   /* then in any case */
	int64_t next_ms;  /* the next look */
	int64_t held_ms;  /* since when it is held */
	int64_t pause_ms; /* to the look after that */
	bool busy;        /* it was, at the last look */
};

struct farewell_view {
	enum peek_busy busy;
	bool stopped;
};

void farewell_begin(struct farewell *f, int64_t grace_ms, int64_t now);
/* What to do now; to be called at farewell_due() with a fresh VIEW. */
enum farewell_act farewell_next(
    struct farewell *f, const struct farewell_view *view, int64_t now);
/* It has a connection, and goes when it has none. */
bool farewell_waits(const struct farewell *f);
/* When to look again, or CLOCK_NEVER. */
int64_t farewell_due(const struct farewell *f);

#endif
