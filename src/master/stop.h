/* stop.h - the order of a stop: ask, insist, end.
 *
 * First every worker is told to retire: idle ones go, busy ones finish.
 * After the grace they are told to end what runs (with SIGTERM, should they
 * not listen), a moment later they are killed, and killed again each second
 * until they are reaped.  Said again, the next step comes at once.
 *
 * Pure; time is an argument.  Layer: master.  Called by: master.c, for all, and
 * the files of a crew, for a worker that is replaced.
 */
#ifndef MASTER_STOP_H
#define MASTER_STOP_H

#include <stdbool.h>
#include <stdint.h>

enum stop_act { STOP_WAIT, STOP_RETIRE, STOP_END, STOP_KILL };

struct stop { /* zeroed: nobody said stop */
	bool said;
	enum stop_act next;
	int64_t due_ms; /* of NEXT */
	bool hurry;
};

void stop_say(struct stop *s, int64_t now);
/* What is to be done to all workers now; STOP_WAIT: nothing yet.  To be
 * asked until it says so. */
enum stop_act stop_next(struct stop *s, int64_t grace_ms, int64_t now);
/* When to ask again, or CLOCK_NEVER. */
int64_t stop_due(const struct stop *s);

#endif
