/* closing.c - what is parked when a pool stops.
 *
 * A web server that has connected sends its request in a moment, also when
 * the pool is told to stop just then.  So workers take no more from the
 * listeners, but do not go before what is parked was seen to: a connection
 * on which bytes have come is served, one that never brought any has a
 * moment left to do so, and those that were kept after a request are closed,
 * which their web servers have to expect at any time.
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

void
closing_begin(struct crew *c, int64_t now)
{
	size_t i;

	if (c->closing)
		return;
	c->closing = true;
	c->close.silent_ms = now + SILENT_MS;
	c->close.answer_ms = now + ANSWER_MS;
	handoff_thin(&c->handoff, false, crew_leave_conn, c);
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

int64_t
closing_turn(struct crew *c, int64_t now)
{
	bool parked;

	if (c->stopping && !anybody_serves(c))
		closing_give_up(c);
	if (!c->closing)
		return CLOCK_NEVER;
	if (now >= c->close.silent_ms)
		handoff_thin(&c->handoff, true, crew_leave_conn, c);
	parked = handoff_has_parked(&c->handoff);
	if (!parked && (now >= c->close.answer_ms || all_answered(c)))
		retire_all(c);
	if (!c->closing)
		return CLOCK_NEVER;
	if (parked)
		return now < c->close.silent_ms ? c->close.silent_ms
						: CLOCK_NEVER;
	return c->close.answer_ms;
}
