/* backlogs.c - who waits at a listener that goes, with its pool or without.
 *
 * A web server that has connected is in, whether a worker has accepted it or
 * not, and would get a reset if the listener were closed.  So first nobody
 * gets in any more, then those who wait are taken over; from then on they are
 * as those that a worker has parked.  At listeners that others have, too, or
 * that come back with the next service, nothing of that is our business.
 */
#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "master/members.h"

#define TAKEN_MAX 64 /* in a turn */
#define RETRY_MS 50  /* no room, or no descriptor */

/* When to go on where accept() said so. */
static int64_t
again(int error, int64_t now)
{
	switch (error) {
	case 0:
	case EINTR:
	case ECONNABORTED: /* that one is gone, the next one may not be */
		return now;
	case ENOSPC:
	case EMFILE:
	case ENFILE:
	case ENOBUFS:
	case ENOMEM:
		return now + RETRY_MS;
	default:
		return CLOCK_NEVER;
	}
}

int64_t
backlogs_take(
    struct crew *c, const struct listeners *l, size_t n, bool late, int64_t now)
{
	const struct slot *empty = slots_empty(&c->slots);
	int64_t due = CLOCK_NEVER;
	int taken = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!listeners_goes(l, i) || (late && !l->barred[i]))
			continue;
		taken += handoff_accept(&c->handoff, l->fds[i], TAKEN_MAX, now);
		due = clock_sooner(due, again(errno, now));
	}
	/* The slot is empty: the master is its writer. */
	if (empty != NULL)
		board_add(c->board, slots_index(&c->slots, empty),
		    BOARD_CONNECTIONS, (uint64_t)taken);
	if (taken > 0)
		closing_parked(c, now);
	return due;
}

void
backlogs_leave(struct crew *c, size_t n, int64_t now)
{
	listeners_close(&c->going.listeners);
	listeners_unlink(&c->before.listeners);
	c->going.listeners = c->before.listeners;
	c->going.n = n;
	c->before.listeners.n = 0;
	c->going.settle_ms = now;
	if (listeners_bar(&c->going.listeners, n))
		c->going.settle_ms += BACKLOGS_SETTLE_MS;
	(void)backlogs_turn(c, now);
}

int64_t
backlogs_turn(struct crew *c, int64_t now)
{
	struct listeners *l = &c->going.listeners;
	int64_t due;

	if (l->n == 0)
		return CLOCK_NEVER;
	due = backlogs_take(c, l, c->going.n, false, now);
	if (due != CLOCK_NEVER)
		return due;
	if (now < c->going.settle_ms)
		return c->going.settle_ms;
	listeners_shut(l, c->going.n);
	listeners_close(l);
	return CLOCK_NEVER;
}
