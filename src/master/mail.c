/* mail.c - what the master and its workers have to say to each other. */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "master/channel.h"
#include "master/look.h"
#include "master/members.h"

#define TURN_MAX 64   /* messages of one worker in a turn */
#define LAST_MAX 1024 /* what a channel can hold, and more */
#define DEAF_MS 20    /* between looks at a channel that is not watched */

static void
hang_up(struct crew *c, struct slot *slot)
{
	watch_del(c->conf.epoll_fd, slot->channel_fd);
	io_close(&slot->channel_fd);
}

/* FD is the connection, owned from now on. */
static void
park(struct crew *c, int fd, const struct chan_msg *msg, int64_t now)
{
	bool silent = msg->value != 0;

	if (!c->pool->native && (!c->stopping || (c->closing && silent))) {
		(void)handoff_adopt(&c->handoff, fd, msg, now);
		closing_parked(c, now);
		return;
	}
	crew_leave_conn(c, fd, silent);
	(void)close(fd);
}

static void
take_one(struct crew *c, struct slot *slot, const struct chan_msg *msg, int fd,
    int64_t now)
{
	switch (msg->kind) {
	case CHAN_READY:
		pulse_heard(&slot->pulse);
		muster_ready(c, slot);
		break;
	case CHAN_PARK:
		park(c, fd, msg, now);
		break;
	case CHAN_FULL:
		/* On demand, somebody has to wait before one is started. */
		if (c->pool->pm == POOL_DYNAMIC)
			c->demand = true;
		break;
	case CHAN_FAILED:
		slot->failure = msg->value;
		slot->failed_at = msg->since_ms;
		break;
	case CHAN_KEEP:
	case CHAN_PASS:
	case CHAN_MORE:
		if (!c->pool->native)
			look_answered(&c->handoff,
			    (unsigned)slots_index(&c->slots, slot), msg, now);
		break;
	case CHAN_CLOSING:
		slot->closing = true;
		break;
	case CHAN_RETIRE:
	case CHAN_STOP:
	case CHAN_LOG:
	case CHAN_PING:
	case CHAN_LOOK:
	case CHAN_CONN: /* channel_get() lets none of these through */
		break;
	}
}

static void
dropped(
    struct crew *c, const struct slot *slot, enum channel_got got, int64_t now)
{
	if (!crew_may_log(c, CREW_RATE_MAIL, now))
		return;
	if (got == CHANNEL_LOST)
		log_about(LOG_LEVEL_WARNING,
		    &(struct log_about){ .pool = c->pool->name },
		    "pool %s: no descriptor left to park a connection",
		    c->pool->name);
	else
		log_about(LOG_LEVEL_WARNING,
		    &(struct log_about){
			.pool = c->pool->name, .worker = slot->pid },
		    "pool %s: worker %d sent what is no message", c->pool->name,
		    (int)slot->pid);
}

static enum channel_got
take(struct crew *c, struct slot *slot, int most, int64_t now)
{
	enum channel_got got = CHANNEL_NOTHING;
	struct chan_msg msg;
	int fd;

	for (; most > 0 && slot->channel_fd != -1; most--) {
		got = channel_get(slot->channel_fd, &msg, &fd);
		if (got == CHANNEL_MESSAGE)
			take_one(c, slot, &msg, fd, now);
		else if (got == CHANNEL_GARBAGE || got == CHANNEL_LOST)
			dropped(c, slot, got, now);
		else
			break;
	}
	return got;
}

static void
ended(struct crew *c, struct slot *slot)
{
	hang_up(c, slot);
	/* A native program was executed: its end was close-on-exec. */
	if (c->pool->native && slot->failure == 0)
		muster_ready(c, slot);
}

static int
watch(const struct crew *c, const struct slot *slot)
{
	const struct watch w = { .kind = WATCH_CHANNEL,
		.crew = c->conf.index,
		.place = (unsigned)slots_index(&c->slots, slot) };

	return watch_add(c->conf.epoll_fd, slot->channel_fd, EPOLLIN, &w);
}

void
mail_listen(struct crew *c, struct slot *slot, int64_t now)
{
	slot->deaf = watch(c, slot) == -1;
	if (slot->deaf && crew_may_log(c, CREW_RATE_MAIL, now))
		log_about(LOG_LEVEL_WARNING,
		    &(struct log_about){
			.pool = c->pool->name, .worker = slot->pid },
		    "pool %s: cannot watch worker %d: %s; looking at it every "
		    "%d ms",
		    c->pool->name, (int)slot->pid, strerror(errno), DEAF_MS);
}

