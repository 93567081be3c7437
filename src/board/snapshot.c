#include "board/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "board/layout.h"

#define TRIES 100
#define MINUTE_US 60000000

/* A slot that nobody ever was in has nothing to add; its pages are left
 * alone, as looking at them would make them. */
static bool
was_used(const struct board *b, size_t i)
{
	return board_get_pid(b, i) != 0 || board_get(b, i, BOARD_ACCEPTED) != 0;
}

/* From 0 to MOST: what a worker wrote may be anything. */
static int64_t
within(int64_t n, int64_t most)
{
	if (n < 0)
		return 0;
	return n < most ? n : most;
}

static void
copy_head(struct snapshot *s, const struct board *b)
{
	const struct board_head *h = b->head;
	size_t i;

	(void)board_get_pool(b, &s->pool);
	s->pool.start_ms = within(s->pool.start_ms, s->now_us / 1000);
	s->pool.start_s = within(s->pool.start_s, INT64_MAX / 2);
	s->nhistory = board_history_get(b, s->history);
	s->parked = atomic_load(&h->parked);
	s->parked_max = atomic_load(&h->parked_max);
	s->queue = atomic_load(&h->queue);
	s->queue_max = atomic_load(&h->queue_max);
	s->queue_len = atomic_load(&h->queue_len);
	s->max_active = atomic_load(&h->max_active);
	s->reached = atomic_load(&h->reached);
	for (i = 0; i < BOARD_CAUSES; i++)
		s->restarts[i] = atomic_load(&h->restarts[i]);
	s->log_lost = atomic_load(&h->log_lost);
}

/* The outcomes first: a request that ends meanwhile is running in the copy,
 * and accepted is never less than their sum.  Returns what was running. */
static uint64_t
add_counters(struct snapshot *s, const struct board *b, size_t slot)
{
	uint64_t value[BOARD_COUNTERS], ended = 0, running;
	int which;

	for (which = BOARD_COUNTERS - 1; which >= 0; which--)
		value[which] = board_get(b, slot, (enum board_counter)which);
	for (which = BOARD_COMPLETED; which <= BOARD_LOST_WORKER; which++)
		ended += value[which];
	running =
	    value[BOARD_ACCEPTED] > ended ? value[BOARD_ACCEPTED] - ended : 0;
	if (ended > value[BOARD_ACCEPTED])
		s->miscounted += ended - value[BOARD_ACCEPTED];
	value[BOARD_ACCEPTED] = ended + running;
	for (which = 0; which < BOARD_COUNTERS; which++)
		s->counters[which] += value[which];
	s->running += running;
	return running;
}

static void
add_minutes(struct snapshot *s, const struct board_cold *cold)
{
	uint32_t minute = (uint32_t)(s->now_us / MINUTE_US);
	size_t i;

	for (i = 0; i < BOARD_MINUTES; i++) {
		uint32_t ago = minute - atomic_load(&cold->minute[i].minute);

		if (ago >= BOARD_MINUTES)
			continue;
		s->minute[ago].arrived += atomic_load(&cold->minute[i].arrived);
		s->minute[ago].ended += atomic_load(&cold->minute[i].ended);
		s->minute[ago].busy_ms += atomic_load(&cold->minute[i].busy_ms);
	}
}

static void
add_cold(struct snapshot *s, const struct board_cold *cold)
{
	uint64_t most = atomic_load(&cold->memory_max_kib);
	size_t i, k;

	for (i = 0; i < BOARD_EXITS; i++)
		s->exits[i] += atomic_load(&cold->exits[i]);
	for (i = 0; i < BOARD_SIGNALS; i++)
		s->signals[i] += atomic_load(&cold->signals[i]);
	if (most > s->memory_max_kib)
		s->memory_max_kib = most;
	for (k = 0; k < BOARD_HISTOGRAMS; k++) {
		for (i = 0; i < HISTOGRAM_BUCKETS; i++)
			s->histogram[k].bucket[i] +=
			    atomic_load(&cold->histogram[k].bucket[i]);
		s->histogram[k].sum_us +=
		    atomic_load(&cold->histogram[k].sum_us);
	}
	add_minutes(s, cold);
}

