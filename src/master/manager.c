/* manager.c - the service manager: what it is told, which listeners it keeps,
 * and when it is left alone with them because there is nothing to do. */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "master/frame.h"
#include "master/listeners.h"

#define STORE_RETRY_MS 1000
#define LEAVE_LOOK_MS 10

static void
tally(const struct master *m, struct crew_tally *sum)
{
	size_t i;

	memset(sum, 0, sizeof(*sum));
	for (i = 0; i < m->nseats; i++)
		if (m->seats[i].crew != NULL)
			crew_tally(m->seats[i].crew, sum);
}

static struct crew *
find_pool(const struct master *m, const char *name)
{
	size_t i;

	for (i = 0; i < m->nseats; i++)
		if (seat_serves(&m->seats[i]) &&
		    strcmp(crew_pool(m->seats[i].crew)->name, name) == 0)
			return m->seats[i].crew;
	return NULL;
}

static void
adopt(struct master *m, const char *name, int fd)
{
	bool silent;
	struct crew *c = find_pool(m, fdstore_pool(name, &silent));

	if (c != NULL)
		crew_adopt(c, fd, silent, clock_ms());
}

void
master_report_to(
    struct master *m, const struct notify *to, const struct activation *gave)
{
	size_t i;

	service_open(&m->service, to);
	for (i = 0; i < gave->n; i++) {
		if (fdstore_is_ours(gave->names[i]))
			fdstore_found(&m->store, gave->names[i], gave->fds[i]);
		if (fdstore_is_conn(gave->names[i]))
			adopt(m, gave->names[i], gave->fds[i]);
	}
	manager_store_soon(m);
}

/* All that we made and that serves is to be with the manager, and nothing
 * else. */
static void
store_all(struct master *m, int64_t now)
{
	const struct notify *to = &m->service.to;
	size_t i, j;
	int code = 0;

	fdstore_begin(&m->store);
	for (i = 0; i < m->nseats; i++) {
		const struct listeners *l;

		if (!seat_serves(&m->seats[i]))
			continue;
		l = crew_listeners(m->seats[i].crew);
		for (j = 0; j < l->n; j++)
			if (l->own[j] &&
			    fdstore_want(
				&m->store, to, &l->addrs[j], l->fds[j]) == -1)
				code = -1;
	}
	if (fdstore_end(&m->store, to) == -1)
		code = -1;
	m->store_ms = code == 0 ? CLOCK_NEVER : now + STORE_RETRY_MS;
}

void
manager_store_soon(struct master *m)
{
	m->store_ms = m->service.to.name[0] == '\0' ? CLOCK_NEVER : 0;
}

static void
leave_conn(void *arg, const char *pool, int fd, bool silent)
{
	struct master *m = arg;

	fdstore_leave(&m->store, &m->service.to, pool, fd, silent);
}

void
manager_stopping(struct master *m)
{
	const struct crew_keeper keeper = { leave_conn, m };
	size_t i, j;

	service_stopping(&m->service, m->conf->control_timeout_ms);
	m->store_ms = CLOCK_NEVER;
	for (i = 0; i < m->nseats; i++) {
		struct listeners *l;

		if (!seat_serves(&m->seats[i]))
			continue;
		crew_keep(m->seats[i].crew, &keeper);
		l = crew_listeners(m->seats[i].crew);
		for (j = 0; j < l->n; j++)
			if (fdstore_keeps(&m->store, &l->addrs[j]))
				listeners_leave(l, j);
			else
				l->shared[j] =
				    fdstore_has(&m->store, &l->addrs[j]);
	}
}

int64_t
manager_report(struct master *m, bool up, int64_t now)
{
	struct service_view view = { .up = up,
		.pools = m->conf->npools,
		.interval_ms = m->conf->systemd_interval_ms };
	struct crew_tally sum;

	if (now >= m->store_ms)
		store_all(m, now);
	if (now < service_due(&m->service, up))
		return clock_sooner(m->store_ms, service_due(&m->service, up));
	/* A listener that was mended meanwhile is another socket. */
	if (!m->stop.said)
		store_all(m, now);
	tally(m, &sum);
	view.workers = sum.workers;
	view.busy = sum.busy;
	view.requests = sum.requests;
	view.uncounted = sum.uncounted >= view.pools;
	service_turn(&m->service, &view, now);
	return clock_sooner(m->store_ms, service_due(&m->service, up));
}

/* Has everybody gone?  Is anybody drained? */
static void
look_around(const struct master *m, bool *empty, bool *drained)
{
	size_t i;

	*empty = true;
	*drained = false;
	for (i = 0; i < m->nseats; i++) {
		if (m->seats[i].crew == NULL)
			continue;
		*empty = *empty && crew_is_empty(m->seats[i].crew);
		*drained = *drained || crew_is_drained(m->seats[i].crew);
	}
}

static void
drain_all(struct master *m, bool drained)
{
	size_t i;

	m->leaving = drained;
	for (i = 0; i < m->nseats; i++) {
		if (!seat_serves(&m->seats[i]))
			continue;
		if (drained)
			crew_drain(m->seats[i].crew);
		else
			crew_resume(m->seats[i].crew);
	}
}

static bool
is_used(const struct master *m, struct idle_view *view)
{
	struct crew_use use = { 0 };
	size_t i;

	for (i = 0; i < m->nseats; i++)
		if (m->seats[i].crew != NULL)
			crew_use(m->seats[i].crew, &use);
	*view = (struct idle_view){
		.events = use.events, .marks = use.marks, .active = use.active
	};
	return view->active || view->events != m->idle.events;
}

/* A worker may be woken by a connection in the moment in which it is told to
 * go; so they go first, and we only when nobody came meanwhile. */
static bool
leave(struct master *m, int64_t now, int64_t *due)
{
	struct idle_view view;
	bool empty, drained;

	look_around(m, &empty, &drained);
	if (is_used(m, &view) || m->reload.asked || reload_is_under_way(m)) {
		log_notice("a connection came: staying");
		drain_all(m, false);
		m->idle = (struct idle){ 0 };
		*due = now;
		return false;
	}
	*due = now + LEAVE_LOOK_MS;
	return empty;
}

bool
manager_leave(struct master *m, int64_t now, int64_t *due)
{
	int64_t limit = m->conf->idle_exit_ms;
	struct idle_view view;
	bool empty, drained;

	*due = CLOCK_NEVER;
	if (m->stop.said)
		return false;
	if (m->leaving)
		return leave(m, now, due);
	if (limit == 0)
		m->idle = (struct idle){ 0 };
	*due = idle_due(&m->idle, limit);
	if (now < *due)
		return false;
	(void)is_used(m, &view);
	look_around(m, &empty, &drained);
	view.active = view.active || drained;
	if (idle_long(&m->idle, &view, limit, now)) {
		log_notice("idle for %d.%03d seconds: leaving",
		    (int)(limit / 1000), (int)(limit % 1000));
		drain_all(m, true);
		*due = now;
		return false;
	}
	*due = idle_due(&m->idle, limit);
	return false;
}
