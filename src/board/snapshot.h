/* snapshot.h - a private copy of a board, and sums, for who renders.
 *
 * Everything in it is plain: texts end, enums are in range, what a slot's
 * counters say adds up.  Layer: board.  Used by: view.
 */
#ifndef BOARD_SNAPSHOT_H
#define BOARD_SNAPSHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board/board.h"
#include "board/histogram.h"
#include "board/history.h"
#include "board/note.h"
#include "board/pool.h"

struct snapshot_slot { /* one that has a worker */
	size_t slot;
	int32_t pid;
	enum board_state state;
	int64_t born_ms;
	int64_t since_ms; /* in that state */
	uint64_t served;  /* requests, by this worker */
	uint32_t running;
	unsigned latest; /* the request that began last, of: */
	struct board_request request[BOARD_REQUESTS];
};

struct snapshot_minute {
	uint64_t arrived, ended, busy_ms;
};

struct snapshot {
	struct board_pool pool;
	int64_t now_us; /* monotonic, of the copy */
	int64_t now_s;  /* wall clock */
	uint32_t parked, parked_max;
	uint32_t queue, queue_max, queue_len;
	uint32_t max_active;
	uint64_t reached;
	uint64_t restarts[BOARD_CAUSES];
	uint64_t log_lost; /* lines of the master's */
	size_t workers[BOARD_STATES];
	/* Sums over all slots.  RUNNING is what makes accepted the sum of
	 * its outcomes and it. */
	uint64_t counters[BOARD_COUNTERS];
	uint64_t running;
	/* Outcomes beyond what was accepted, which nobody should find: a
	 * worker has written what is not true. */
	uint64_t miscounted;
	uint64_t exits[BOARD_EXITS];
	uint64_t signals[BOARD_SIGNALS];
	uint64_t memory_max_kib;
	struct histogram histogram[BOARD_HISTOGRAMS];
	/* [0] is the minute under way, [1] the one before it, ... */
	struct snapshot_minute minute[BOARD_MINUTES];
	size_t nhistory; /* the oldest first */
	struct board_sample history[BOARD_HISTORY];
	size_t nslots;
	struct snapshot_slot slot[];
};

/* NULL when there is no memory. */
struct snapshot *snapshot_take(
    const struct board *b, int64_t now_us, int64_t now_s);
void snapshot_free(struct snapshot *s);

#endif
