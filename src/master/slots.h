/* slots.h - the table of a pool's workers.
 *
 * What the master itself knows of each; the board beside it has what they
 * say of themselves.  A slot is taken from the fork until its process has
 * been reaped, so none is ever lost or used twice.
 *
 * Allocated at the start and for a reload.
 * Layer: master.  Called by: the files of a crew (members.h).
 */
#ifndef MASTER_SLOTS_H
#define MASTER_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "board/board.h"
#include "master/pulse.h"
#include "master/scale.h"
#include "master/stop.h"

#define SLOTS_SPARE 16 /* for TTIN, besides those of a next generation */

enum slot_owed { /* messages that are to be sent, a bit each */
	SLOT_OWED_RETIRE = 1,
	SLOT_OWED_STOP = 2,
	SLOT_OWED_LOGS = 4,
	SLOT_OWED_CLOSING = 8
};

struct slot {
	pid_t pid;      /* 0: empty */
	int channel_fd; /* owned; -1 once the worker closed its end */
	int64_t born_ms;
	unsigned owed;
	bool aide;     /* the status worker, none of those that count */
	bool deaf;     /* its channel is not watched (mail_turn()) */
	bool ready;    /* accepting (native: executed) */
	bool retiring; /* was told to */
	bool closing;  /* parks nothing more: CHAN_CLOSING was answered */
	bool old;      /* of a generation that is being replaced */
	struct pulse pulse;
	struct stop end; /* how it is made to go, once that was said */
	int failure;     /* errno of CHAN_FAILED, and its step (step.h) */
	int64_t failed_at;
	uint64_t served;  /* slots_served() at birth */
	uint64_t moved;   /* of the board, at the last look */
	int64_t moved_ms; /* when it last did anything */
};

struct slots {
	size_t n;
	struct slot *at;
};

int slots_open(struct slots *s, size_t n);
void slots_close(struct slots *s);
/* At least N; the slots stay in their places, the array may move.  0, or -1
 * with nothing changed. */
int slots_reserve(struct slots *s, size_t n);

/* An empty slot, or NULL. */
struct slot *slots_empty(const struct slots *s);
/* The worker with PID, or NULL. */
struct slot *slots_find(const struct slots *s, pid_t pid);
size_t slots_index(const struct slots *s, const struct slot *slot);
size_t slots_taken(const struct slots *s);
/* Of these, the status workers. */
size_t slots_aides(const struct slots *s);
/* Requests of slot I that had an outcome, its earlier workers' included. */
uint64_t slots_served(const struct board *b, size_t i);

/* Look at the board: who is idle, and since when. */
void slots_look(struct slots *s, const struct board *b, int64_t now);
/* Those who are neither retiring nor old. */
void slots_view(const struct slots *s, const struct board *b,
    int64_t idle_since_ms, struct scale_view *view);
/* The one to do without: idle for longest, else the youngest; NULL: all are
 * retiring. */
struct slot *slots_surplus(const struct slots *s, const struct board *b);

#endif
