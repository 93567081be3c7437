/* ration.h - how many workers all pools together may have: process.max.
 *
 * Workers of earlier generations count like all others.  Nobody starves and
 * no change of settings gets stuck: a pool that wants workers and has none is
 * owed one, for which the others leave room; it has it in any case if it is
 * one that always has some; and a pool whose workers are being replaced may
 * have the first of the new ones beside the old.
 *
 * Starts nothing.  Pure.  Layer: master.  Called by: master.c, muster.c.
 */
#ifndef MASTER_RATION_H
#define MASTER_RATION_H

#include <stdbool.h>

struct ration {
	int max;   /* 0: as many as they like */
	int taken; /* workers of all pools, whatever becomes of them */
	int owed;  /* pools that want workers and have none */
};

struct ration_claim {  /* of one pool */
	int have;      /* all its workers */
	bool wants;    /* it is to have some */
	bool always;   /* and always has: it is not ondemand */
	bool replaces; /* it needs another generation and has none of it */
};

/* The stock is taken anew: the workers of one pool more. */
void ration_count(struct ration *r, const struct ration_claim *claim);
/* How many more the pool may start now. */
int ration_room(const struct ration *r, const struct ration_claim *claim);
/* It has started one. */
void ration_take(struct ration *r, const struct ration_claim *claim);

#endif
