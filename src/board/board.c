/* board.c - slots: who is in them, what they do, what was counted. */
#include <string.h>

#include "base/clock.h"
#include "board/layout.h"

/* More answers than that are never in a worker's buffer. */
#define STAKE_MAX 16384

size_t
board_nslots(const struct board *b)
{
	return b->nslots;
}

void
board_enter(struct board *b, size_t slot, int32_t pid)
{
	struct board_hot *s = &b->hot[slot];
	unsigned i;

	atomic_store_explicit(&s->running, 0, memory_order_relaxed);
	atomic_store_explicit(&s->at_stake, 0, memory_order_relaxed);
	atomic_store_explicit(&s->born_ms, clock_ms(), memory_order_relaxed);
	atomic_store_explicit(&s->before, board_get(b, slot, BOARD_ACCEPTED),
	    memory_order_relaxed);
	atomic_store_explicit(&s->pid, pid, memory_order_relaxed);
	/* What the last worker here left unfinished died with it. */
	for (i = 0; i < BOARD_REQUESTS; i++)
		note_clear(b, slot, i);
	board_set_state(b, slot, BOARD_STARTING);
}

void
board_set_state(struct board *b, size_t slot, enum board_state state)
{
	atomic_store_explicit(
	    &b->hot[slot].since_ms, clock_ms(), memory_order_relaxed);
	/* In one order with everybody's board_count_state(): of two workers
	 * that become busy at the same time, one sees that both are. */
	atomic_store(&b->hot[slot].state, (uint32_t)state);
}

void
board_add(struct board *b, size_t slot, enum board_counter which, uint64_t n)
{
	board_count(&b->hot[slot].counters[which], n);
}

void
board_set_running(struct board *b, size_t slot, uint32_t n)
{
	atomic_store_explicit(&b->hot[slot].running, n, memory_order_relaxed);
}

void
board_set_stake(struct board *b, size_t slot, uint32_t n)
{
	/* Before or behind a counter, as its caller has it. */
	atomic_store_explicit(&b->hot[slot].at_stake, n, memory_order_release);
}

enum board_state
board_get_state(const struct board *b, size_t slot)
{
	uint32_t state = atomic_load(&b->hot[slot].state);

	return state < BOARD_STATES ? (enum board_state)state
				    : BOARD_STATES - 1;
}

int32_t
board_get_pid(const struct board *b, size_t slot)
{
	int32_t pid =
	    atomic_load_explicit(&b->hot[slot].pid, memory_order_relaxed);

	return pid > 0 ? pid : 0;
}

uint32_t
board_get_running(const struct board *b, size_t slot)
{
	return atomic_load_explicit(
	    &b->hot[slot].running, memory_order_relaxed);
}

uint64_t
board_get(const struct board *b, size_t slot, enum board_counter which)
{
	return atomic_load_explicit(
	    &b->hot[slot].counters[which], memory_order_acquire);
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

void
board_count_states(const struct board *b, size_t n[BOARD_STATES])
{
	size_t i;

	memset(n, 0, BOARD_STATES * sizeof(n[0]));
	for (i = 0; i < b->nslots; i++)
		n[board_get_state(b, i)]++;
}

size_t
board_count_state(const struct board *b, enum board_state state)
{
	size_t n[BOARD_STATES];

	board_count_states(b, n);
	return n[state];
}

/* What was accepted in SLOT and has no outcome yet. */
static uint32_t
unfinished(const struct board *b, size_t slot)
{
	uint64_t accepted, ended = 0;
	int which;

	for (which = BOARD_COMPLETED; which <= BOARD_LOST_WORKER; which++)
		ended += board_get(b, slot, (enum board_counter)which);
	accepted = board_get(b, slot, BOARD_ACCEPTED);
	if (accepted <= ended)
		return 0;
	return accepted - ended < UINT32_MAX ? (uint32_t)(accepted - ended)
					     : UINT32_MAX;
}

uint32_t
board_get_stake(const struct board *b, size_t slot)
{
	uint32_t n =
	    atomic_load_explicit(&b->hot[slot].at_stake, memory_order_acquire);

	return n < STAKE_MAX ? n : STAKE_MAX;
}

uint32_t
board_bury(struct board *b, size_t slot)
{
	struct board_hot *s = &b->hot[slot];
	/* Not .running: a worker can be killed between two stores. */
	uint32_t lost = unfinished(b, slot), more = board_get_stake(b, slot);

	if (lost < UINT32_MAX - more) {
		board_add(b, slot, BOARD_ACCEPTED, more);
		lost += more;
	}
	board_add(b, slot, BOARD_LOST_WORKER, lost);
	atomic_store_explicit(&s->at_stake, 0, memory_order_relaxed);
	atomic_store_explicit(&s->running, 0, memory_order_relaxed);
	atomic_store_explicit(&s->pid, 0, memory_order_relaxed);
	board_set_state(b, slot, BOARD_EMPTY);
	return lost;
}
