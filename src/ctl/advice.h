/* advice.h - from what a pool measured to how many workers it needs.
 *
 * A pool is taken for a queue with c servers: arrivals per second times the
 * mean service time is the offered load a in workers; of arrivals at random
 * Erlang's C formula gives the share that has to wait.  Layer: ctl.  Pure.
 * Used by: advise.
 */
#ifndef CTL_ADVICE_H
#define CTL_ADVICE_H

#include <stdbool.h>
#include <stdint.h>

#include "board/snapshot.h"

#define ADVICE_WAIT_MAX 0.01 /* share of requests that may wait */
#define ADVICE_REQUESTS_MIN 100
#define ADVICE_SECONDS_MIN 5

struct advice {
	bool enough;       /* data; nothing but the next three is known else */
	double window_s;   /* that was looked at */
	uint64_t requests; /* that ended in it */
	bool busiest;      /* ARRIVALS are of its busiest minute */
	double arrivals_s; /* per second */
	double mean_arrivals_s;
	double service_s; /* mean */
	double load;      /* in workers, at ARRIVALS */
	double mean_load;
	double waits_now; /* share that waits with max_children of today */
	unsigned workers; /* at which fewer than ADVICE_WAIT_MAX wait */
	double waits;     /* with these */
	unsigned advised; /* of them, what the memory allows */
	/* At a time, busy or waiting: the most that were seen.  Arrivals at
	 * random do not explain more than WORKERS. */
	unsigned peak;
	unsigned start, min_spare, max_spare;
	double memory; /* bytes for each program, its mean peak */
	double memory_max;
	unsigned fit;    /* workers that the memory allows; 0: not known */
	bool limit_hit;  /* pm.max_children has been in the way */
	bool memory_hit; /* WORKERS do not fit */
};

/* Share of arrivals that wait when LOAD meets C servers. */
double advice_erlang_c(double load, unsigned c);
/* AVAILABLE: bytes of memory that could be used; 0: not known. */
void advice_give(
    const struct snapshot *s, uint64_t available, struct advice *out);

#endif
