/* frame.h - what the master is made of; everybody else sees master.h.
 *
 * The master owns all that is in struct master, its crews above all; the
 * settings are the loader's, and given back to it.  The files that share it:
 *
 *   setup.c    it is opened, and closed
 *   inherit.c  the same with what an earlier program left
 *   master.c   its turn: who died, which signals came, what is due
 *   orders.c   orders over the control socket (door.h)
 *   manager.c  the service manager
 *   reload.c   other settings, with reader.c: read by a child first, and
 *              trial.c: beside those that serve
 *   setting.c  one setting changed, by a reload
 *   swap.c     one pool's workers replaced; overhaul.c: all pools'
 *   upgrade.c  another program in our place
 *
 * A reload, a swap and a setting exclude one another, and an upgrade waits
 * for them to end: each looks at the others' structs before it begins.
 *
 * Layer: master.
 */
#ifndef MASTER_FRAME_H
#define MASTER_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include "master/askers.h"
#include "master/control.h"
#include "master/crew.h"
#include "master/fdstore.h"
#include "master/idle.h"
#include "master/lograte.h"
#include "master/master.h"
#include "master/overhaul.h"
#include "master/ration.h"
#include "master/service.h"
#include "master/setting.h"
#include "master/stop.h"
#include "master/swap.h"
#include "master/upgrade.h"

#define FRAME_PAST_MAX 16

enum seat_role {
	SEAT_SERVES,
	SEAT_ADDED, /* by the reload under way */
	SEAT_GOES   /* as soon as its workers have */
};

/* A crew's place: its index is in the crew's watches. */
struct seat {
	struct crew *crew; /* NULL: free */
	enum seat_role role;
	const struct master_conf *conf; /* that its pool's settings are of */
};

/* Does a crew sit there that is to stay? */
static inline bool
seat_serves(const struct seat *seat)
{
	return seat->crew != NULL && seat->role == SEAT_SERVES;
}

enum reader_stage {
	READER_NONE,
	READER_READS,
	READER_DONE /* or there could not be any */
};

struct reader {
	enum reader_stage stage;
	pid_t pid;        /* 0: none */
	int64_t limit_ms; /* 0: there was none */
	bool late;        /* and was killed */
	int status;       /* of waitpid(), once it is done */
};

struct reload {
	bool asked;
	struct reader reader;
	const struct master_conf *next; /* on trial; NULL: none is */
	int64_t limit_ms;
	int64_t settle_ms; /* the verdict is told by then; 0: it was */
	struct askers askers;
};

struct master {
	const struct master_conf *conf;
	struct master_loader loader;
	int epoll_fd;
	struct self self;
	struct ration ration; /* process.max, and what there is of it */
	struct seat *seats;
	size_t nseats;
	unsigned generation; /* of the settings, from 1 */
	struct reload reload;
	struct upgrade upgrade;
	struct master_image image;
	struct pool_conf *ghosts; /* of pools that only have workers left */
	struct heirs *heirs;      /* names in it are in use; NULL: we are the
				     first program */
	/* Settings that somebody who goes still uses. */
	const struct master_conf *past[FRAME_PAST_MAX];
	const struct master_conf *log_conf; /* those the log uses */
	struct control *control;            /* NULL: none */
	struct swap swap;
	struct overhaul overhaul;
	struct setting setting;
	struct lograte epoll_rate;
	bool drained; /* by WINCH */
	bool has_pidfile;
	struct stop stop;
	struct service service;
	struct idle idle;
	bool leaving; /* as nobody needs us; it may be taken back */
	struct fdstore store;
	int64_t store_ms; /* when to compare it, or CLOCK_NEVER */
	int code;         /* to exit with */
	/* NULL: was called */
	void (*ready)(void *arg, int code, const char *why);
	void *ready_arg;
};

/* inherit.c */

/* The pools of m->conf with what m->heirs have for them, and those of which
 * only workers are left. */
int inherit_crews(struct master *m, struct master_error *err);

/* manager.c */

/* Tell the service manager how it goes; returns when to come again, or
 * CLOCK_NEVER.  UP: everything is ready, and no stop was said. */
int64_t manager_report(struct master *m, bool up, int64_t now);
/* Other listeners than before may be open. */
void manager_store_soon(struct master *m);
/* The first word of a stop. */
void manager_stopping(struct master *m);
/* True: nobody has needed us for long enough (idle_exit).  *DUE: when to look
 * again. */
bool manager_leave(struct master *m, int64_t now, int64_t *due);

/* reader.c */

/* Have a child read the settings. */
void reader_begin(struct master *m, int64_t now);
/* Returns when to come again, or CLOCK_NEVER. */
int64_t reader_turn(struct master *m, int64_t now);
/* Was it the child? */
bool reader_died(struct master *m, pid_t pid, int status);
/* Once it is READER_DONE, which ends that: 0, or -1 with ERR. */
int reader_verdict(struct master *m, struct master_error *err);
void reader_drop(struct master *m);

/* trial.c; the settings are m->reload.next */

/* -1 with ERR: to be rolled back. */
int trial_begin(struct master *m, int64_t now, struct master_error *err);
void trial_rollback(struct master *m, int64_t now);
/* They serve; m->conf is still what they replace. */
void trial_commit(struct master *m, int64_t now);

/* reload.c */

/* Begin what was asked for, judge what is on trial, clear away who went;
 * returns when to come again, or CLOCK_NEVER. */
int64_t reload_turn(struct master *m, int64_t now);
/* On trial, or its verdict is not told yet. */
bool reload_is_under_way(const struct master *m);
/* The master stops: whoever asked is told. */
void reload_drop(struct master *m);
/* Give all settings back. */
void reload_release(struct master *m);

#endif
