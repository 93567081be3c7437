/* clock.c - CLOCK_MONOTONIC in the units that deadlines are kept in.
 *
 * clock_gettime() cannot fail for this clock and this pointer, and goes
 * through the vDSO: it costs no system call. */
#include "base/clock.h"

#include <time.h>

int64_t
clock_ms(void)
{
	return clock_us() / 1000;
}

int64_t
clock_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
