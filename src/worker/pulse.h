/* pulse.h - the status worker's other work: a sample for the history of its
 * pool every few seconds.  Layer: worker.
 */
#ifndef WORKER_PULSE_H
#define WORKER_PULSE_H

#include <stdint.h>

#include "board/place.h"

/* Zeroed: none was taken yet. */
struct pulse {
	int64_t due_ms;
};

/* Take one if it is time; returns how many ms there are to the next. */
int pulse_turn(struct pulse *p, const struct place *place, int64_t now);

/* Look how many connections wait, for the board: before it is shown. */
void pulse_look(const struct place *place);

#endif
