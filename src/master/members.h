/* members.h - what a crew is made of; everybody else sees crew.h.
 *
 * The crew owns all that is in struct crew.  The files below share it, each
 * with one question to decide, so they call one another; what can be decided
 * without the crew is in modules of its own, which know nothing of it (scale,
 * restart, stop, pulse, farewell, lograte, ...) or act for it (slots, listeners,
 * handoff, natives).
 *
 *   outfit.c    it is opened from its settings, and closed
 *   adopt.c     the same with what an earlier program left to it
 *   bequeath.c  what it leaves to the next program
 *   crew.c      its turn: what came in, what is due; orders
 *   muster.c    how many workers: who is started, who retires
 *   death.c     what the end of a worker means
 *   sweep.c     what a worker that died was woken for
 *   vitals.c    who does not answer any more
 *   age.c       who has lived for long enough
 *   mail.c      messages to and from workers
 *   aide.c      its status worker
 *   vigil.c     programs of mode fastcgi, which send no messages
 *   mend.c      and the listener that they may spoil
 *   use.c       whether anybody needs the pool
 *   closing.c   who has come and is not served yet when it stops
 *   backlogs.c  and who waits at listeners that go
 *   lost.c      listeners whose files somebody removed
 *   renew.c     other settings: a new generation, kept or taken back
 *   tune.c      what an administrator changes and sees (tune.h)
 *
 * Layer: master.
 */
#ifndef MASTER_MEMBERS_H
#define MASTER_MEMBERS_H

#include "board/pool.h"
#include "master/crew.h"
#include "master/handoff.h"
#include "master/listeners.h"
#include "master/lograte.h"
#include "master/natives.h"
#include "master/restart.h"
#include "master/scale.h"
#include "master/slots.h"

/* What may be said often, each at a rate of its own. */
enum crew_rate {
	CREW_RATE_DEATHS,
	CREW_RATE_YOUNG,
	CREW_RATE_STARTS,
	CREW_RATE_MAIL,
	CREW_RATE_MEMORY,
	CREW_RATE_AIDE,
	CREW_RATES
};

/* What another generation has of its own. */
struct wave {
	const struct pool_conf *pool;
	unsigned generation;
	struct listeners listeners;
	int log_fds[PLACE_LOGS];
	struct restart restart;
	struct restart_conf restart_conf;
	struct scale scale;
};

/* Looking out for connections that wait while all workers are busy, so that
 * the status worker gets its own of them. */
struct lookout {
	bool on;          /* listeners are watched */
	int64_t due_ms;   /* when to take what waits, or CLOCK_NEVER */
	int64_t start_ms; /* no status worker is started before */
};

enum muster_watch {
	MUSTER_WATCH_NOTHING,
	MUSTER_WATCH_LISTENERS,
	MUSTER_WATCH_ALL /* and what was handed over */
};

struct crew {
	struct crew_conf conf;
	const struct pool_conf *pool;
	struct board *board;
	struct slots slots;
	struct listeners listeners;
	struct handoff handoff;
	struct restart restart;
	struct restart_conf restart_conf;
	struct scale scale;
	struct lograte rates[CREW_RATES];
	int log_fds[PLACE_LOGS];
	struct natives *natives;    /* NULL in mode cgi */
	enum muster_watch watching; /* for connections nobody takes */
	struct lookout lookout;
	uint64_t lost_told; /* lines of the log, as the board knows */
	int64_t vitals_ms;  /* when to ask busy workers how they are */
	int64_t lost_ms;    /* when to look for the listeners' files */
	uint32_t lost;      /* a bit for each whose file is not there */
	bool demand;        /* somebody waits, or the last idle one is busy */
	bool retired;       /* stopping or drained: no worker is wanted */
	bool stopping;
	bool closing; /* and what is parked is seen to first: */
	struct {
		int64_t settle_ms; /* who is about to get in, up to then */
		int64_t silent_ms; /* a silent one up to then */
		int64_t answer_ms; /* workers answer up to then */
		int64_t end_ms;    /* it is not waited for anybody */
	} close;
	struct { /* listeners of before a reload, that are emptied first */
		struct listeners listeners;
		size_t n;
		int64_t settle_ms;
	} going;
	bool relieving; /* workers of an earlier program still serve */
	bool trying;    /* new settings, with BEFORE to fall back to */
	struct wave before;
	unsigned generation;
	bool refusing;          /* its workers answer 503 */
	bool at_limit;          /* more workers are needed than may be */
	int64_t limit_look_ms;  /* no look whether that is so before */
	int64_t limit_said_ms;  /* nor a line that it is */
	bool rationed;          /* the same by process.max */
	int64_t ration_said_ms; /* no line that it is before */
	struct board_pool told; /* what the board says of the pool */
	size_t changes_len;     /* of those in TOLD that were set */
	const struct pool_conf *told_of;
	enum crew_state state;
	int awaited; /* first workers that are not ready yet */
	struct master_error error;
	struct crew_keeper keeper; /* all NULL: nobody */
};

