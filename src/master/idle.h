/* idle.h - has nothing happened for long enough to stop?
 *
 * For a service whose listeners stay open without it: the first connection
 * starts it again.  It looks now and then, so the end comes a little late,
 * and never early.
 *
 * Pure; time is an argument.  Layer: master.  Called by: manager.c.
 */
#ifndef MASTER_IDLE_H
#define MASTER_IDLE_H

#include <stdbool.h>
#include <stdint.h>

struct idle_view {
	uint64_t events; /* connections and requests so far */
	uint64_t marks;  /* of what programs ran that tell of neither */
	bool active;     /* a request runs, or a connection is open */
};

struct idle { /* zeroed: nobody has looked yet */
	bool looked;
	uint64_t events, marks; /* at the last look */
	int64_t since_ms;
	int64_t look_ms; /* the next one */
};

/* Nothing has happened for LIMIT_MS (0: never true).  To be asked when
 * idle_due() says so; asked earlier, it does not look. */
bool idle_long(
    struct idle *i, const struct idle_view *v, int64_t limit_ms, int64_t now);
/* When to look again, or CLOCK_NEVER. */
int64_t idle_due(const struct idle *i, int64_t limit_ms);

#endif
