#include <string.h>

#include "board/layout.h"

#define TRIES 1000

/* N is larger than what is there: put it there, whoever else does. */
static void
raise_to(_Atomic uint32_t *at, uint32_t n)
{
	uint32_t old = atomic_load_explicit(at, memory_order_relaxed);

	while (old < n && !atomic_compare_exchange_weak(at, &old, n))
		;
}

void
board_set_pool(struct board *b, const struct board_pool *pool)
{
	struct board_head *h = b->head;
	/* A predecessor may have died within: odd in any case. */
	uint32_t seq = atomic_load(&h->seq) | 1;

	/* Whatever workers wrote there. */
	board_sign(b);
	atomic_store(&h->seq, seq);
	atomic_thread_fence(memory_order_seq_cst);
	memcpy(&h->pool, pool, sizeof(*pool));
	atomic_thread_fence(memory_order_seq_cst);
	atomic_store(&h->seq, seq + 1);
}

/* What workers can write to as well is made to end where it should. */
static void
clamp(struct board_pool *p)
{
	size_t i;

	p->name[sizeof(p->name) - 1] = '\0';
	p->changes[sizeof(p->changes) - 1] = '\0';
	for (i = 0; i < BOARD_LISTEN_MAX; i++)
		p->listen[i][BOARD_ADDRESS_MAX - 1] = '\0';
	p->program[sizeof(p->program) - 1] = '\0';
	if (p->jail_len > strlen(p->program))
		p->jail_len = 0;
	if (p->nlisten > BOARD_LISTEN_MAX)
		p->nlisten = BOARD_LISTEN_MAX;
	if (p->life >= BOARD_LIVES)
		p->life = BOARD_LIFE_FAILED;
	if (p->pm > BOARD_ONDEMAND)
		p->pm = BOARD_ONDEMAND;
}

bool
board_get_pool(const struct board *b, struct board_pool *out)
{
	const struct board_head *h = b->head;
	bool whole = false;
	int tries;

	for (tries = 0; tries < TRIES && !whole; tries++) {
		uint32_t seq = atomic_load(&h->seq);

		atomic_thread_fence(memory_order_seq_cst);
		memcpy(out, &h->pool, sizeof(*out));
		atomic_thread_fence(memory_order_seq_cst);
		whole = (seq & 1) == 0 && atomic_load(&h->seq) == seq;
	}
	clamp(out);
	return whole;
}

void
board_add_end(struct board *b, enum board_cause cause)
{
	board_count(&b->head->restarts[cause], 1);
}

void
board_add_reached(struct board *b)
{
	board_count(&b->head->reached, 1);
}

void
board_add_log_lost(struct board *b, uint64_t n)
{
	board_count(&b->head->log_lost, n);
}

void
board_set_queue(struct board *b, uint32_t backlogs, uint32_t len)
{
	uint32_t now = backlogs + atomic_load(&b->head->waiting);

	atomic_store(&b->head->queue, now);
	atomic_store(&b->head->queue_len, len);
	raise_to(&b->head->queue_max, now);
}

void
board_set_waiting(struct board *b, uint32_t n)
{
	atomic_store(&b->head->waiting, n);
}

void
board_set_parked(struct board *b, uint32_t n)
{
	atomic_store_explicit(&b->head->parked, n, memory_order_relaxed);
	raise_to(&b->head->parked_max, n);
}

uint32_t
board_get_parked(const struct board *b)
{
	return atomic_load_explicit(&b->head->parked, memory_order_relaxed);
}

void
board_note_active(struct board *b, uint32_t n)
{
	raise_to(&b->head->max_active, n);
}
