/* age.c - workers that have lived for pm.max_lifetime give way to others. */
#include "base/clock.h"
#include "master/members.h"

#define TROUBLE_MS 1000 /* until it is looked at again */

/* Up to an eighth more, so that those of one moment do not go at once. */
static int64_t
due_of(const struct crew *c, const struct slot *slot)
{
	int64_t life = c->pool->max_lifetime_ms;
	uint32_t mixed = (uint32_t)slot->pid * 2654435761u;

	return slot->born_ms + life + (int64_t)(mixed >> 8) % (life / 8 + 1);
}

int64_t
age_turn(struct crew *c, int64_t now)
{
	int64_t next = CLOCK_NEVER;
	size_t i;

	if (c->pool->max_lifetime_ms == 0)
		return next;
	/* While new ones die young, an old one is better than none. */
	if (restart_troubled(&c->restart))
		return now + TROUBLE_MS;
	for (i = 0; i < c->slots.n; i++) {
		struct slot *slot = &c->slots.at[i];
		int64_t due;

		if (slot->pid == 0 || slot->retiring || slot->aide)
			continue;
		due = due_of(c, slot);
		if (due <= now)
			muster_retire(slot);
		else if (due < next)
			next = due;
	}
	return next;
}
