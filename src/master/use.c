/* use.c - does anybody need this pool?  For idle_exit.
 *
 * Our workers count what comes.  Native programs do not tell, so there it is
 * looked at what they leave behind when they do something: connections that
 * are open or wait, and that they ran at all.
 */
#include "base/log.h"
#include "master/members.h"
#include "master/motion.h"
#include "master/peek.h"

#define UNSEEN_MAX 8 /* looks; one that has just ended is unseen, too */

static void
say_unseen(const struct crew *c, pid_t pid)
{
	log_about(LOG_LEVEL_NOTICE,
	    &(struct log_about){ .pool = c->pool->name, .program = pid },
	    "pool %s: idle_exit: it cannot be seen whether program %d runs "
	    "(/proc/%d/task/*/schedstat and children), so it is taken to",
	    c->pool->name, (int)pid, (int)pid);
}

/* What they ran so far; those of whom that cannot be known may have done
 * anything. */
static void
look_at_programs(struct crew *c, struct crew_use *u)
{
	pid_t unseen = 0;
	size_t i;

	for (i = 0; i < c->slots.n; i++) {
		const struct slot *slot = &c->slots.at[i];
		uint64_t mark;

		if (slot->pid == 0 || slot->aide)
			continue;
		mark = motion_of(slot->pid);
		if (mark == 0)
			unseen = slot->pid;
		u->marks += mark;
	}
	if (unseen != 0)
		u->active = true;
	c->natives->unseen = unseen != 0 ? c->natives->unseen + 1 : 0;
	if (c->natives->unseen == UNSEEN_MAX)
		say_unseen(c, unseen);
}

static void
look_at_connections(const struct crew *c, struct crew_use *u)
{
	struct peek_conns conns;

	if (c->listeners.n == 0)
		return;
	peek_conns(&c->pool->listen[0].addr, &conns);
	if (!conns.known || conns.n > 0 || vigil_is_waiting(c))
		u->active = true;
}

void
crew_use(struct crew *c, struct crew_use *u)
{
	struct crew_tally t = { 0 };

	crew_tally(c, &t);
	/* Its status worker counts for a native pool, too. */
	u->events += t.connections + board_sum(c->board, BOARD_ACCEPTED);
	if (t.waiting > 0 || t.busy > 0)
		u->active = true;
	if (!c->pool->native)
		return;
	look_at_connections(c, u);
	/* Those that are told to go run for that. */
	if (!c->retired)
		look_at_programs(c, u);
}
