/* closing.c - who has come and is not served yet when a pool stops.
 *
 * A web server that has connected sends its request in a moment, also when
 * the pool is told to stop just then.  So workers take no more from the
 * listeners, where nobody gets in any more; the master takes those who wait
 * there, and all that is parked is seen to before workers go: a connection
 * on which bytes have come is served, one that never brought any has a
 * moment left to do so, and those that were kept after a request are closed,
 * which their web servers have to expect at any time.  A pool that has no
 * worker just then gets some for those who wait.
 */
#include "base/clock.h"
#include "master/members.h"

#define SILENT_MS 250  /* as long as a worker waits, CONN_PATIENT_MS */
#define ANSWER_MS 1000 /* who does not answer by then is stuck */

static bool
anybody_serves(const struct crew *c)
{
	return slots_taken(&c->slots) > slots_aides(&c->slots);
}

/* Who waits in the backlogs becomes one of those that are parked.  Returns
 * when to go on, CLOCK_NEVER: nobody waits. */
static int64_t
take(struct crew *c, int64_t now)
{
	/* Where newcomers cannot be kept out they might never end. */
	bool late = now >= c->close.answer_ms;

	return backlogs_take(
	    c, crew_listeners(c), aide_others_serving(c), late, now);
}

void
closing_begin(struct crew *c, int64_t now)
{
	size_t i;
	bool pending;

	if (c->closing)
		return;
	pending = listeners_bar(crew_listeners(c), aide_others_serving(c));
	if (c->pool->native) /* its programs take who waits */
		return;
	c->closing = true;
	c->close.settle_ms = pending ? now + BACKLOGS_SETTLE_MS : now;
	c->close.silent_ms = now + SILENT_MS;
	c->close.answer_ms = now + ANSWER_MS;
	c->close.end_ms = now + c->pool->control_timeout_ms;
	handoff_thin(&c->handoff, false, crew_leave_conn, c);
	(void)take(c, now);
	for (i = 0; i < c->slots.n; i++)
		if (c->slots.at[i].pid != 0 && !c->slots.at[i].aide)
			c->slots.at[i].owed |= SLOT_OWED_CLOSING;
}

void
closing_parked(struct crew *c, int64_t now)
{
	if (c->closing)
		c->close.silent_ms = now + SILENT_MS;
}

void
closing_give_up(struct crew *c)
{
	c->closing = false;
	handoff_drop(&c->handoff, crew_leave_conn, c);
}

/* No worker parks anything any more. */
static bool
all_answered(const struct crew *c)
{
	size_t i;

	for (i = 0; i < c->slots.n; i++)
		if (c->slots.at[i].pid != 0 && !c->slots.at[i].aide &&
		    !c->slots.at[i].closing)
			return false;
	return true;
}

/* What was handed over they serve before they go. */
static void
retire_all(struct crew *c)
{
	size_t i;

	c->closing = false;
	for (i = 0; i < c->slots.n; i++)
		muster_retire(&c->slots.at[i]);
}

/* False: nobody will serve who is here.  Whoever waits and has no worker gets
 * one, if they can start: what dies young is not tried for long. */
static bool
keep_on(struct crew *c, int64_t now)
{
	size_t waiting = handoff_waiting(&c->handoff);

	if (now >= c->close.end_ms)
		return false;
	if (waiting == 0 || anybody_serves(c))
		return true;
	return c->pool->run != NULL && now < c->close.answer_ms &&
	    muster_hire(c, waiting, now) > 0;
}

int64_t
closing_turn(struct crew *c, int64_t now)
{
	bool parked, answered;
	int64_t due;

	if (c->closing ? !keep_on(c, now) : c->stopping && !anybody_serves(c))
		closing_give_up(c);
	if (!c->closing)
		return CLOCK_NEVER;
	due = take(c, now);
	if (now >= c->close.silent_ms)
		handoff_thin(&c->handoff, true, crew_leave_conn, c);
	parked = handoff_has_parked(&c->handoff);
	answered = now >= c->close.answer_ms || all_answered(c);
	if (due == CLOCK_NEVER && now < c->close.settle_ms)
		due = c->close.settle_ms;
	if (due == CLOCK_NEVER) {
		listeners_shut(crew_listeners(c), aide_others_serving(c));
		if (!parked && answered) {
			retire_all(c);
			return CLOCK_NEVER;
		}
	}
	due = clock_sooner(due, c->close.end_ms);
	if (parked && now < c->close.silent_ms)
		due = clock_sooner(due, c->close.silent_ms);
	if (!answered)
		due = clock_sooner(due, c->close.answer_ms);
	return due;
}
