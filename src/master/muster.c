/* muster.c - as many workers as are wanted: starts, retirements, and when to
 * look out for connections.  What becomes of them is in death.c. */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "master/members.h"
#include "master/proc.h"
#include "master/ration.h"
#include "master/tune.h"

#define STARTS_TURN 32 /* so that a turn stays short */
#define RATION_SAID_MS 60000
#define WATCH_RETRY_MS 20

/* Starting */

static void
fill(struct crew *c, struct slot *slot, const struct proc *proc, int64_t now)
{
	size_t i = slots_index(&c->slots, slot);

	*slot = (struct slot){ .pid = proc->pid,
		.channel_fd = proc->channel_fd,
		.born_ms = now,
		.moved_ms = now };
	slot->served = slots_served(c->board, i);
	mail_listen(c, slot, now);
}

/* 0, or -1 with errno. */
static int
bear(struct crew *c, struct slot *slot, struct proc_plan *plan, bool aide,
    int64_t now)
{
	bool native = c->pool->native && !aide;
	int output[2] = { -1, -1 }, error;
	struct proc proc;

	if (native && natives_pipe(c->pool->catch_output, output) == -1)
		return -1;
	plan->place.output_fd = output[1];
	if (proc_start(plan, &proc) == 0) {
		fill(c, slot, &proc, now);
		if (native)
			vigil_born(c, slot, output[0]);
		io_close(&output[1]);
		return 0;
	}
	error = errno;
	io_close(&output[0]);
	io_close(&output[1]);
	errno = error;
	return -1;
}

/* The status worker listens where the others do not, and is handed what it
 * is asked about. */
int
muster_bear(struct crew *c, struct slot *slot, bool aide, int64_t now)
{
	struct proc_plan plan = { .conf = c->pool, .limits = c->conf.limits };
	size_t others = aide_others(c);

	plan.run = aide ? c->pool->aide_run : c->pool->run;
	plan.place = (struct place){ .board = c->board,
		.slot = slots_index(&c->slots, slot),
		.handoff_fd = aide ? -1 : c->handoff.out_fd,
		.listen_fds = c->listeners.fds,
		.nlisten = aide ? c->listeners.n : others,
		.nothers = aide ? others : 0,
		.refuse = c->refusing,
		.first =
		    c->state == CREW_STARTING && (c->trying || !c->relieving),
		.aide = aide };
	memcpy(plan.place.log_fds, c->log_fds, sizeof(c->log_fds));
	if (bear(c, slot, &plan, aide, now) == -1)
		return -1;
	slot->aide = aide;
	return 0;
}

/* HAVE: workers of this generation. */
static struct ration_claim
claim(const struct crew *c, int have)
{
	bool always = c->pool->pm != POOL_ONDEMAND;

	return (struct ration_claim){
		.have = (int)(slots_taken(&c->slots) - slots_aides(&c->slots)),
		.wants = !c->retired && (always || c->rationed),
		.always = always,
		.replaces = (c->trying || c->relieving) && have == 0,
	};
}

void
muster_count(const struct crew *c, struct ration *r)
{
	const struct ration_claim mine = claim(c, 1);

	ration_count(r, &mine);
}

/* What process.max leaves to this pool. */
static int
room(const struct crew *c, int have)
{
	const struct ration_claim mine = claim(c, have);

	return c->conf.ration == NULL || c->conf.ration->max == 0
	    ? INT_MAX
	    : ration_room(c->conf.ration, &mine);
}

static void
start(struct crew *c, struct slot *slot, int have, int64_t now)
{
	const struct ration_claim mine = claim(c, have);

	if (muster_bear(c, slot, false, now) == 0) {
		restart_born(&c->restart, now);
		if (c->conf.ration != NULL)
			ration_take(c->conf.ration, &mine);
		return;
	}
	if (c->state == CREW_STARTING && (c->trying || !c->relieving)) {
		death_unborn(c, errno);
		return;
	}
	restart_unborn(&c->restart, &c->restart_conf, now);
	if (crew_may_log(c, CREW_RATE_STARTS, now))
		log_about(LOG_LEVEL_WARNING,
		    &(struct log_about){ .pool = c->pool->name },
		    "pool %s: cannot start a worker: %s", c->pool->name,
		    strerror(errno));
}

