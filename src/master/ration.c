#include "master/ration.h"

#include <limits.h>

static bool
is_owed(const struct ration_claim *claim)
{
	return claim->wants && claim->have == 0;
}

void
ration_count(struct ration *r, const struct ration_claim *claim)
{
	r->taken += claim->have;
	r->owed += is_owed(claim);
}

int
ration_room(const struct ration *r, const struct ration_claim *claim)
{
	int others = r->owed - is_owed(claim);
	int room = r->max - r->taken - (others > 0 ? others : 0);

	if (r->max == 0)
		return INT_MAX;
	if (room < 1)
		return (is_owed(claim) && claim->always) || claim->replaces;
	return room;
}

void
ration_take(struct ration *r, const struct ration_claim *claim)
{
	r->taken++;
	if (is_owed(claim) && r->owed > 0)
		r->owed--;
}
