/* lograte.h - keeps a loop of failures from filling the log.
 *
 * A few lines at once, then one a second; what was left out is counted and
 * said with the next line.  Pure; time is an argument.  Layer: master.
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

#endif