/* outfit.c: POOL's settings for each part; they are C's, or to be. */

int crew_open_logs(const struct pool_conf *pool, int fds[PLACE_LOGS],
    struct master_error *err);
/* Places for so many workers at most, and those who come and go beside. */
size_t crew_slots_for(int workers);
/* As many places at least in all that has one for each worker.  0, or -1 with
 * errno and as many as before. */
int crew_grow(struct crew *c, size_t n);
void crew_handoff_for(const struct crew *c, const struct pool_conf *pool,
    struct handoff_conf *conf);
void crew_natives_for(const struct crew *c, const struct pool_conf *pool,
    struct natives_conf *conf);
void crew_restart_for(const struct pool_conf *pool, struct restart_conf *conf);
int crew_fail(struct master_error *err, int code, const char *pool,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* crew.c */

/* May a line of this kind be logged now?  Lines that were left out before it
 * are said first. */
bool crew_may_log(struct crew *c, enum crew_rate which, int64_t now);
/* Make the worker of SLOT go: what ACT says, or all that is due. */
void crew_end(struct crew *c, struct slot *slot, enum stop_act act);
int64_t crew_end_due(struct crew *c, int64_t now);
/* A connection that nobody here will serve; FD stays the caller's.  ARG is
 * the crew. */
void crew_leave_conn(void *arg, int fd, bool silent);

/* adopt.c */

/* What crew_open() would make anew. */
int adopt_slots(struct crew *c, const struct heir *heir);
struct board *adopt_board(struct crew *c, struct heir *heir);
int adopt_handoff(
    struct crew *c, const struct handoff_conf *conf, struct heir *heir);
/* When all else is there. */
void adopt_workers(struct crew *c, struct heir *heir, int64_t now);

/* renew.c */

/* Retire those that are old: others are ready. */
void renew_relieve(struct crew *c, int64_t now);

/* vitals.c */

/* Replace who does not answer; returns when to come again. */
int64_t vitals_turn(struct crew *c, int64_t now);

/* lost.c: look for the files of the listeners, now or when it is time; when to
 * come again. */
void lost_look(struct crew *c);
int64_t lost_turn(struct crew *c, int64_t now);

/* age.c */

/* Retire who has lived for long enough; returns when to come again. */
int64_t age_turn(struct crew *c, int64_t now);
/* When the worker PID has: after LIFE_MS and, by its number, up to an eighth
 * more, so that those born together do not go together.  Pure. */
int64_t age_due(int64_t born_ms, int64_t life_ms, pid_t pid);

/* mail.c */

/* SLOT has a channel: hear what comes there.  Where it cannot be watched,
 * mail_turn() looks at it. */
void mail_listen(struct crew *c, struct slot *slot, int64_t now);
/* Look where nobody tells us; returns when to come again. */
int64_t mail_turn(struct crew *c, int64_t now);
/* Take in all messages of SLOT; at its end the channel is closed. */
void mail_take(struct crew *c, struct slot *slot, int64_t now);
/* The same, up to its end: the worker is gone and writes no more. */
void mail_take_last(struct crew *c, struct slot *slot, int64_t now);
/* Send what is owed; true if something could not be sent yet. */
bool mail_send(struct crew *c, int64_t now);

/* muster.c */

/* Start or retire workers until there are as many as wanted, as far as that
 * is possible now; returns when to try again. */
int64_t muster(struct crew *c, int64_t now);
/* Its part of the stock for process.max. */
void muster_count(const struct crew *c, struct ration *r);
/* The process is born: the slot has it from now on.  AIDE: as the status
 * worker.  0, or -1 with errno. */
int muster_bear(struct crew *c, struct slot *slot, bool aide, int64_t now);
/* A few workers, N at most, for those who wait when the pool is closing and
 * has nobody; returns how many. */
int muster_hire(struct crew *c, size_t n, int64_t now);
/* SLOT accepts connections (or was executed). */
void muster_ready(struct crew *c, struct slot *slot);
void muster_retire(struct slot *slot);
/* Look out for waiting connections no more, as their listeners go. */
void muster_unwatch(struct crew *c);

/* death.c */

/* The worker of SLOT was reaped: report it, learn from it, empty the slot. */
void death_unborn(struct crew *c, int error);
void death_record(struct crew *c, struct slot *slot, int status, int64_t now);
/* Forgive earlier deaths once one of the young has settled; returns when the
 * next one may have. */
int64_t death_forgive(struct crew *c, int64_t now);

/* vigil.c, for pools of native programs only */

/* The program of SLOT was forked; OUTPUT_FD is its output, ours now. */
void vigil_born(struct crew *c, const struct slot *slot, int output_fd);
/* Look at the programs, if that is due; returns when to come again. */
int64_t vigil_turn(struct crew *c, int64_t now);
/* A connection came; it is taken by now, or waits. */
void vigil_arrived(struct crew *c, int64_t now);
/* Is news of connections wanted now? */
bool vigil_watches(
    const struct crew *c, const struct scale_view *view, int64_t now);
/* Has the program of SLOT, which ended with STATUS, served anybody? */
bool vigil_proven(struct crew *c, const struct slot *slot, int status);
/* Does a connection wait that nobody has taken? */
bool vigil_is_waiting(const struct crew *c);
/* They die young: say what may be wrong with them. */
void vigil_wonder(const struct crew *c);
/* The program of SLOT is to go, as soon as it has nothing to do. */
void vigil_retire(struct crew *c, const struct slot *slot, int64_t now);
/* Tell those that are; returns when to come again. */
int64_t vigil_farewells(struct crew *c, int64_t now);

/* mend.c, likewise */

/* Repair the listener, if a program has spoilt it. */
void mend(struct crew *c);

/* aide.c */

/* Start the status worker if there is to be one; look out for what it could
 * answer.  Before the turns of handoff and muster; returns when to come
 * again. */
int64_t aide_turn(struct crew *c, int64_t now);
/* A connection waits. */
void aide_wake(struct crew *c, int64_t now);
/* The one in SLOT was reaped. */
void aide_bury(struct crew *c, struct slot *slot, int status, int64_t now);
/* Have the answers to all questions, before somebody else takes over who
 * does not know of them; waits for a moment at most. */
void aide_settle(struct crew *c);
/* Listeners that are the workers', and of those that serve while others are
 * tried. */
size_t aide_others(const struct crew *c);
size_t aide_others_serving(const struct crew *c);

/* closing.c */

/* Nobody will serve the pool any more: see to who is parked and who waits in
 * the backlogs, before workers are told to go (crew_end() waits for it). */
void closing_begin(struct crew *c, int64_t now);
/* Returns when to come again. */
int64_t closing_turn(struct crew *c, int64_t now);
/* A worker has parked one more. */
void closing_parked(struct crew *c, int64_t now);
/* It takes too long. */
void closing_give_up(struct crew *c);

/* backlogs.c */

/* A connection under way needs so long, at most, to be in a backlog. */
#define BACKLOGS_SETTLE_MS 50

/* Take over who waits at the first N of L, as far as these go; LATE: no more
 * where others may still come in.  Returns when to go on, CLOCK_NEVER: nobody
 * waits. */
int64_t backlogs_take(struct crew *c, const struct listeners *l, size_t n,
    bool late, int64_t now);
/* Those of c->before go; their workers had the first N. */
void backlogs_leave(struct crew *c, size_t n, int64_t now);
/* Returns when to come again. */
int64_t backlogs_turn(struct crew *c, int64_t now);

/* sweep.c */

/* The worker of the slot PLACE is gone, which is empty now, and nobody had
 * told it to: take over what it was woken for. */
void sweep(struct crew *c, size_t place, int64_t now);

#endif
