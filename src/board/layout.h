/* layout.h - the bytes of a board, for the files of src/board only.
 *
 *   head | hot[BOARD_SLOTS_MAX] | cold[nslots]
 *
 * The hot parts stand together, as each busy worker looks at all of them;
 * room for them is reserved, so that a board can grow behind its readers'
 * and writers' backs and nothing moves.  Pages that nobody writes to take no
 * memory.  Whoever changes anything here counts BOARD_LAYOUT up.
 *
 * Layer: board.
 */
#ifndef BOARD_LAYOUT_H
#define BOARD_LAYOUT_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "board/board.h"
#include "board/histogram.h"
#include "board/history.h"
#include "board/note.h"
#include "board/pool.h"
#include "board/rate.h"

#define BOARD_MAGIC 0x636769662d66706dULL
#define BOARD_LAYOUT 6u
#define BOARD_LINE 64 /* of the processor's cache */

/* Read and written by several processes at a time; each number has one
 * writer, unless it says otherwise. */
typedef _Atomic uint64_t board_u64;

struct board_head {
	_Alignas(BOARD_LINE) uint64_t magic;
	uint32_t layout;
	uint32_t head_len, hot_len, cold_len;
	_Atomic uint32_t nslots;
	_Atomic uint32_t parked, parked_max;
	_Atomic uint32_t waiting; /* of QUEUE, those that the master has */
	_Atomic uint32_t queue, queue_max, queue_len;
	_Atomic uint32_t max_active; /* any worker's */
	board_u64 reached;
	board_u64 restarts[BOARD_CAUSES];
	board_u64 log_lost;   /* lines of the master's */
	struct board_bucket { /* any worker's */
		_Atomic int64_t until_us;
		board_u64 left_out;
	} rate[BOARD_RATES];
	_Atomic uint32_t seq; /* odd: POOL is being written */
	struct board_pool pool;
	struct board_ring {
		board_u64 n; /* written so far */
		struct board_sample at[BOARD_HISTORY];
	} ring;
};

/* A line of its own for each slot: workers do not disturb each other. */
struct board_hot {
	_Alignas(BOARD_LINE) _Atomic int32_t pid;
	_Atomic uint32_t state;
	_Atomic uint32_t running;
	_Atomic uint32_t at_stake; /* board_set_stake() */
	_Atomic int64_t since_ms;  /* in this state */
	_Atomic int64_t born_ms;
	board_u64 before; /* requests accepted by earlier workers */
	board_u64 counters[BOARD_COUNTERS];
};

struct board_histogram {
	board_u64 bucket[HISTOGRAM_BUCKETS];
	board_u64 sum_us;
};

struct board_cell { /* one request */
	_Atomic uint32_t seq;
	struct board_request request;
};

struct board_cold {
	_Alignas(BOARD_LINE) board_u64 exits[BOARD_EXITS];
	board_u64 signals[BOARD_SIGNALS];
	board_u64 memory_max_kib;
	struct board_histogram histogram[BOARD_HISTOGRAMS];
	struct {
		_Atomic uint32_t minute, arrived, ended, busy_ms;
	} minute[BOARD_MINUTES];
	struct board_cell cell[BOARD_REQUESTS];
};

struct board {
	size_t nslots;
	size_t map_len;
	int fd; /* owned; -1: a reader's */
	struct board_head *head;
	struct board_hot *hot;
	struct board_cold *cold;
};

/* map.c: what readers know a board by, and its size. */
void board_sign(struct board *b);

/* The only way to change a number that has one writer. */
static inline void
board_count(board_u64 *at, uint64_t n)
{
	atomic_store_explicit(at,
	    atomic_load_explicit(at, memory_order_relaxed) + n,
	    memory_order_release);
}

#endif
