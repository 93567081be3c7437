/* tell.h - what a worker says in the error log of its pool, and how often.
 *
 * Of each kind (board/rate.h) all workers of a pool say so much together and
 * no more, whatever web servers and programs do; how many lines were left out
 * is said with the next one, or when a second has passed.
 *
 * Layer: worker.
 */
#ifndef WORKER_TELL_H
#define WORKER_TELL_H

#include <stdint.h>

#include "base/log.h"
#include "board/place.h"
#include "board/rate.h"

void tell(const struct place *place, enum board_rate kind, enum log_level level,
    const struct log_about *about, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));

/* When lines that were left out are to be told of; zeroed: not. */
struct tell_due {
	int64_t ms;
};

/* Tell, if that is due; returns when to come again, or CLOCK_NEVER. */
int64_t tell_turn(const struct place *place, struct tell_due *due, int64_t now);
/* This worker goes: all that is left to be told. */
void tell_last(const struct place *place);

#endif