/* More than HAVE would be needed, and process.max does not allow it: what
 * cannot be had is not wanted, until somebody needs it again. */
static void
make_shift(struct crew *c, int have, int64_t now)
{
	c->rationed = true;
	scale_cut(&c->scale, c->pool, have);
	if (now < c->ration_said_ms)
		return;
	c->ration_said_ms = now + RATION_SAID_MS;
	log_warn("pool %s: the maximum number of processes has been reached "
		 "(process.max = %d), consider raising it",
	    c->pool->name, c->conf.ration->max);
}

/* There is what was not to be had before; demand it, if nobody is idle. */
static bool
has_room_again(struct crew *c, const struct scale_view *view)
{
	if (!c->rationed || (view->idle == 0 && room(c, view->have) == 0))
		return false;
	c->rationed = false;
	return true;
}

/* Those of the pool's goal that are missing, as there are HAVE.  Returns when
 * to go on. */
static int64_t
start_missing(struct crew *c, int have, int64_t now)
{
	int missing = c->scale.goal - have, started;

	for (started = 0; started < missing; started++) {
		struct slot *slot = slots_empty(&c->slots);

		if (slot == NULL) /* until one that retires is gone */
			return CLOCK_NEVER;
		if (restart_due(&c->restart) > now)
			return restart_due(&c->restart);
		if (started == STARTS_TURN)
			return now;
		if (room(c, have + started) == 0) { /* until one is gone */
			make_shift(c, have + started, now);
			return CLOCK_NEVER;
		}
		start(c, slot, have + started, now);
		if (c->state == CREW_FAILED)
			return CLOCK_NEVER;
	}
	return CLOCK_NEVER;
}

int
muster_hire(struct crew *c, size_t n, int64_t now)
{
	int have = 0, most = c->scale.max;

	if (n < (size_t)most)
		most = (int)n;
	for (; have < most; have++) {
		struct slot *slot = slots_empty(&c->slots);

		if (slot == NULL || restart_due(&c->restart) > now ||
		    room(c, have) == 0)
			break;
		start(c, slot, have, now);
		if (slot->pid == 0)
			break;
		slot->owed |= SLOT_OWED_CLOSING;
		stop_say(&slot->end, now);
	}
	return have;
}

/* Retiring */

void
muster_retire(struct slot *slot)
{
	if (slot->pid == 0 || slot->retiring)
		return;
	slot->retiring = true;
	slot->owed |= SLOT_OWED_RETIRE;
}

static void
retire_surplus(struct crew *c, int surplus)
{
	for (; surplus > 0; surplus--) {
		struct slot *slot = slots_surplus(&c->slots, c->board);

		if (slot != NULL)
			muster_retire(slot);
	}
}

/* Waiting connections */

/* The listeners, and behind them what was handed over. */
static size_t
waiting_at(const struct crew *c, enum muster_watch what, int *fds)
{
	size_t n = aide_others(c);

	if (what == MUSTER_WATCH_NOTHING)
		return 0;
	memcpy(fds, c->listeners.fds, n * sizeof(fds[0]));
	if (what == MUSTER_WATCH_ALL && c->handoff.out_fd != -1)
		fds[n++] = c->handoff.out_fd;
	return n;
}

static void
watch_no_more(struct crew *c, enum muster_watch what)
{
	int fds[POOL_LISTEN_MAX + 1];
	size_t i, n = waiting_at(c, what, fds);

	for (i = 0; i < n; i++)
		watch_del(c->conf.epoll_fd, fds[i]);
	c->watching = MUSTER_WATCH_NOTHING;
}

/* All of WHAT or nothing; false: it cannot be had now. */
static bool
watch_waiting(struct crew *c, enum muster_watch what)
{
	const struct watch w = { .kind = WATCH_WAITING, .crew = c->conf.index };
	int fds[POOL_LISTEN_MAX + 1];
	size_t i, n;

	if (what == c->watching)
		return true;
	watch_no_more(c, c->watching);
	n = waiting_at(c, what, fds);
	for (i = 0; i < n; i++) {
		if (watch_add(c->conf.epoll_fd, fds[i], EPOLLIN, &w) == 0 ||
		    errno == EEXIST)
			continue;
		watch_no_more(c, what);
		return false;
	}
	c->watching = what;
	return true;
}

