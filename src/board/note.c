#include <string.h>

#include "board/layout.h"

#define MINUTE_US 60000000

static struct board_cell *
open_cell(struct board *b, size_t slot, unsigned i)
{
	struct board_cell *cell = &b->cold[slot].cell[i];
	/* The last worker here may have died within: odd in any case. */
	uint32_t seq =
	    atomic_load_explicit(&cell->seq, memory_order_relaxed) | 1;

	atomic_store_explicit(&cell->seq, seq, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	return cell;
}

static void
close_cell(struct board_cell *cell)
{
	uint32_t seq = atomic_load_explicit(&cell->seq, memory_order_relaxed);

	atomic_store_explicit(&cell->seq, seq + 1, memory_order_release);
}

static void
copy(char *to, size_t cap, const char *text)
{
	size_t len = text == NULL ? 0 : strnlen(text, cap - 1);

	if (len > 0)
		memcpy(to, text, len);
	to[len] = '\0';
}

static void
add32(_Atomic uint32_t *at, uint32_t n)
{
	atomic_store_explicit(at,
	    atomic_load_explicit(at, memory_order_relaxed) + n,
	    memory_order_relaxed);
}

/* The place of NOW's minute; one of an hour ago makes room. */
static size_t
minute_of(struct board_cold *cold, int64_t now_us)
{
	uint32_t minute = (uint32_t)(now_us / MINUTE_US);
	size_t i = minute % BOARD_MINUTES;

	if (atomic_load(&cold->minute[i].minute) != minute) {
		atomic_store(&cold->minute[i].arrived, 0);
		atomic_store(&cold->minute[i].ended, 0);
		atomic_store(&cold->minute[i].busy_ms, 0);
		atomic_store(&cold->minute[i].minute, minute);
	}
	return i;
}

void
note_clear(struct board *b, size_t slot, unsigned i)
{
	struct board_cell *cell = open_cell(b, slot, i);

	memset(&cell->request, 0, sizeof(cell->request));
	close_cell(cell);
}

void
note_begin(struct board *b, size_t slot, unsigned i, int64_t now_us)
{
	struct board_cold *cold = &b->cold[slot];
	struct board_cell *cell;

	add32(&cold->minute[minute_of(cold, now_us)].arrived, 1);
	if (i >= BOARD_REQUESTS)
		return;
	cell = open_cell(b, slot, i);
	cell->request.stage = BOARD_READING;
	cell->request.program = 0;
	cell->request.begun_us = now_us;
	cell->request.length = -1;
	cell->request.method[0] = cell->request.uri[0] = '\0';
	cell->request.script[0] = cell->request.query[0] = '\0';
	cell->request.user[0] = cell->request.remote[0] = '\0';
	cell->request.id[0] = '\0';
	close_cell(cell);
}

void
note_text(
    struct board *b, size_t slot, unsigned i, const struct note_text *text)
{
	struct board_cell *cell;
	struct board_request *r;

	if (i >= BOARD_REQUESTS)
		return;
	cell = open_cell(b, slot, i);
	r = &cell->request;
	r->stage = BOARD_RUNNING;
	r->length = text->length;
	copy(r->method, sizeof(r->method), text->method);
	copy(r->uri, sizeof(r->uri), text->uri);
	copy(r->script, sizeof(r->script), text->script);
	copy(r->query, sizeof(r->query), text->query);
	copy(r->user, sizeof(r->user), text->user);
	copy(r->remote, sizeof(r->remote), text->remote);
	copy(r->id, sizeof(r->id), text->id);
	close_cell(cell);
}

void
note_program(struct board *b, size_t slot, unsigned i, int32_t pid)
{
	struct board_cell *cell;

	if (i >= BOARD_REQUESTS)
		return;
	cell = open_cell(b, slot, i);
	cell->request.program = pid;
	close_cell(cell);
}

static void
observe(struct board_histogram *h, int64_t us)
{
	board_count(&h->bucket[histogram_bucket(us)], 1);
	board_count(&h->sum_us, us > 0 ? (uint64_t)us : 0);
}

void
note_queue(struct board *b, size_t slot, int64_t wait_us)
{
	observe(&b->cold[slot].histogram[BOARD_QUEUE_WAIT], wait_us);
}

static void
count_program(struct board *b, size_t slot, const struct note_end *end)
{
	struct board_cold *cold = &b->cold[slot];
	board_u64 *most = &cold->memory_max_kib;
	unsigned code = (unsigned)end->code;

	if (end->signalled)
		board_count(&cold->signals[code % BOARD_SIGNALS], 1);
	else
		board_count(&cold->exits[code % BOARD_EXITS], 1);
	board_add(b, slot, BOARD_PROGRAMS, 1);
	board_add(b, slot, BOARD_CPU_USER_US, (uint64_t)end->cpu_user_us);
	board_add(b, slot, BOARD_CPU_SYSTEM_US, (uint64_t)end->cpu_system_us);
	board_add(b, slot, BOARD_MEMORY_KIB, end->memory_kib);
	if (end->memory_kib > atomic_load(most))
		atomic_store(most, end->memory_kib);
}

static void
count_minute(struct board_cold *cold, int64_t took_us, int64_t now_us)
{
	size_t i = minute_of(cold, now_us);

	add32(&cold->minute[i].ended, 1);
	add32(&cold->minute[i].busy_ms, (uint32_t)(took_us / 1000));
}

void
note_end(struct board *b, size_t slot, unsigned i, int64_t begun_us,
    const struct note_end *end)
{
	struct board_cold *cold = &b->cold[slot];
	int64_t took_us = end->now_us - begun_us;
	struct board_cell *cell;

	observe(&cold->histogram[BOARD_DURATION], took_us);
	if (end->first_us != 0)
		observe(&cold->histogram[BOARD_FIRST_BYTE],
		    end->first_us - begun_us);
	count_minute(cold, took_us, end->now_us);
	if (end->ran)
		count_program(b, slot, end);
	if (i >= BOARD_REQUESTS)
		return;
	cell = open_cell(b, slot, i);
	cell->request.stage = BOARD_OVER;
	cell->request.took_us = took_us;
	cell->request.cpu_us =
	    end->ran ? end->cpu_user_us + end->cpu_system_us : 0;
	cell->request.memory_kib = end->ran ? end->memory_kib : 0;
	close_cell(cell);
}
