/* overhaul.h - workers crash one after the other: all are replaced.
 *
 * As php-fpm's emergency_restart_threshold, for crashes that what workers
 * share may be the cause of; but in place and one pool after the other, so
 * that nothing is lost.
 *
 * Layer: master.
 */
#ifndef MASTER_OVERHAUL_H
#define MASTER_OVERHAUL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "master/emergency.h"

struct master;

struct overhaul {
	struct emergency crashes;
	bool under_way;
	size_t seat; /* the next to be looked at */
};

/* A worker ended with STATUS. */
void overhaul_died(struct master *m, int status, int64_t now);
/* Go on with it; the swap under way says when to come again. */
void overhaul_turn(struct master *m, int64_t now);

#endif
