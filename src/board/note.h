/* note.h - what a worker writes on the board about its requests.
 *
 * Costs no system call.  A request has a number I in its worker (its place
 * on the connection); of those beyond BOARD_REQUESTS only the counters and
 * histograms tell.
 *
 * Layer: board.  Used by: worker (writes), everyone who renders.
 */
#ifndef BOARD_NOTE_H
#define BOARD_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board/board.h"

#define BOARD_REQUESTS 8 /* of a slot that can be told about */
#define BOARD_EXITS 256
#define BOARD_SIGNALS 65
#define BOARD_MINUTES 64

enum board_histogram_of {
	BOARD_QUEUE_WAIT, /* where the web server says when it began */
	BOARD_FIRST_BYTE,
	BOARD_DURATION,
	BOARD_HISTOGRAMS
};

enum board_stage {
	BOARD_OVER, /* or never begun */
	BOARD_READING,
	BOARD_RUNNING,
	BOARD_STAGES
};

struct board_request {
	uint32_t stage;   /* enum board_stage */
	int32_t program;  /* its pid, 0: none yet */
	int64_t begun_us; /* monotonic */
	int64_t length;   /* CONTENT_LENGTH, -1: none */
	/* Of a request that is over: */
	int64_t took_us;
	int64_t cpu_us;
	uint64_t memory_kib; /* the program's peak */
	/* Cut where they do not fit; escaped by who shows them. */
	char method[16];
	char uri[512];
	char script[256];
	char query[256];
	char user[64];
	char remote[64];
	char id[64];
};

struct note_text { /* any may be NULL */
	const char *method, *uri, *script, *query, *user, *remote, *id;
	int64_t length;
};

struct note_end {
	int64_t now_us;
	int64_t first_us; /* of its answer, 0: none */
	bool ran;         /* a program, and it is known how it ended: */
	bool signalled;
	int code;
	int64_t cpu_user_us, cpu_system_us;
	uint64_t memory_kib;
};

/* Request I of SLOT never was. */
void note_clear(struct board *b, size_t slot, unsigned i);
void note_begin(struct board *b, size_t slot, unsigned i, int64_t now_us);
/* Its parameters are complete. */
void note_text(
    struct board *b, size_t slot, unsigned i, const struct note_text *text);
void note_program(struct board *b, size_t slot, unsigned i, int32_t pid);
/* What it waited before the worker had it. */
void note_queue(struct board *b, size_t slot, int64_t wait_us);
void note_end(struct board *b, size_t slot, unsigned i, int64_t begun_us,
    const struct note_end *end);

#endif
