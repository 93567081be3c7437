/* adopt.c - a pool goes on with what an earlier program left to it.
 *
 * Its workers are in their slots as an old generation, so everything else is
 * as in a reload.
 */
#include "base/io.h"
#include "base/log.h"
#include "master/heirs.h"
#include "master/members.h"
#include "master/tune.h"

int
adopt_slots(struct crew *c, const struct heir *heir)
{
	size_t i, n = crew_slots_for(c->pool->max_children);

	for (i = 0; heir != NULL && i < heir->nworkers; i++)
		if (heir->workers[i].index >= n &&
		    heir->workers[i].index < BOARD_SLOTS_MAX)
			n = heir->workers[i].index + 1;
	return slots_open(&c->slots, n);
}

struct board *
adopt_board(struct crew *c, struct heir *heir)
{
	struct board *b;

	if (heir == NULL || heir->board_fd == -1)
		return board_new(c->slots.n);
	b = board_adopt(heir->board_fd); /* closes it when it fails */
	heir->board_fd = -1;
	if (b != NULL && board_grow(b, c->slots.n) == 0)
		return b;
	board_free(b);
	log_about(LOG_LEVEL_NOTICE,
	    &(struct log_about){ .pool = c->pool->name },
	    "pool %s: counters begin anew", c->pool->name);
	return board_new(c->slots.n);
}

int
adopt_handoff(
    struct crew *c, const struct handoff_conf *conf, struct heir *heir)
{
	int in_fd, out_fd;

	if (heir == NULL || heir->in_fd == -1 || heir->out_fd == -1)
		return handoff_open(&c->handoff, conf);
	in_fd = heir->in_fd;
	out_fd = heir->out_fd;
	heir->in_fd = heir->out_fd = -1;
	return handoff_inherit(&c->handoff, conf, in_fd, out_fd);
}

/* Also more than may be kept now. */
static void
adopt_parked(struct crew *c, struct heir *heir, int64_t now)
{
	struct handoff_conf conf = c->handoff.conf, wide = conf;
	size_t i;

	wide.room[PARKING_KEPT] += heir->nparked;
	wide.room[PARKING_SILENT] += heir->nparked;
	if (handoff_reserve(&c->handoff, &wide) == 0)
		handoff_change(&c->handoff, &wide);
	for (i = 0; i < heir->nparked; i++) {
		const struct chan_msg msg = { .kind = CHAN_PARK,
			.value = heir->parked[i].silent,
			.since_ms = heir->parked[i].since_ms };

		(void)handoff_adopt(&c->handoff, heir->parked[i].fd, &msg, now);
		heir->parked[i].fd = -1;
	}
	handoff_change(&c->handoff, &conf);
}

static void
adopt_worker(struct crew *c, struct heir_worker *from, int64_t now)
{
	struct slot *slot = &c->slots.at[from->index];

	*slot = (struct slot){ .pid = from->pid,
		.channel_fd = from->channel_fd,
		.born_ms = from->born_ms,
		.moved_ms = now,
		.ready = true,
		.aide = from->aide,
		.old = true };
	if (slot->channel_fd != -1)
		mail_listen(c, slot, now);
	if (c->pool->native && from->output_fd != -1)
		natives_born(c->natives, from->index, from->pid,
		    c->listeners.fds[0], from->output_fd);
	else
		io_close(&from->output_fd);
	from->channel_fd = from->output_fd = -1;
}

void
adopt_workers(struct crew *c, struct heir *heir, int64_t now)
{
	int workers = 0, before;
	size_t i;

	heir->taken = true;
	if (heir->scale > 0 && tune_scale(c, heir->scale, &before) == -1)
		log_warn("pool %s: no room for %d workers", c->pool->name,
		    heir->scale);
	for (i = 0; i < heir->nworkers; i++) {
		struct heir_worker *from = &heir->workers[i];

		if (from->index >= c->slots.n || from->pid <= 0 ||
		    c->slots.at[from->index].pid != 0)
			continue;
		adopt_worker(c, from, now);
		workers += !from->aide;
	}
	if (!c->pool->native)
		adopt_parked(c, heir, now);
	c->relieving = true;
	c->retired = heir->retired;
	tune_refuse(c, heir->refusing);
	if (c->pool->pm != POOL_STATIC && workers > c->scale.goal)
		c->scale.goal = workers < c->scale.max ? workers : c->scale.max;
	c->awaited = c->retired ? 0 : c->scale.goal;
}
