/* tune.h - what an administrator changes on a living pool, and sees of it.
 *
 * Layer: master.  Called by: orders.c, swap.c, setting.c and the files of a crew
 * (members.h).
 */
#ifndef MASTER_TUNE_H
#define MASTER_TUNE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct crew;
struct scale_view;

#define TUNE_WORKERS_MAX 10000

const char *tune_name(const struct crew *c);
/* At most N workers (static: exactly); makes room for them.  0, or -1 with
 * errno.  *BEFORE is what it was. */
int tune_scale(struct crew *c, int n, int *before);
/* What it was scaled to, by whatever means; 0: it is as its settings say. */
int tune_scaled(const struct crew *c);
/* Workers that are started from now on answer 503, or do not. */
void tune_refuse(struct crew *c, bool refuse);
bool tune_is_refusing(const struct crew *c);
/* Take new connections again; false: it was not drained. */
bool tune_resume(struct crew *c);
/* Kill the worker PID; false: it is none of this pool. */
bool tune_kill(struct crew *c, pid_t pid);

/* Connections that wait for a worker; -1: it cannot be told. */
int tune_waiting(const struct crew *c);
/* Its board for a reader, with what waits in the backlogs; -1, errno. */
int tune_board(struct crew *c);
/* All are busy, more are needed, and no more may be: count that once, and say
 * so now and then. */
void tune_limit(struct crew *c, const struct scale_view *view, int64_t now);
/* The pool has just been opened: write all of it on the board. */
void tune_open(struct crew *c);
/* What was set on it since it was read, a line each. */
void tune_changes(struct crew *c, const char *text);
/* Write on the board what has changed since. */
void tune_tell(struct crew *c);

#endif
