/* swap.h - one pool's next generation, with the settings it has: what `restart`
 * and the refusing drain are made of.
 *
 * The new workers are up before the old ones retire; if they cannot be, the
 * old ones serve on.  One pool at a time, and never beside a reload.
 * Layer: master.  Called by: master.c, orders.c.
 */
#ifndef MASTER_SWAP_H
#define MASTER_SWAP_H

#include <stdbool.h>
#include <stdint.h>

#include "master/master.h"

struct crew;

struct swap { /* zeroed: none is under way */
	struct crew *crew;
	int64_t limit_ms;
	int64_t settle_ms; /* they serve, and that is told by then; or 0 */
	bool refused;      /* what the pool did before */
	master_verdict *done;
	void *arg;
};

/* REFUSE: the new workers answer 503.  DONE is called with ARG, once, and
 * not from here.  -1 with ERR: nothing was begun. */
int swap_begin(struct master *m, struct crew *c, bool refuse,
    master_verdict *done, void *arg, int64_t now, struct master_error *err);
/* Returns when to come again, or CLOCK_NEVER. */
int64_t swap_turn(struct master *m, int64_t now);
/* Whoever gave ARG does not wait any more. */
void swap_forget(struct master *m, const void *arg);

#endif
