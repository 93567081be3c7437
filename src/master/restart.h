/* restart.h - when a pool may start the next worker.
 *
 * A worker is settled once it served a request or lived a while.  Workers
 * that fail before that are young deaths: the first is replaced at once, then
 * a pause doubles from delay_ms to delay_max_ms; after each pause one worker
 * is tried, and when one settles everything is forgiven and the rest may
 * start at once.  It never gives up.
 *
 * Starts, signals and reads nothing; time is an argument.
 * Layer: master.  Called by: the files of a crew (members.h).
 */
#ifndef MASTER_RESTART_H
#define MASTER_RESTART_H

#include <stdbool.h>
#include <stdint.h>

struct restart_conf {
	int64_t delay_ms;
	int64_t delay_max_ms;
	/* Nothing that our own worker does earns it a SIGKILL, so one that
	 * was killed says nothing about the next; a native program may be
	 * what the system runs out of memory for. */
	bool kill_is_failure;
};

enum restart_end {
	RESTART_RETIRED, /* exit 0 */
	RESTART_KILLED,  /* SIGKILL */
	RESTART_CONFIG,  /* exit 78: another try cannot help soon */
	RESTART_FAILED   /* any other code or signal */
};

struct restart_life {
	enum restart_end end;
	int64_t born_ms;
	bool settled;
};

struct restart {          /* zeroed: healthy */
	unsigned young;   /* deaths since the last one that settled */
	int64_t pause_ms; /* the current one, 0: none yet */
	int64_t since_ms; /* when it was imposed */
	int64_t began_ms; /* when the first of the young died */
	int64_t due_ms;   /* no start before */
};

void restart_died(struct restart *r, const struct restart_conf *conf,
    const struct restart_life *life, int64_t now);
/* fork() or what it needs failed. */
void restart_unborn(
    struct restart *r, const struct restart_conf *conf, int64_t now);
void restart_born(struct restart *r, int64_t now);
/* The pool's worker born at BORN_MS has settled at last.  Of those that had
 * before the trouble began, nothing is learnt. */
void restart_settled(struct restart *r, int64_t born_ms, int64_t settled_ms);
/* Is the pool in a pause, or trying one worker after another? */
bool restart_troubled(const struct restart *r);
/* The earliest time of the next start; 0: at once. */
int64_t restart_due(const struct restart *r);

#endif
