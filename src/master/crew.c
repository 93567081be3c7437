/* crew.c - a turn of a pool: what came in, what is due, and the orders that
 * it is given.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "board/pool.h"
#include "master/logs.h"
#include "master/look.h"
#include "master/members.h"
#include "master/tune.h"

#define OWED_RETRY_MS 20

const struct pool_conf *
crew_pool(const struct crew *c)
{
	return c->pool;
}

struct listeners *
crew_listeners(struct crew *c)
{
	return c->trying ? &c->before.listeners : &c->listeners;
}

enum crew_state
crew_state(const struct crew *c)
{
	return c->state;
}

const struct master_error *
crew_error(const struct crew *c)
{
	return &c->error;
}

bool
crew_gone(const struct crew *c)
{
	return slots_taken(&c->slots) == 0 && !c->closing &&
	    (!c->pool->native || natives_gone(c->natives));
}

bool
crew_is_empty(const struct crew *c)
{
	return slots_taken(&c->slots) == slots_aides(&c->slots) &&
	    (c->pool->native || handoff_is_empty(&c->handoff));
}

bool
crew_is_drained(const struct crew *c)
{
	return c->retired;
}

void
crew_tally(const struct crew *c, struct crew_tally *t)
{
	t->workers += slots_taken(&c->slots) - slots_aides(&c->slots);
	t->busy += board_count_state(c->board, BOARD_BUSY);
	t->waiting += !c->pool->native && !handoff_is_empty(&c->handoff);
	t->uncounted += c->pool->native;
	t->requests +=
	    c->pool->native ? 0 : board_sum(c->board, BOARD_ACCEPTED);
	t->connections += board_sum(c->board, BOARD_CONNECTIONS);
}

static const char *
rate_name(enum crew_rate which)
{
	static const char *const names[CREW_RATES] = {
		[CREW_RATE_DEATHS] = "workers that ended",
		[CREW_RATE_YOUNG] = "workers that die young",
		[CREW_RATE_STARTS] = "workers that cannot start",
		[CREW_RATE_MAIL] = "what workers sent",
		[CREW_RATE_MEMORY] = "programs with too much memory",
		[CREW_RATE_AIDE] = "the status worker",
	};

	return names[which];
}

bool
crew_may_log(struct crew *c, enum crew_rate which, int64_t now)
{
	unsigned left_out = 0;

	if (!lograte_allows(&c->rates[which], now, &left_out))
		return false;
	lograte_tell(c->pool->name, rate_name(which), left_out);
	return true;
}

/* What was left out is told also when nothing more happens; returns when to
 * come again. */
static int64_t
tell_left_out(struct crew *c, int64_t now)
{
	int64_t due = CLOCK_NEVER;
	int i;

	for (i = 0; i < CREW_RATES; i++) {
		if (lograte_due(&c->rates[i]) <= now)
			(void)crew_may_log(c, (enum crew_rate)i, now);
		due = clock_sooner(due, lograte_due(&c->rates[i]));
	}
	return due;
}

/* Of the master's own lines; each pool tells of all of them. */
static void
tell_lost(struct crew *c)
{
	uint64_t lost = log_lost();

	if (lost != c->lost_told)
		board_add_log_lost(c->board, lost - c->lost_told);
	c->lost_told = lost;
}

void
crew_count(const struct crew *c, struct ration *r)
{
	muster_count(c, r);
}

int64_t
crew_turn(struct crew *c, int64_t now)
{
	int64_t due = clock_sooner(mail_turn(c, now), aide_turn(c, now));

	if (!c->pool->native) {
		handoff_turn(&c->handoff, now);
		board_set_parked(c->board, (uint32_t)handoff_kept(&c->handoff));
		board_set_waiting(
		    c->board, (uint32_t)handoff_waiting(&c->handoff));
		due = clock_sooner(due, handoff_due(&c->handoff));
		due = clock_sooner(due, look_answer_due(&c->handoff));
	} else {
		due = clock_sooner(due, natives_turn(c->natives, now));
		due = clock_sooner(due, vigil_turn(c, now));
	}
	if (c->relieving && c->state == CREW_UP && !c->trying)
		renew_relieve(c, now);
	due = clock_sooner(due, tell_left_out(c, now));
	due = clock_sooner(due, vitals_turn(c, now));
	due = clock_sooner(due, age_turn(c, now));
	due = clock_sooner(due, lost_turn(c, now));
	due = clock_sooner(due, crew_end_due(c, now));
	due = clock_sooner(due, muster(c, now));
	if (!c->pool->native) {
		due = clock_sooner(due, backlogs_turn(c, now));
		due = clock_sooner(due, closing_turn(c, now));
	}
	tune_tell(c);
	tell_lost(c);
	if (mail_send(c, now))
		due = clock_sooner(due, now + OWED_RETRY_MS);
	if (c->pool->native)
		due = clock_sooner(due, vigil_farewells(c, now));
	return due;
}

