/* aide.c - a pool's status worker, and when it is asked.
 *
 * Any worker answers pm.status_path and ping.path.  When all are busy, those
 * requests would wait with all others, and nobody could see why.  So for a
 * pool that has these paths there is one process more.  As long as nobody is
 * idle, the master takes the connections that wait, as it does with those
 * that workers park, and asks the status worker about each one that has
 * become readable before it goes to the workers' queue.  It looks without
 * reading and keeps its own; what it passes on is as it was, and the master
 * holds every connection until it has the answer, so that none is lost with
 * whoever looks.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "master/look.h"
#include "master/members.h"
#include "master/wstatus.h"

#define FULL_MS 10    /* all busy for so long: look out */
#define WAITING_MS 15 /* a connection waits for so long: take it */
#define NO_ROOM_MS 50 /* nothing can be parked: again after */
#define TAKEN_MAX 64  /* in a turn */
#define RESTART_MS 1000
#define SETTLE_MS 100

size_t
aide_others(const struct crew *c)
{
	return c->listeners.n - c->pool->nstatus;
}

size_t
aide_others_serving(const struct crew *c)
{
	return c->trying ? c->before.listeners.n - c->before.pool->nstatus
			 : aide_others(c);
}

/* The one that is not going to leave, or NULL. */
static struct slot *
find(const struct crew *c)
{
	size_t i;

	for (i = 0; i < c->slots.n; i++) {
		struct slot *slot = &c->slots.at[i];

		if (slot->pid != 0 && slot->aide && !slot->old &&
		    !slot->retiring && !slot->end.said)
			return slot;
	}
	return NULL;
}

static struct slot *
start(struct crew *c, int64_t now)
{
	struct slot *slot = slots_empty(&c->slots);

	if (slot == NULL || now < c->lookout.start_ms)
		return NULL;
	c->lookout.start_ms = now + RESTART_MS;
	if (muster_bear(c, slot, true, now) == 0)
		return slot;
	if (crew_may_log(c, CREW_RATE_AIDE, now))
		log_about(LOG_LEVEL_WARNING,
		    &(struct log_about){ .pool = c->pool->name },
		    "pool %s: cannot start the status worker: %s",
		    c->pool->name, strerror(errno));
	return NULL;
}

/* Nobody waits for one who does not answer. */
static void
judge(struct crew *c, const struct slot *slot, int64_t now)
{
	if (look_answer_due(&c->handoff) > now)
		return;
	if (crew_may_log(c, CREW_RATE_AIDE, now))
		log_about(LOG_LEVEL_WARNING,
		    &(struct log_about){
			.pool = c->pool->name, .worker = slot->pid },
		    "pool %s: the status worker %d does not answer",
		    c->pool->name, (int)slot->pid);
	(void)kill(slot->pid, SIGKILL);
}

/* What waits in the backlogs.  False: there is no room for all. */
static bool
take(struct crew *c, int64_t now)
{
	struct slot *empty = slots_empty(&c->slots);
	uint64_t taken = 0;
	size_t i;

	if (empty == NULL)
		return false;
	for (i = 0; i < aide_others(c); i++)
		taken += (uint64_t)handoff_accept(
		    &c->handoff, c->listeners.fds[i], TAKEN_MAX, now);
	/* The slot is empty: the master is its writer. */
	board_add(
	    c->board, slots_index(&c->slots, empty), BOARD_CONNECTIONS, taken);
	return handoff_has_room(&c->handoff, PARKING_SILENT);
}

static void
look_out(struct crew *c, bool full, int64_t now)
{
	struct lookout *l = &c->lookout;

	if (!full) {
		l->on = false;
		l->due_ms = CLOCK_NEVER;
	} else if (l->due_ms == CLOCK_NEVER && !l->on) {
		l->due_ms = now + FULL_MS;
	} else if (l->due_ms <= now) {
		l->on = take(c, now);
		l->due_ms = l->on ? CLOCK_NEVER : now + NO_ROOM_MS;
	}
}

void
aide_wake(struct crew *c, int64_t now)
{
	if (!c->lookout.on)
		return;
	c->lookout.on = false;
	c->lookout.due_ms = now + WAITING_MS;
}

/* With SLOT, a status worker that is ready. */
static int64_t
use(struct crew *c, const struct slot *slot, int64_t now)
{
	/* Each is somebody's who still counts as idle; asked before the
	 * states, which change before it is served. */
	int untaken = handoff_untaken(&c->handoff), spare;
	struct scale_view view;

	judge(c, slot, now);
	slots_view(&c->slots, c->board, 0, &view);
	spare = view.idle - untaken;
	look_out(c, view.idle == 0 && view.starting == 0, now);
	c->handoff.look = (struct handoff_look){
		.channel_fd = slot->channel_fd,
		.who = (unsigned)slots_index(&c->slots, slot),
		.spare = spare > 0 ? (unsigned)spare : 0,
	};
	return c->lookout.due_ms;
}

int64_t
aide_turn(struct crew *c, int64_t now)
{
	bool wanted = c->pool->aide_run != NULL && !c->stopping;
	struct slot *slot = find(c);

	if (slot == NULL && wanted)
		slot = start(c, now);
	if (slot != NULL && slot->ready && !c->pool->native && !c->retired)
		return use(c, slot, now);
	look_out(c, false, now);
	c->handoff.look = (struct handoff_look){ .channel_fd = -1 };
	return slot == NULL && wanted ? c->lookout.start_ms : CLOCK_NEVER;
}

/* Hear what the status worker has to say.  False: nothing more. */
static bool
hear(struct crew *c, struct slot *slot)
{
	struct pollfd pfd = { slot->channel_fd, POLLIN, 0 };

	if (slot->channel_fd == -1 || poll(&pfd, 1, SETTLE_MS) != 1)
		return false;
	mail_take(c, slot, clock_ms());
	return slot->channel_fd != -1;
}

static void
settle(struct crew *c, struct slot *slot)
{
	unsigned who = (unsigned)slots_index(&c->slots, slot);

	while (look_is_asked(&c->handoff, who) && hear(c, slot))
		;
	if (!look_is_asked(&c->handoff, who))
		return;
	/* So that it does not come back to what goes to others now. */
	(void)kill(slot->pid, SIGKILL);
	while (hear(c, slot))
		;
	look_forget(&c->handoff, who);
}

void
aide_settle(struct crew *c)
{
	size_t i;

	for (i = 0; i < c->slots.n; i++)
		if (c->slots.at[i].pid != 0 && c->slots.at[i].aide)
			settle(c, &c->slots.at[i]);
}

void
aide_bury(struct crew *c, struct slot *slot, int status, int64_t now)
{
	char text[WSTATUS_TEXT_MAX];
	size_t i = slots_index(&c->slots, slot);

	if (!c->pool->native)
		look_forget(&c->handoff, (unsigned)i);
	(void)board_bury(c->board, i);
	if (status != 0 && !slot->end.said &&
	    crew_may_log(c, CREW_RATE_AIDE, now))
		log_about(LOG_LEVEL_WARNING,
		    &(struct log_about){
			.pool = c->pool->name, .worker = slot->pid },
		    "pool %s: the status worker %d %s", c->pool->name,
		    (int)slot->pid, wstatus_text(status, text, sizeof(text)));
	c->lookout.start_ms =
	    slot->ready && status == 0 ? now : now + RESTART_MS;
	*slot = (struct slot){ .channel_fd = -1 };
}
