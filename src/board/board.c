/* board.c - the shared map.
 *
 * The struct board itself is private memory, copied into each worker by the
 * fork; only the page behind it is shared.  So nothing that a worker can
 * write is ever used as a size, an index or a pointer.
 */
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "board/board.h"

#define CACHE_LINE 64

/* A line of its own for each slot: workers do not disturb each other. */
struct board_slot {
	_Alignas(CACHE_LINE) _Atomic int32_t pid;
	_Atomic uint32_t state;
	_Atomic uint32_t running;
	_Atomic uint64_t counters[BOARD_COUNTERS];
};

struct board_map {
	_Alignas(CACHE_LINE) _Atomic uint32_t parked;
	struct board_slot slots[];
};

struct board {
	size_t nslots;
	size_t map_len;
	struct board_map *map;
};

struct board *
board_new(size_t nslots)
{
	const size_t most =
	    (SIZE_MAX - sizeof(struct board_map)) / sizeof(struct board_slot);
	struct board *b;

	if (nslots > most) {
		errno = ENOMEM;
		return NULL;
	}
	b = malloc(sizeof(*b));
	if (b == NULL)
		return NULL;
	b->nslots = nslots;
	b->map_len =
	    sizeof(struct board_map) + nslots * sizeof(struct board_slot);
	/* Zeroed by the kernel: every slot is BOARD_EMPTY. */
	b->map = mmap(NULL, b->map_len, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (b->map == MAP_FAILED) {
		free(b);
		return NULL;
	}
	return b;
}

void
board_free(struct board *b)
{
	if (b == NULL)
		return;
	(void)munmap(b->map, b->map_len);
	free(b);
}

size_t
board_nslots(const struct board *b)
{
	return b->nslots;
}

void
board_enter(struct board *b, size_t slot, int32_t pid)
{
	struct board_slot *s = &b->map->slots[slot];

	atomic_store_explicit(&s->running, 0, memory_order_relaxed);
	atomic_store_explicit(&s->pid, pid, memory_order_relaxed);
	board_set_state(b, slot, BOARD_STARTING);
}

void
board_set_state(struct board *b, size_t slot, enum board_state state)
{
	/* In one order with everybody's board_count_state(): of two workers
	 * that become busy at the same time, one sees that both are. */
	atomic_store(&b->map->slots[slot].state, (uint32_t)state);
}

void
board_add(struct board *b, size_t slot, enum board_counter which, uint64_t n)
{
	_Atomic uint64_t *at = &b->map->slots[slot].counters[which];

	/* One writer: a load and a store are enough. */
	atomic_store_explicit(at,
	    atomic_load_explicit(at, memory_order_relaxed) + n,
	    memory_order_relaxed);
}

void
board_set_running(struct board *b, size_t slot, uint32_t n)
{
	atomic_store_explicit(
	    &b->map->slots[slot].running, n, memory_order_relaxed);
}

enum board_state
board_get_state(const struct board *b, size_t slot)
{
	uint32_t state = atomic_load(&b->map->slots[slot].state);

	return state < BOARD_STATES ? (enum board_state)state
				    : BOARD_STATES - 1;
}

int32_t
board_get_pid(const struct board *b, size_t slot)
{
	int32_t pid = atomic_load_explicit(
	    &b->map->slots[slot].pid, memory_order_relaxed);

	return pid > 0 ? pid : 0;
}

uint32_t
board_get_running(const struct board *b, size_t slot)
{
	return atomic_load_explicit(
	    &b->map->slots[slot].running, memory_order_relaxed);
}

uint64_t
board_get(const struct board *b, size_t slot, enum board_counter which)
{
	return atomic_load_explicit(
	    &b->map->slots[slot].counters[which], memory_order_relaxed);
}

uint64_t
board_sum(const struct board *b, enum board_counter which)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < b->nslots; i++)
		sum += board_get(b, i, which);
	return sum;
}

size_t
board_count_state(const struct board *b, enum board_state state)
{
	size_t i, n = 0;

	for (i = 0; i < b->nslots; i++)
		if (board_get_state(b, i) == state)
			n++;
	return n;
}

/* What was accepted in SLOT and has no outcome yet. */
static uint32_t
unfinished(const struct board *b, size_t slot)
{
	uint64_t accepted = board_get(b, slot, BOARD_ACCEPTED), ended = 0;
	int which;

	for (which = BOARD_COMPLETED; which <= BOARD_LOST_WORKER; which++)
		ended += board_get(b, slot, (enum board_counter)which);
	if (accepted <= ended)
		return 0;
	return accepted - ended < UINT32_MAX ? (uint32_t)(accepted - ended)
					     : UINT32_MAX;
}

uint32_t
board_bury(struct board *b, size_t slot)
{
	struct board_slot *s = &b->map->slots[slot];
	/* Not .running: a worker can be killed between two stores. */
	uint32_t lost = unfinished(b, slot);

	board_add(b, slot, BOARD_LOST_WORKER, lost);
	atomic_store_explicit(&s->running, 0, memory_order_relaxed);
	atomic_store_explicit(&s->pid, 0, memory_order_relaxed);
	board_set_state(b, slot, BOARD_EMPTY);
	return lost;
}

void
board_set_parked(struct board *b, uint32_t n)
{
	atomic_store_explicit(&b->map->parked, n, memory_order_relaxed);
}

uint32_t
board_get_parked(const struct board *b)
{
	return atomic_load_explicit(&b->map->parked, memory_order_relaxed);
}
