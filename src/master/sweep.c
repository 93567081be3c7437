/* sweep.c - connections that only a dead worker was woken for.
 *
 * The kernel wakes one worker for a connection.  When that one is killed
 * before it accepts, nobody else looks until the next connection comes.  So
 * after every death that was not planned the master takes what waits and
 * gives it to whoever is idle, as it does with parked connections.
 */
#include "master/members.h"

/* A death costs at most one wake-up for each listener; the others of the
 * backlog have had theirs. */
#define TAKEN_MAX 8

void
sweep(struct crew *c, size_t place, int64_t now)
{
	int taken = 0;
	size_t i;

	/* A native program's listener blocks, and so does its accept(). */
	if (c->pool->native || c->retired)
		return;
	for (i = 0; i < aide_others(c); i++)
		taken += handoff_accept(
		    &c->handoff, c->listeners.fds[i], TAKEN_MAX, now);
	/* The slot is empty: the master is its writer. */
	board_add(c->board, place, BOARD_CONNECTIONS, (uint64_t)taken);
	handoff_again(&c->handoff, now);
}
