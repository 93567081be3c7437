#include "worker/report.h"

#include <stdlib.h>
#include <time.h>

#include "board/note.h"
#include "board/pool.h"
#include "worker/conn.h"

#define HOUR_US INT64_C(3600000000)

static int64_t
wall_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

int64_t
report_wait_us(const char *text, int64_t now_us)
{
	double since, wait;
	char *end;

	if (text[0] == 't' && text[1] == '=')
		text += 2;
	if (*text < '0' || *text > '9')
		return -1;
	since = strtod(text, &end);
	if (*end != '\0')
		return -1;
	/* 1e11 seconds are 3000 years, and milliseconds of 1973. */
	if (since < 1e11)
		since *= 1e6;
	else if (since < 1e14)
		since *= 1e3;
	wait = (double)now_us - since;
	return wait >= 0 && wait < (double)HOUR_US ? (int64_t)wait : -1;
}

void
report_begin(const struct request *r)
{
	const struct place *place = r->conn->place;

	note_begin(place->board, place->slot, r->slot, r->begun_us);
}

static const char *
either(const struct params *p, const char *name, const char *other)
{
	const char *value = params_get(p, name);

	return value != NULL ? value : params_get(p, other);
}

void
report_start(const struct request *r)
{
	const struct place *place = r->conn->place;
	char *const *command = r->conn->conf->command;
	const struct params *p = &r->params;
	const char *began = params_get(p, "HTTP_X_REQUEST_START");
	const struct note_text text = {
		.method = params_get(p, "REQUEST_METHOD"),
		.uri = either(p, "REQUEST_URI", "SCRIPT_NAME"),
		.script = command != NULL ? command[0]
					  : params_get(p, "SCRIPT_FILENAME"),
		.query = params_get(p, "QUERY_STRING"),
		.user = params_get(p, "REMOTE_USER"),
		.remote = params_get(p, "REMOTE_ADDR"),
		.id = r->name,
		.length = r->length,
	};
	int64_t wait = began == NULL ? -1 : report_wait_us(began, wall_us());

	note_text(place->board, place->slot, r->slot, &text);
	if (wait >= 0)
		note_queue(place->board, place->slot, wait);
}

void
report_program(const struct request *r, int32_t pid)
{
	const struct place *place = r->conn->place;

	note_program(place->board, place->slot, r->slot, pid);
}

void
report_over(
    const struct request *r, const struct outcome_facts *facts, int64_t now_us)
{
	const struct place *place = r->conn->place;
	const struct note_end end = {
		.now_us = now_us,
		.first_us = r->first_us,
		.ran = r->usage.known,
		.signalled = facts->signalled,
		.code = facts->code,
		.cpu_user_us = (int64_t)(r->usage.user_s * 1e6),
		.cpu_system_us = (int64_t)(r->usage.system_s * 1e6),
		.memory_kib = r->usage.peak_kib,
	};

	board_add(place->board, place->slot, BOARD_BYTES_IN, r->got);
	board_add(place->board, place->slot, BOARD_BYTES_OUT, r->sent);
	note_end(place->board, place->slot, r->slot, r->begun_us, &end);
}

bool
report_busy(struct board *b)
{
	size_t n[BOARD_STATES];

	board_count_states(b, n);
	board_note_active(b, (uint32_t)n[BOARD_BUSY]);
	return n[BOARD_IDLE] == 0;
}