void
crew_event(struct crew *c, const struct watch *w, uint32_t events, int64_t now)
{
	switch (w->kind) {
	case WATCH_CHANNEL:
		if (w->place < c->slots.n)
			mail_take(c, &c->slots.at[w->place], now);
		break;
	case WATCH_PARKED:
		handoff_event(&c->handoff, (int)w->place, events);
		break;
	case WATCH_WAITING:
		if (c->pool->native)
			vigil_arrived(c, now);
		else
			c->demand = true;
		aide_wake(c, now);
		break;
	case WATCH_OUTPUT:
		if (c->pool->native)
			natives_output(c->natives, w->place, now);
		break;
	case WATCH_PROBE:
	case WATCH_HANDOFF: /* the turn that follows sees to it */
	case WATCH_CONTROL: /* the master's own */
		break;
	}
}

bool
crew_died(struct crew *c, pid_t pid, int status, int64_t now)
{
	struct slot *slot = slots_find(&c->slots, pid);

	if (slot == NULL)
		return false;
	mail_take_last(c, slot, now);
	if (slot->aide)
		aide_bury(c, slot, status, now);
	else
		death_record(c, slot, status, now);
	return true;
}

static void
retire_all(struct crew *c)
{
	size_t i;

	c->retired = true;
	for (i = 0; i < c->slots.n; i++)
		if (!c->slots.at[i].aide)
			muster_retire(&c->slots.at[i]);
}

static void
owe_all(struct crew *c, enum slot_owed what)
{
	size_t i;

	for (i = 0; i < c->slots.n; i++)
		if (c->slots.at[i].pid != 0)
			c->slots.at[i].owed |= what;
}

static void
send_signal(const struct crew *c, const struct slot *slot, int signo)
{
	if (c->pool->native && !slot->aide)
		natives_signal(slot->pid, signo);
	else
		(void)kill(slot->pid, signo);
}

void
crew_end(struct crew *c, struct slot *slot, enum stop_act act)
{
	if (act == STOP_RETIRE && c->closing)
		return; /* it is told when that is over */
	muster_retire(slot);
	switch (act) {
	case STOP_WAIT:
	case STOP_RETIRE:
		break;
	case STOP_END:
		slot->owed |= SLOT_OWED_STOP;
		send_signal(c, slot, SIGTERM);
		break;
	case STOP_KILL:
		send_signal(c, slot, SIGKILL);
		break;
	}
}

int64_t
crew_end_due(struct crew *c, int64_t now)
{
	int64_t due = CLOCK_NEVER, grace = c->pool->control_timeout_ms;
	enum stop_act act;
	size_t i;

	for (i = 0; i < c->slots.n; i++) {
		struct slot *slot = &c->slots.at[i];

		if (slot->pid == 0 || !slot->end.said)
			continue;
		while ((act = stop_next(&slot->end, grace, now)) != STOP_WAIT)
			crew_end(c, slot, act);
		due = clock_sooner(due, stop_due(&slot->end));
	}
	return due;
}

void
crew_stop(struct crew *c, enum stop_act act, int64_t now)
{
	size_t i;

	c->retired = c->stopping = true;
	listeners_unlink(&c->listeners);
	listeners_unlink(&c->before.listeners);
	if (act == STOP_RETIRE)
		closing_begin(c, now);
	else if (!c->pool->native)
		closing_give_up(c);
	for (i = 0; i < c->slots.n; i++)
		if (c->slots.at[i].pid != 0)
			crew_end(c, &c->slots.at[i], act);
	if (c->pool->native && act != STOP_RETIRE)
		natives_signal_left(
		    c->natives, act == STOP_END ? SIGTERM : SIGKILL);
	(void)mail_send(c, now);
}

void
crew_keep(struct crew *c, const struct crew_keeper *keeper)
{
	c->keeper = *keeper;
}

void
crew_leave_conn(void *arg, int fd, bool silent)
{
	const struct crew *c = arg;

	if (c->keeper.keep != NULL)
		c->keeper.keep(c->keeper.arg, c->pool->name, fd, silent);
}

void
crew_adopt(struct crew *c, int fd, bool silent, int64_t now)
{
	const struct chan_msg msg = {
		.kind = CHAN_PARK, .value = silent, .since_ms = now
	};
	int own = c->pool->native ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);

	if (own != -1)
		(void)handoff_adopt(&c->handoff, own, &msg, now);
}

void
crew_drain(struct crew *c)
{
	retire_all(c);
}

void
crew_resume(struct crew *c)
{
	c->retired = c->stopping;
}

void
crew_nudge(struct crew *c, int by)
{
	scale_nudge(&c->scale, c->pool, by);
	log_about(LOG_LEVEL_NOTICE,
	    &(struct log_about){ .pool = c->pool->name },
	    "pool %s: at most %d workers now", c->pool->name, c->scale.max);
}

void
crew_reopen(struct crew *c)
{
	logs_reopen(c->pool->name, c->pool->logs, c->log_fds);
	owe_all(c, SLOT_OWED_LOGS);
	/* Before anybody is told that it was done. */
	(void)mail_send(c, clock_ms());
}
