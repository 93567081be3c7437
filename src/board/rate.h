/* rate.h - how often the workers of a pool may say the same kind of thing.
 *
 * One bucket for each kind, for all workers of the pool together: some lines
 * at once, then so many a second.  The rest is counted, until somebody says
 * how many there were.  No lock: who dies within harms nobody, and a bucket
 * that cannot be, as somebody scribbled there, is an empty one.
 *
 * Layer: board.  Used by: worker.
 */
#ifndef BOARD_RATE_H
#define BOARD_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "board/board.h"

enum board_rate {
	BOARD_RATE_BROKEN,  /* connections closed for what came on them */
	BOARD_RATE_REFUSED, /* requests refused for what they brought */
	BOARD_RATE_CLIENTS, /* clients that are not allowed */
	BOARD_RATE_SCRIPTS, /* programs not there, that cannot run or fail */
	BOARD_RATE_SLOW,    /* requests that take long */
	BOARD_RATE_SYSTEM,  /* what the system did not do */
	BOARD_RATE_STDERR,  /* lines of programs */
	BOARD_RATES
};

/* May a line of KIND be written now (monotonic)?  It counts as written. */
bool board_may_log(struct board *b, enum board_rate kind, int64_t now_us);
/* It was not. */
void board_leave_out(struct board *b, enum board_rate kind);
/* How many were counted since this was asked last, and they are forgotten. */
uint64_t board_take_left_out(struct board *b, enum board_rate kind);
/* Is there any to be told of? */
bool board_has_left_out(const struct board *b, enum board_rate kind);

#endif
