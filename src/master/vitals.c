/* vitals.c - workers that do not answer any more are replaced. */
#include "base/clock.h"
#include "base/log.h"
#include "master/channel.h"
#include "master/members.h"
#include "master/tune.h"

/* In a request, or on the way to its first one.  Idle ones are left alone, as
 * the kernel wakes nobody who cannot run; unless somebody WAITS that one of
 * them should have taken. */
static bool
could_be_stuck(const struct crew *c, size_t i, bool waits)
{
	const struct slot *slot = &c->slots.at[i];
	enum board_state state = board_get_state(c->board, i);

	return slot->pid != 0 && !slot->end.said && slot->channel_fd != -1 &&
	    (!slot->ready || state == BOARD_BUSY || state == BOARD_RETIRING ||
		(waits && state == BOARD_IDLE));
}

static void
replace(struct crew *c, struct slot *slot, int64_t now)
{
	log_about(LOG_LEVEL_WARNING,
	    &(struct log_about){ .pool = c->pool->name, .worker = slot->pid },
	    "pool %s: worker %d has not answered for %d.%03d seconds: "
	    "it is replaced",
	    c->pool->name, (int)slot->pid,
	    (int)(c->pool->hang_timeout_ms / 1000),
	    (int)(c->pool->hang_timeout_ms % 1000));
	stop_say(&slot->end, now);
	stop_say(&slot->end, now); /* whatever it does, it does not do it */
}

static void
look(struct crew *c, int64_t now)
{
	const struct chan_msg ping = { .kind = CHAN_PING };
	bool waits = tune_waiting(c) > 0;
	size_t i;

	for (i = 0; i < c->slots.n; i++) {
		struct slot *slot = &c->slots.at[i];

		switch (pulse_next(&slot->pulse, could_be_stuck(c, i, waits))) {
		case PULSE_FINE:
			break;
		case PULSE_ASK:
			/* Full, as nobody reads it, is a question, too. */
			(void)channel_put(slot->channel_fd, &ping, NULL, 0);
			break;
		case PULSE_STUCK:
			replace(c, slot, now);
			break;
		}
	}
}

int64_t
vitals_turn(struct crew *c, int64_t now)
{
	int64_t tick = c->pool->hang_timeout_ms / PULSE_MISSES;

	if (tick == 0 || c->pool->native)
		return CLOCK_NEVER;
	if (now >= c->vitals_ms) {
		look(c, now);
		c->vitals_ms = now + tick;
	}
	return c->vitals_ms;
}
