/* vigil.c - an eye on programs that do not tell us how they are.
 *
 * Once a second: their memory, what they are doing, and whether they spoilt
 * the listener that they share.  At other times: whether a connection waits
 * that nobody takes, whether a new program has served already, and when one
 * that is to go can be told.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/log.h"
#include "master/members.h"
#include "master/motion.h"
#include "master/peek.h"

#define TICK_MS 1000
/* A connection that was not taken for so long finds nobody idle. */
#define UNTAKEN_MS 20
/* How long a new program has the connection that came, at least; some serve
 * a hundred and end before they are a second old. */
#define SERVING_MS 3
#define UNPROVEN_MAX 20

static size_t
index_of(const struct crew *c, const struct slot *slot)
{
	return slots_index(&c->slots, slot);
}

bool
vigil_is_waiting(const struct crew *c)
{
	struct pollfd p = { .fd = c->listeners.fds[0], .events = POLLIN };

	return poll(&p, 1, 0) == 1 && (p.revents & POLLIN) != 0;
}

/* Who waits where the listener goes: the programs are to take them first. */
static bool
is_wanted(const struct crew *c)
{
	return c->stopping && listeners_goes(&c->listeners, 0) &&
	    vigil_is_waiting(c);
}

static bool
is_young(const struct crew *c, const struct slot *slot, int64_t now)
{
	return slot->pid != 0 && !slot->retiring && !slot->aide &&
	    !c->natives->at[index_of(c, slot)].proven &&
	    now - slot->born_ms < c->pool->settled_ms;
}

static void
set_state(struct crew *c, size_t i, enum board_state state)
{
	if (board_get_state(c->board, i) != state)
		board_set_state(c->board, i, state);
}

void
vigil_born(struct crew *c, const struct slot *slot, int output_fd)
{
	size_t i = index_of(c, slot);

	natives_born(c->natives, i, slot->pid, c->listeners.fds[0], output_fd);
	/* It knows nothing of a board: told in its stead. */
	board_enter(c->board, i, slot->pid);
}

/* What the board would say, could the programs write on it.  Of those that
 * cannot be looked at, as many are taken to be busy as there are connections:
 * at least the numbers are right. */
static void
survey(struct crew *c, int64_t now)
{
	struct peek_conns conns;
	size_t i, hidden, nbusy = 0;

	peek_conns(&c->pool->listen[0].addr, &conns);
	hidden = conns.n;
	for (i = 0; i < c->slots.n; i++) {
		struct slot *slot = &c->slots.at[i];
		struct native *native = &c->natives->at[i];
		enum peek_busy busy;
		uint64_t mark;

		if (slot->pid == 0 || !slot->ready || slot->aide)
			continue;
		busy = peek_busy(slot->pid, &conns);
		if (busy == PEEK_BUSY)
			native->proven = c->natives->proven = true;
		if (native->proven || now - slot->born_ms >= TICK_MS)
			c->natives->unproven = 0;
		if (busy == PEEK_UNKNOWN)
			busy = hidden > 0 ? hidden--, PEEK_BUSY : PEEK_IDLE;
		nbusy += busy == PEEK_BUSY;
		set_state(c, i,
		    slot->retiring          ? BOARD_RETIRING
			: busy == PEEK_IDLE ? BOARD_IDLE
					    : BOARD_BUSY);
		mark = motion_of(slot->pid);
		if (mark == 0 || mark != native->mark)
			slot->moved_ms = now;
		native->mark = mark;
	}
	board_note_active(c->board, (uint32_t)nbusy);
}

/* Memory */

static void
weigh(struct crew *c, struct slot *slot, int64_t now)
{
	const struct pool_conf *pool = c->pool;
	uint64_t has = peek_memory(slot->pid);

	if (pool->max_memory_hard > 0 && has > pool->max_memory_hard) {
		if (crew_may_log(c, CREW_RATE_MEMORY, now))
			log_about(LOG_LEVEL_WARNING,
			    &(struct log_about){
				.pool = pool->name, .program = slot->pid },
			    "pool %s: program %d has %llu KiB of memory, more "
			    "than pm.max_memory_hard: killed",
			    pool->name, (int)slot->pid,
			    (unsigned long long)(has >> 10));
		natives_signal(slot->pid, SIGKILL);
	} else if (pool->max_memory > 0 && has > pool->max_memory &&
	    !slot->retiring) {
		if (crew_may_log(c, CREW_RATE_MEMORY, now))
			log_about(LOG_LEVEL_NOTICE,
			    &(struct log_about){
				.pool = pool->name, .program = slot->pid },
			    "pool %s: program %d has %llu KiB of memory, more "
			    "than pm.max_memory: it is replaced",
			    pool->name, (int)slot->pid,
			    (unsigned long long)(has >> 10));
		muster_retire(slot);
	}
}

