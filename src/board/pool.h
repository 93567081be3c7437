/* pool.h - what the master writes on a board about the pool as a whole.
 *
 * Layer: board.  Used by: master (writes), everyone who renders.
 */
#ifndef BOARD_POOL_H
#define BOARD_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "board/board.h"

#define BOARD_NAME_MAX 64
#define BOARD_LISTEN_MAX 16
#define BOARD_ADDRESS_MAX 160
#define BOARD_CHANGES_MAX 2048
#define BOARD_PROGRAM_MAX 256

enum board_pm { BOARD_STATIC, BOARD_DYNAMIC, BOARD_ONDEMAND };

enum board_life {
	BOARD_LIFE_STARTING,
	BOARD_LIFE_UP,
	BOARD_LIFE_DRAINED,
	BOARD_LIFE_REFUSING, /* drained, answering 503 */
	BOARD_LIFE_STOPPING,
	BOARD_LIFE_FAILED,
	BOARD_LIVES
};

/* Why a worker ended. */
enum board_cause {
	BOARD_CAUSE_RETIRED, /* planned */
	BOARD_CAUSE_EXIT,    /* a code other than 0 */
	BOARD_CAUSE_SIGNAL,
	BOARD_CAUSES
};

/* Settings as they are now and what else does not change by itself. */
struct board_pool {
	char name[BOARD_NAME_MAX];
	char listen[BOARD_LISTEN_MAX][BOARD_ADDRESS_MAX];
	/* "NAME=NOW (file: VALUE)" a line: what was changed since it was
	 * read. */
	char changes[BOARD_CHANGES_MAX];
	uint32_t nlisten;
	uint32_t life; /* enum board_life */
	uint32_t pm;   /* enum board_pm */
	uint32_t native;
	uint32_t max_children, start_servers, min_spare, max_spare;
	uint32_t goal; /* workers wanted now */
	uint32_t generation;
	uint32_t uid, gid; /* its programs' */
	uint32_t rooted;   /* PROGRAM is cgi.root, not a program */
	uint32_t lost;     /* a bit for each of LISTEN: its file is not there */
	uint32_t jail_len; /* the chroot that PROGRAM begins with; 0: none */
	uint32_t rationed; /* process.max keeps it from more workers */
	char program[BOARD_PROGRAM_MAX]; /* as seen from outside */
	int64_t start_s;                 /* since 1970 */
	int64_t start_ms;                /* monotonic */
	uint64_t body_max;
};

/* The master's side. */
void board_set_pool(struct board *b, const struct board_pool *pool);
void board_add_end(struct board *b, enum board_cause cause);
/* A worker would have been needed and pm.max_children did not allow it. */
void board_add_reached(struct board *b);
/* N lines more of the error log were lost to the master. */
void board_add_log_lost(struct board *b, uint64_t n);
/* Connections that wait for a worker in the master. */
void board_set_waiting(struct board *b, uint32_t n);
/* Kept connections parked in the master for this pool, those that count
 * against keepalive_max. */
void board_set_parked(struct board *b, uint32_t n);
uint32_t board_get_parked(const struct board *b);

/* Whoever has looked: connections that wait in the backlogs, to which those
 * in the master are added; LEN is what the backlogs can hold. */
void board_set_queue(struct board *b, uint32_t backlogs, uint32_t len);

/* A worker's: N were busy at the same time. */
void board_note_active(struct board *b, uint32_t n);

/* False: it was being written all the time, which means that its writer
 * died; OUT may be torn then, but its texts do end. */
bool board_get_pool(const struct board *b, struct board_pool *out);

#endif