/* All are busy, and no more may be: does a connection wait?  Of dynamic
 * pools workers tell. */
static bool
watches_limit(const struct crew *c, const struct scale_view *view, int64_t now)
{
	return c->pool->pm != POOL_STATIC &&
	    (c->pool->pm == POOL_ONDEMAND || c->pool->native) && !c->at_limit &&
	    now >= c->limit_look_ms && view->have >= c->scale.max &&
	    view->idle == 0 && view->starting == 0;
}

static enum muster_watch
to_watch(const struct crew *c, const struct scale_view *view, int64_t now)
{
	if (c->rationed)
		return c->lookout.on ? MUSTER_WATCH_LISTENERS
				     : MUSTER_WATCH_NOTHING;
	if (watches_limit(c, view, now) &&
	    (!c->pool->native || c->natives->look_ms == 0))
		return MUSTER_WATCH_ALL;
	if (c->pool->native)
		return vigil_watches(c, view, now) ? MUSTER_WATCH_ALL
						   : MUSTER_WATCH_NOTHING;
	if (scale_watches(&c->scale, c->pool, view))
		return MUSTER_WATCH_ALL;
	return c->lookout.on ? MUSTER_WATCH_LISTENERS : MUSTER_WATCH_NOTHING;
}

void
muster_unwatch(struct crew *c)
{
	watch_no_more(c, c->watching);
}

static void
look(struct crew *c, int64_t now, struct scale_view *view)
{
	slots_look(&c->slots, c->board, now);
	slots_view(&c->slots, c->board, now - c->pool->idle_timeout_ms, view);
}

static void
set_up(struct crew *c)
{
	c->state = CREW_UP;
	log_about(LOG_LEVEL_DEBUG, &(struct log_about){ .pool = c->pool->name },
	    "pool %s: up", c->pool->name);
}

/* Workers of earlier generations, busy for long, or those of other pools may
 * leave no room for all that are awaited; those who are there will do.  True:
 * whoever waits for that is to look again. */
static bool
make_do(struct crew *c, const struct scale_view *view)
{
	bool full = c->trying && slots_empty(&c->slots) == NULL;

	if (c->state != CREW_STARTING || view->have == 0 ||
	    view->starting > 0 || (!full && room(c, view->have) > 0))
		return false;
	set_up(c);
	return true;
}

int64_t
muster(struct crew *c, int64_t now)
{
	int64_t due = death_forgive(c, now);
	struct scale_view view;

	if (c->retired) {
		c->rationed = false;
		muster_unwatch(c);
		return due;
	}
	look(c, now, &view);
	if (c->demand && c->pool->native)
		view.idle = 0; /* or it would have been taken */
	tune_limit(c, &view, now);
	scale_resume(&c->scale, c->pool, &view, now);
	if (has_room_again(c, &view))
		c->demand = true;
	if (c->demand && scale_watches(&c->scale, c->pool, &view))
		view.waiting = tune_waiting(c);
	if (c->demand)
		scale_demand(&c->scale, c->pool, &view, now);
	c->demand = false;
	scale_tick(&c->scale, c->pool, &view, now);
	due = clock_sooner(due, scale_due(&c->scale, c->pool));
	due = clock_sooner(due, start_missing(c, view.have, now));
	retire_surplus(c, view.have - c->scale.goal);
	look(c, now, &view);
	if (make_do(c, &view))
		due = now;
	if (!watch_waiting(c, to_watch(c, &view, now)))
		due = clock_sooner(due, now + WATCH_RETRY_MS);
	return due;
}

void
muster_ready(struct crew *c, struct slot *slot)
{
	if (slot->ready)
		return;
	slot->ready = true;
	if (slot->aide)
		return;
	if (c->pool->native)
		board_set_state(
		    c->board, slots_index(&c->slots, slot), BOARD_IDLE);
	if (c->state == CREW_STARTING && !slot->old && --c->awaited <= 0)
		set_up(c);
}
