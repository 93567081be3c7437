/* history.h - the last ten minutes of a pool, for charts.
 *
 * A ring on the board with one writer, the pool's status worker; whoever
 * renders reads it.  Layer: board.
 */
#ifndef BOARD_HISTORY_H
#define BOARD_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#define BOARD_HISTORY 150
#define BOARD_HISTORY_MS 4000 /* between two of them */

struct board;

struct board_sample {
	int64_t at_us;   /* monotonic */
	uint32_t busy;   /* workers */
	uint32_t queue;  /* connections that wait */
	uint64_t ended;  /* requests so far, whatever became of them */
	uint64_t count;  /* requests in the histogram of durations, */
	uint64_t sum_us; /* and what they took */
};

void board_history_add(struct board *b, const struct board_sample *sample);
/* The oldest first; returns how many. */
size_t board_history_get(
    const struct board *b, struct board_sample out[BOARD_HISTORY]);

#endif
