/* proc.h - the birth of a worker.
 *
 * The only place that forks.  The child keeps what its place names, the
 * standard descriptors and the log; everything else of the master is closed
 * in it, whatever it is.  No code of the master can be reached from it: it
 * runs the pool's function and _exit()s with what that returns.
 *
 * Layer: master.  To be called with the master's signals blocked.
 */
#ifndef MASTER_PROC_H
#define MASTER_PROC_H

#include <sys/types.h>

#include "board/place.h"
#include "master/pool.h"

struct self_limits;

struct proc_plan {
	const struct pool_conf *conf;
	place_run *run;                   /* conf->run, or conf->aide_run */
	struct place place;               /* its channel_fd is filled here */
	const struct self_limits *limits; /* of the child, NULL: ours */
};

struct proc {
	pid_t pid;
	int channel_fd; /* ours */
};

/* 0, or -1 with errno and nothing left behind. */
int proc_start(const struct proc_plan *plan, struct proc *out);

#endif
