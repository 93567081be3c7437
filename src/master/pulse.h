/* pulse.h - is a worker still there behind its process?
 *
 * A busy one is asked from time to time and has to answer, an idle one when
 * connections wait; whoever leaves several questions in a row without an
 * answer is stuck: stopped, or in a loop of ours.  Questions are counted, not
 * time: when the master itself was held up, nobody has missed more than one.
 *
 * Pure.  Layer: master.  Called by: vitals.c.
 */
#ifndef MASTER_PULSE_H
#define MASTER_PULSE_H

#include <stdbool.h>

#define PULSE_MISSES 4

struct pulse { /* zeroed: nothing was asked */
	bool asked;
	int misses;
};

enum pulse_act { PULSE_FINE, PULSE_ASK, PULSE_STUCK };

/* Once a tick; BUSY: it could be stuck. */
enum pulse_act pulse_next(struct pulse *p, bool busy);
void pulse_heard(struct pulse *p);

#endif