static void
clamp(struct board_request *r, int64_t now_us)
{
	r->begun_us = within(r->begun_us, now_us);
	r->took_us = within(r->took_us, now_us);
	r->cpu_us = within(r->cpu_us, INT64_MAX / 2);
	r->program = r->program > 0 ? r->program : 0;
	if (r->length < -1)
		r->length = -1;
	if (r->stage >= BOARD_STAGES)
		r->stage = BOARD_OVER;
	r->method[sizeof(r->method) - 1] = '\0';
	r->uri[sizeof(r->uri) - 1] = '\0';
	r->script[sizeof(r->script) - 1] = '\0';
	r->query[sizeof(r->query) - 1] = '\0';
	r->user[sizeof(r->user) - 1] = '\0';
	r->remote[sizeof(r->remote) - 1] = '\0';
	r->id[sizeof(r->id) - 1] = '\0';
}

/* A worker that was killed while it wrote leaves a torn one behind: then it
 * is shown as nothing. */
static void
copy_request(
    struct board_request *to, const struct board_cell *cell, int64_t now_us)
{
	bool whole = false;
	int tries;

	for (tries = 0; tries < TRIES && !whole; tries++) {
		uint32_t seq =
		    atomic_load_explicit(&cell->seq, memory_order_acquire);

		memcpy(to, &cell->request, sizeof(*to));
		atomic_thread_fence(memory_order_acquire);
		whole = (seq & 1) == 0 &&
		    atomic_load_explicit(&cell->seq, memory_order_relaxed) ==
			seq;
	}
	if (!whole)
		memset(to, 0, sizeof(*to));
	clamp(to, now_us);
}

static void
copy_slot(struct snapshot *s, const struct board *b, size_t i, uint64_t running)
{
	struct snapshot_slot *to = &s->slot[s->nslots++];
	const struct board_hot *hot = &b->hot[i];
	unsigned k;

	to->slot = i;
	to->pid = board_get_pid(b, i);
	to->state = board_get_state(b, i);
	to->born_ms = within(atomic_load(&hot->born_ms), s->now_us / 1000);
	to->since_ms = within(atomic_load(&hot->since_ms), s->now_us / 1000);
	to->served =
	    board_get(b, i, BOARD_ACCEPTED) - atomic_load(&hot->before);
	to->running = running < UINT32_MAX ? (uint32_t)running : UINT32_MAX;
	to->latest = 0;
	for (k = 0; k < BOARD_REQUESTS; k++) {
		copy_request(&to->request[k], &b->cold[i].cell[k], s->now_us);
		if (to->request[k].begun_us > to->request[to->latest].begun_us)
			to->latest = k;
	}
	s->workers[to->state]++;
}

struct snapshot *
snapshot_take(const struct board *b, int64_t now_us, int64_t now_s)
{
	struct snapshot *s;
	size_t i, n = 0;

	/* Those that come while we copy are in the next one. */
	for (i = 0; i < b->nslots; i++)
		if (board_get_pid(b, i) != 0)
			n++;
	s = calloc(1, sizeof(*s) + n * sizeof(s->slot[0]));
	if (s == NULL)
		return NULL;
	s->now_us = now_us;
	s->now_s = now_s;
	copy_head(s, b);
	for (i = 0; i < b->nslots; i++) {
		uint64_t running;

		if (!was_used(b, i))
			continue;
		running = add_counters(s, b, i);
		add_cold(s, &b->cold[i]);
		if (board_get_pid(b, i) != 0 && s->nslots < n)
			copy_slot(s, b, i, running);
	}
	return s;
}

void
snapshot_free(struct snapshot *s)
{
	free(s);
}
