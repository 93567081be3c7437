/* bequeath.c - a pool's part of what is left to the next program. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "master/members.h"
#include "master/tune.h"
#include "master/will.h"

static void
leave_pool(const struct crew *c, struct will *w)
{
	struct state_item item = { .kind = STATE_POOL };

	item.u.pool.native = c->pool->native;
	item.u.pool.retired = c->retired;
	item.u.pool.refusing = tune_is_refusing(c);
	item.u.pool.scale = tune_scaled(c);
	item.u.pool.board_fd = board_fd(c->board);
	item.u.pool.in_fd = c->handoff.in_fd;
	item.u.pool.out_fd = c->handoff.out_fd;
	(void)snprintf(
	    item.u.pool.name, sizeof(item.u.pool.name), "%s", c->pool->name);
	will_add(w, &item);
}

static void
leave_listeners(const struct crew *c, struct will *w)
{
	const struct listeners *l = &c->listeners;
	size_t i;

	for (i = 0; i < l->n; i++) {
		struct state_item item = { .kind = STATE_LISTENER };

		item.u.listener.fd = l->fds[i];
		item.u.listener.native = l->native;
		item.u.listener.own = l->own[i];
		item.u.listener.made = l->files[i].made;
		item.u.listener.dev = l->files[i].dev;
		item.u.listener.ino = l->files[i].ino;
		item.u.listener.addr = l->addrs[i];
		will_add(w, &item);
	}
}

static void
leave_workers(const struct crew *c, struct will *w)
{
	size_t i;

	for (i = 0; i < c->slots.n; i++) {
		const struct slot *slot = &c->slots.at[i];
		struct state_item item = { .kind = STATE_SLOT };

		if (slot->pid == 0)
			continue;
		item.u.slot.index = (unsigned)i;
		item.u.slot.pid = slot->pid;
		item.u.slot.channel_fd = slot->channel_fd;
		item.u.slot.output_fd =
		    c->pool->native ? natives_output_fd(c->natives, i) : -1;
		item.u.slot.born_ms = slot->born_ms;
		item.u.slot.aide = slot->aide;
		will_add(w, &item);
	}
}

static void
leave_parked(void *arg, const struct parked *parked)
{
	struct state_item item = { .kind = STATE_PARKED };

	item.u.parked.fd = parked->fd;
	item.u.parked.silent = parked->kind == PARKING_SILENT;
	item.u.parked.since_ms = parked->since_ms;
	will_add(arg, &item);
}

void
crew_bequeath(struct crew *c, struct will *w)
{
	if (!c->pool->native)
		aide_settle(c);
	leave_pool(c, w);
	leave_listeners(c, w);
	leave_workers(c, w);
	if (!c->pool->native)
		handoff_each(&c->handoff, leave_parked, w);
	/* What programs left of their groups has had its TERM, and there will
	 * be nobody to look after it. */
	if (c->pool->native)
		natives_signal_left(c->natives, SIGKILL);
}
