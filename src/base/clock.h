/* clock.h - the monotonic clock, for every deadline and every duration.
 *
 * A due time is in milliseconds of this clock; CLOCK_NEVER is one that does
 * not come.  Layer: base.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_NEVER INT64_MAX

int64_t clock_ms(void);
int64_t clock_us(void);

/* Of two due times the one that comes first. */
static inline int64_t
clock_sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

#endif
