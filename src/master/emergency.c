#include "master/emergency.h"

bool
emergency_crashed(
    struct emergency *e, const struct emergency_conf *conf, int64_t now)
{
	if (conf->threshold == 0)
		return false;
	if (e->size != conf->threshold) {
		e->size = conf->threshold;
		e->n = e->next = 0;
	}
	e->at[e->next] = now;
	e->next = (e->next + 1) % e->size;
	if (e->n < e->size)
		e->n++;
	/* The ring is full: the next place has the oldest. */
	if (e->n < e->size || now - e->at[e->next] > conf->interval_ms)
		return false;
	e->n = e->next = 0;
	return true;
}
