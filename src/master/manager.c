/* manager.c - the service manager: what it is told, and when it is left
 * alone with the listeners because there is nothing to do. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "master/frame.h"

static void
tally(const struct master *m, struct crew_tally *sum)
{
	size_t i;

	memset(sum, 0, sizeof(*sum));
	for (i = 0; i < m->nseats; i++)
		if (m->seats[i].crew != NULL)
			crew_tally(m->seats[i].crew, sum);
}

int64_t
manager_report(struct master *m, bool up, int64_t now)
{
	struct service_view view = { .up = up,
		.pools = m->conf->npools,
		.interval_ms = m->conf->systemd_interval_ms };
	struct crew_tally sum;

	if (now < service_due(&m->service, up))
		return service_due(&m->service, up);
	tally(m, &sum);
	view.workers = sum.workers;
	view.busy = sum.busy;
	view.requests = sum.requests;
	service_turn(&m->service, &view, now);
	return service_due(&m->service, up);
}

bool
manager_leave(struct master *m, int64_t now, int64_t *due)
{
	int64_t limit = m->conf->idle_exit_ms;
	struct idle_view view = { 0 };
	struct crew_tally sum;

	*due = CLOCK_NEVER;
	if (limit == 0)
		m->idle = (struct idle){ 0 };
	if (limit == 0 || m->stop.said)
		return false;
	*due = idle_due(&m->idle, limit);
	if (now < *due)
		return false;
	tally(m, &sum);
	view.events = sum.connections + sum.requests;
	view.active = sum.busy > 0 || sum.parked > 0;
	if (idle_long(&m->idle, &view, limit, now)) {
		log_notice("nothing to do for %d.%03d seconds: leaving",
		    (int)(limit / 1000), (int)(limit % 1000));
		return true;
	}
	*due = idle_due(&m->idle, limit);
	return false;
}
