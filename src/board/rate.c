/* rate.c - see rate.h.  A bucket is the time until which its lines reach when
 * each has its share of a second: a line may be written while that is no
 * further ahead than all that may come at once. */
#include "board/rate.h"

#include "board/layout.h"

#define SECOND_US INT64_C(1000000)

/* Whoever looks for what is wrong with a site wants to see each program and
 * each request that failed; more than a hundred at once nobody reads. */
static int64_t
most_at_once(enum board_rate kind)
{
	switch (kind) {
	case BOARD_RATE_REFUSED:
	case BOARD_RATE_SCRIPTS:
		return 100;
	case BOARD_RATE_STDERR:
		return 200;
	case BOARD_RATE_BROKEN:
	case BOARD_RATE_CLIENTS:
	case BOARD_RATE_SLOW:
	case BOARD_RATE_SYSTEM:
	case BOARD_RATES:
		break;
	}
	return 10;
}

/* A line's share. */
static int64_t
each_us(enum board_rate kind)
{
	return kind == BOARD_RATE_STDERR ? SECOND_US / 200 : SECOND_US;
}

bool
board_may_log(struct board *b, enum board_rate kind, int64_t now_us)
{
	struct board_bucket *bucket = &b->head->rate[kind];
	int64_t full = now_us + most_at_once(kind) * each_us(kind);
	int64_t old = atomic_load(&bucket->until_us), next;

	do {
		/* Nobody has used it for long, or somebody scribbled. */
		next = old < now_us || old > full ? now_us : old;
		if (next + each_us(kind) > full)
			return false;
		next += each_us(kind);
	} while (!atomic_compare_exchange_weak(&bucket->until_us, &old, next));
	return true;
}

void
board_leave_out(struct board *b, enum board_rate kind)
{
	(void)atomic_fetch_add(&b->head->rate[kind].left_out, 1);
}

uint64_t
board_take_left_out(struct board *b, enum board_rate kind)
{
	return atomic_exchange(&b->head->rate[kind].left_out, 0);
}

bool
board_has_left_out(const struct board *b, enum board_rate kind)
{
	return atomic_load_explicit(
		   &b->head->rate[kind].left_out, memory_order_relaxed) != 0;
}
