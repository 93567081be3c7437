/* lograte.h - keeps a loop of failures from filling the log.
 *
 * A few lines at once, then one a second; what was left out is counted and
 * said with the next line, or when there may be one.  Pure but for
 * lograte_tell(); time is an argument.  Layer: master.
 */
#ifndef MASTER_LOGRATE_H
#define MASTER_LOGRATE_H

#include <stdbool.h>
#include <stdint.h>

struct lograte { /* zeroed: nothing was logged yet */
	int used;
	int64_t since_ms;
	unsigned left_out;
};

/* May a line be written at NOW?  Then *LEFT_OUT lines were not, before. */
bool lograte_allows(struct lograte *l, int64_t now, unsigned *left_out);
/* When there are lines left out, and one that says so may be written;
 * CLOCK_NEVER: there are none. */
int64_t lograte_due(const struct lograte *l);
/* Say that, if N is not 0: "pool POOL: N more lines about WHAT were
 * dropped".  Without a POOL it is about none. */
void lograte_tell(const char *pool, const char *what, unsigned n);

#endif
