/* emergency.h - have so many workers crashed that all are to be replaced?
 *
 * Pure; time is an argument.  Layer: master.  Called by: overhaul.c.
 */
#ifndef MASTER_EMERGENCY_H
#define MASTER_EMERGENCY_H

#include <stdbool.h>
#include <stdint.h>

#define EMERGENCY_MAX 1000 /* as many are remembered */

struct emergency_conf {
	unsigned threshold; /* 0: never; at most EMERGENCY_MAX */
	int64_t interval_ms;
};

struct emergency {     /* zeroed: nobody has crashed yet */
	unsigned size; /* of the ring, the threshold it was used with */
	unsigned n, next;
	int64_t at[EMERGENCY_MAX];
};

/* One crashed at NOW.  True: that makes as many as the threshold within the
 * interval; then they are forgotten. */
bool emergency_crashed(
    struct emergency *e, const struct emergency_conf *conf, int64_t now);

#endif