int64_t
mail_turn(struct crew *c, int64_t now)
{
	int64_t due = CLOCK_NEVER;
	size_t i;

	for (i = 0; i < c->slots.n; i++) {
		struct slot *slot = &c->slots.at[i];

		if (slot->pid == 0 || !slot->deaf)
			continue;
		slot->deaf = false;
		mail_take(c, slot, now);
		if (slot->channel_fd != -1 && !slot->deaf)
			slot->deaf = watch(c, slot) == -1;
		if (slot->deaf)
			due = now + DEAF_MS;
	}
	return due;
}

void
mail_take(struct crew *c, struct slot *slot, int64_t now)
{
	enum channel_got got = CHANNEL_NOTHING;

	if (slot->channel_fd != -1)
		got = take(c, slot, TURN_MAX, now);
	if (got == CHANNEL_END)
		ended(c, slot);
	if (got != CHANNEL_SHORT || slot->deaf)
		return;
	/* It would be told of again at once. */
	watch_del(c->conf.epoll_fd, slot->channel_fd);
	slot->deaf = true;
}

void
mail_take_last(struct crew *c, struct slot *slot, int64_t now)
{
	if (slot->channel_fd == -1)
		return;
	if (take(c, slot, LAST_MAX, now) == CHANNEL_END)
		ended(c, slot);
	else
		hang_up(c, slot);
}

static int
send_log(const struct slot *slot, int which, int fd)
{
	const struct chan_msg msg = { .kind = CHAN_LOG, .value = which };

	return fd == -1 ? 0 : channel_put(slot->channel_fd, &msg, &fd, 1);
}

/* All of them, as they are now: once more does no harm. */
static int
send_logs(const struct crew *c, const struct slot *slot)
{
	int i;

	/* Standard error is the same for all, and never another. */
	if (log_fd() != STDERR_FILENO &&
	    send_log(slot, PLACE_LOG_ERROR(log_kind()), log_fd()) == -1)
		return -1;
	for (i = 0; i < PLACE_LOGS; i++)
		if (send_log(slot, PLACE_LOG_VALUE(i), c->log_fds[i]) == -1)
			return -1;
	return 0;
}

static int
send_one(const struct crew *c, const struct slot *slot, enum slot_owed what)
{
	struct chan_msg msg = { .kind = CHAN_RETIRE };

	if (what == SLOT_OWED_LOGS)
		return send_logs(c, slot);
	if (what == SLOT_OWED_STOP)
		msg.kind = CHAN_STOP;
	if (what == SLOT_OWED_CLOSING)
		msg.kind = CHAN_CLOSING;
	return channel_put(slot->channel_fd, &msg, NULL, 0);
}

/* True if something stays owed. */
static bool
send_owed(const struct crew *c, struct slot *slot)
{
	static const enum slot_owed all[] = { SLOT_OWED_LOGS, SLOT_OWED_CLOSING,
		SLOT_OWED_RETIRE, SLOT_OWED_STOP };
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if ((slot->owed & all[i]) == 0)
			continue;
		if (slot->channel_fd != -1 && send_one(c, slot, all[i]) == -1 &&
		    errno != EPIPE && errno != ECONNRESET)
			return true;
		slot->owed &= ~(unsigned)all[i];
	}
	return false;
}

/* A native program hears signals only; its log is ours already. */
static void
signal_owed(struct crew *c, struct slot *slot, int64_t now)
{
	if ((slot->owed & SLOT_OWED_STOP) != 0) {
		natives_signal(slot->pid, SIGTERM);
		natives_signal(slot->pid, SIGCONT);
	} else if ((slot->owed & SLOT_OWED_RETIRE) != 0) {
		vigil_retire(c, slot, now);
	}
	slot->owed = 0;
}

bool
mail_send(struct crew *c, int64_t now)
{
	bool owing = false;
	size_t i;

	for (i = 0; i < c->slots.n; i++) {
		struct slot *slot = &c->slots.at[i];

		if (slot->pid == 0 || slot->owed == 0)
			continue;
		if (c->pool->native && !slot->aide) {
			signal_owed(c, slot, now);
			continue;
		}
		if (send_owed(c, slot))
			owing = true;
	}
	return owing;
}
