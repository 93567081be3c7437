#include "board/history.h"

#include <string.h>

#include "board/layout.h"

void
board_history_add(struct board *b, const struct board_sample *sample)
{
	struct board_ring *ring = &b->head->ring;
	uint64_t n = atomic_load(&ring->n);

	ring->at[n % BOARD_HISTORY] = *sample;
	atomic_store(&ring->n, n + 1);
}

size_t
board_history_get(const struct board *b, struct board_sample out[BOARD_HISTORY])
{
	const struct board_ring *ring = &b->head->ring;
	uint64_t n = atomic_load(&ring->n), after;
	size_t have = n < BOARD_HISTORY ? (size_t)n : BOARD_HISTORY, i, lost;

	for (i = 0; i < have; i++)
		out[i] = ring->at[(n - have + i) % BOARD_HISTORY];
	/* The oldest may have been written anew meanwhile, or be so now. */
	after = atomic_load(&ring->n) - n + (have == BOARD_HISTORY);
	lost = after < have ? (size_t)after : have;
	memmove(out, out + lost, (have - lost) * sizeof(out[0]));
	return have - lost;
}
