/* death.c - what the end of a worker means: for the log, for whoever waits
 * for the start, and for the next one (restart.h).
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/log.h"
#include "board/step.h"
#include "master/members.h"
#include "master/wstatus.h"

/* Served a request, or lived long enough. */
static bool
is_settled(const struct crew *c, const struct slot *slot, int64_t now)
{
	size_t i = slots_index(&c->slots, slot);

	return now - slot->born_ms >= c->pool->settled_ms ||
	    slots_served(c->board, i) != slot->served ||
	    (c->pool->native && c->natives->at[i].proven);
}

int64_t
death_forgive(struct crew *c, int64_t now)
{
	int64_t due = CLOCK_NEVER;
	size_t i;

	if (!restart_troubled(&c->restart))
		return due;
	for (i = 0; i < c->slots.n; i++) {
		const struct slot *slot = &c->slots.at[i];

		if (slot->pid == 0 || slot->old || slot->aide)
			continue;
		if (is_settled(c, slot, now))
			restart_settled(
			    &c->restart, slot->born_ms, c->pool->settled_ms);
		else
			due = clock_sooner(
			    due, slot->born_ms + c->pool->settled_ms);
	}
	return due;
}

static void
report(struct crew *c, const struct slot *slot, int status, uint32_t lost,
    int64_t now)
{
	char text[WSTATUS_TEXT_MAX], more[40] = "";
	int64_t lived = now - slot->born_ms;
	bool planned = wstatus_code(status) == 0;

	if (lost > 0)
		(void)snprintf(more, sizeof(more), ", %u requests lost", lost);
	(void)wstatus_text(status, text, sizeof(text));
	if (!planned && !crew_may_log(c, CREW_RATE_DEATHS, now))
		return;
	log_about(planned ? LOG_LEVEL_DEBUG : LOG_LEVEL_WARNING,
	    &(struct log_about){ .pool = c->pool->name, .worker = slot->pid },
	    "pool %s: worker %d %s after %d.%03d seconds from start%s",
	    c->pool->name, (int)slot->pid, text, (int)(lived / 1000),
	    (int)(lived % 1000), more);
}

/* One of the first ended by itself before it was ready: the reason will not
 * go away, and somebody waits for the answer. */
static void
give_up(struct crew *c, const struct slot *slot, int status, int64_t now)
{
	const char *step = step_text(slot->failed_at);
	char text[WSTATUS_TEXT_MAX];
	int code = wstatus_code(status);

	if (code < EX__BASE || code > EX__MAX)
		code = EX_OSERR;
	if (slot->failure != 0)
		(void)crew_fail(&c->error, code, c->pool->name,
		    "its workers cannot start: %s%s%s",
		    step == NULL ? "" : step, step == NULL ? "" : ": ",
		    strerror(slot->failure));
	else
		(void)crew_fail(&c->error, code, c->pool->name,
		    "its workers cannot start: %s before it was ready",
		    wstatus_text(status, text, sizeof(text)));
	if (!c->relieving || c->trying)
		c->state = CREW_FAILED;
	else if (crew_may_log(c, CREW_RATE_STARTS, now))
		log_error(
		    "%s; the earlier workers keep serving", c->error.text);
}

/* Whoever waits for the start, or for other settings, learns why; those that
 * were started would only take from programs what there is too little of.
 * Once a pool is up, patience is better. */
void
death_unborn(struct crew *c, int error)
{
	(void)crew_fail(&c->error, EX_OSERR, c->pool->name,
	    "its workers cannot start: %s", strerror(error));
	c->state = CREW_FAILED;
}

static void
say_young(struct crew *c, int64_t now)
{
	int64_t pause = restart_due(&c->restart) - now;

	if (!crew_may_log(c, CREW_RATE_YOUNG, now))
		return;
	log_about(LOG_LEVEL_NOTICE,
	    &(struct log_about){ .pool = c->pool->name },
	    "pool %s: workers die young, next start in %d.%03d seconds",
	    c->pool->name, (int)(pause / 1000), (int)(pause % 1000));
	if (c->pool->native)
		vigil_wonder(c);
}

/* How it bears on the next start; those who were told to go do not count. */
static void
learn(struct crew *c, const struct slot *slot, int status, int64_t now)
{
	const struct restart_life life = { .end = wstatus_end(status),
		.born_ms = slot->born_ms,
		.settled = is_settled(c, slot, now) ||
		    (c->pool->native && vigil_proven(c, slot, status)) };
	int64_t due = restart_due(&c->restart);
	struct scale_view view;

	if (slot->retiring || slot->old)
		return;
	restart_died(&c->restart, &c->restart_conf, &life, now);
	if (restart_due(&c->restart) > due)
		say_young(c, now);
	slots_view(&c->slots, c->board, 0, &view);
	scale_died(&c->scale, c->pool, view.have - 1);
}

static enum board_cause
cause_of(int status)
{
	if (WIFSIGNALED(status))
		return BOARD_CAUSE_SIGNAL;
	return wstatus_code(status) == 0 ? BOARD_CAUSE_RETIRED
					 : BOARD_CAUSE_EXIT;
}

/* One that ends in order, however late, in a pool of which nobody was ever
 * seen to serve, may have left its work to a process in the background. */
static void
bury_native(struct crew *c, const struct slot *slot, int status, int64_t now)
{
	size_t i = slots_index(&c->slots, slot);

	if (status == 0 && !slot->retiring && !c->natives->proven)
		natives_went_away(c->natives, now);
	natives_died(c->natives, i, slot->pid, c->listeners.fds[0], now);
}

void
death_record(struct crew *c, struct slot *slot, int status, int64_t now)
{
	size_t i = slots_index(&c->slots, slot);

	report(c, slot, status, board_bury(c->board, i), now);
	board_add_end(c->board, cause_of(status));
	if (c->state == CREW_STARTING && !slot->ready && !slot->retiring &&
	    !slot->old && (slot->failure != 0 || wstatus_code(status) > 0))
		give_up(c, slot, status, now);
	learn(c, slot, status, now);
	if (c->pool->native)
		bury_native(c, slot, status, now);
	*slot = (struct slot){ .channel_fd = -1 };
	if (wstatus_code(status) != 0)
		sweep(c, i, now);
}