static void
weigh_all(struct crew *c, int64_t now)
{
	size_t i;

	if (c->pool->max_memory == 0 && c->pool->max_memory_hard == 0)
		return;
	for (i = 0; i < c->slots.n; i++)
		if (c->slots.at[i].pid != 0 && !c->slots.at[i].aide)
			weigh(c, &c->slots.at[i], now);
}

/* Connections */

static bool
has_young(const struct crew *c, int64_t now)
{
	size_t i;

	for (i = 0; i < c->slots.n; i++)
		if (is_young(c, &c->slots.at[i], now))
			return true;
	return false;
}

void
vigil_arrived(struct crew *c, int64_t now)
{
	struct natives *n = c->natives;

	if (n->look_ms != 0)
		return;
	n->untaken_ms = now + UNTAKEN_MS;
	n->look_ms = has_young(c, now) ? now + SERVING_MS : n->untaken_ms;
}

bool
vigil_watches(const struct crew *c, const struct scale_view *view, int64_t now)
{
	struct scale_view busy = *view;

	if (c->natives->look_ms != 0)
		return false;
	/* Who is idle is old news. */
	busy.idle = 0;
	return scale_watches(&c->scale, c->pool, &busy) || has_young(c, now);
}

static void
look_at_waiting(struct crew *c, int64_t now)
{
	struct natives *n = c->natives;
	bool waiting = vigil_is_waiting(c);

	survey(c, now);
	if (waiting && now >= n->untaken_ms)
		c->demand = true;
	n->look_ms = waiting && now < n->untaken_ms ? n->untaken_ms : 0;
}

bool
vigil_proven(struct crew *c, const struct slot *slot, int status)
{
	struct natives *n = c->natives;

	if (n->at[index_of(c, slot)].proven)
		return true;
	/* Some serve a hundred between two looks and end in order: they may,
	 * a few times, until one is seen to serve again. */
	return status == 0 && n->unproven++ < UNPROVEN_MAX;
}

void
vigil_wonder(const struct crew *c)
{
	if (!c->natives->proven)
		log_about(LOG_LEVEL_NOTICE,
		    &(struct log_about){ .pool = c->pool->name },
		    "pool %s: %s has served nobody yet; does it speak "
		    "FastCGI on descriptor 0, and stay in the foreground? "
		    "(mode = cgi is for programs that do not speak it)",
		    c->pool->name, c->pool->program);
}

/* Farewells */

void
vigil_retire(struct crew *c, const struct slot *slot, int64_t now)
{
	struct native *native = &c->natives->at[index_of(c, slot)];

	/* A master before this one may have held it for a look. */
	if (native->farewell.stage == FAREWELL_NONE)
		natives_signal(slot->pid, SIGCONT);
	farewell_begin(&native->farewell, c->pool->control_timeout_ms, now);
}

static void
do_farewell(pid_t pid, enum farewell_act act)
{
	switch (act) {
	case FAREWELL_WAIT:
		break;
	case FAREWELL_HOLD:
		natives_signal(pid, SIGSTOP);
		break;
	case FAREWELL_TELL:
		natives_signal(pid, SIGTERM);
		natives_signal(pid, SIGCONT);
		break;
	case FAREWELL_LET_GO:
		natives_signal(pid, SIGCONT);
		break;
	}
}

int64_t
vigil_farewells(struct crew *c, int64_t now)
{
	int64_t due = CLOCK_NEVER;
	struct peek_conns conns;
	bool looked = false;
	size_t i;

	for (i = 0; i < c->slots.n; i++) {
		struct farewell *f = &c->natives->at[i].farewell;
		struct farewell_view view;
		pid_t pid = c->slots.at[i].pid;

		if (pid == 0)
			continue;
		if (farewell_due(f) <= now) {
			view.stopped = peek_stopped(pid);
			/* Of one that is held a list from before it stopped
			 * may lack what it took last. */
			if (!looked || view.stopped)
				peek_conns(&c->pool->listen[0].addr, &conns);
			looked = true;
			view.busy =
			    is_wanted(c) ? PEEK_BUSY : peek_busy(pid, &conns);
			do_farewell(pid, farewell_next(f, &view, now));
		}
		due = clock_sooner(due, farewell_due(f));
	}
	return due;
}

int64_t
vigil_turn(struct crew *c, int64_t now)
{
	struct natives *n = c->natives;

	if (c->retired && slots_taken(&c->slots) == 0)
		return CLOCK_NEVER;
	if (n->look_ms != 0 && now >= n->look_ms)
		look_at_waiting(c, now);
	if (now >= n->tick_ms) {
		n->tick_ms = now + TICK_MS;
		survey(c, now);
		weigh_all(c, now);
		mend(c);
	}
	return n->look_ms == 0 ? n->tick_ms
			       : clock_sooner(n->look_ms, n->tick_ms);
}
