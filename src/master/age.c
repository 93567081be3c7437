/* age.c - workers that have lived for pm.max_lifetime give way to others. */
#include "base/clock.h"
#include "master/members.h"

#define TROUBLE_MS 1000 /* until it is looked at again */

int64_t
age_due(int64_t born_ms, int64_t life_ms, pid_t pid)
{
	uint32_t mixed = (uint32_t)pid * 2654435761u;

	return born_ms + life_ms + (int64_t)(mixed >> 8) % (life_ms / 8 + 1);
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
		due =
		    age_due(slot->born_ms, c->pool->max_lifetime_ms, slot->pid);
		if (due <= now)
			muster_retire(slot);
		else if (due < next)
			next = due;
	}
	return next;
}
