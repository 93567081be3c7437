#include "master/swap.h"

#include <stdio.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/log.h"
#include "master/frame.h"
#include "master/listeners.h"
#include "master/tune.h"

#define LIMIT_MS 30000 /* for all new workers to be ready */

static int
busy(struct master_error *err, const char *what)
{
	return master_fail(
	    err, EX_TEMPFAIL, "%s is under way; try again", what);
}

static unsigned
index_of(const struct master *m, const struct crew *c)
{
	size_t i;

	for (i = 0; i < m->nseats; i++)
		if (m->seats[i].crew == c)
			break;
	return (unsigned)i;
}

int
swap_begin(struct master *m, struct crew *c, bool refuse, master_verdict *done,
    void *arg, int64_t now, struct master_error *err)
{
	struct listeners *own[] = { crew_listeners(c) };
	const struct listeners_from from = { .at = own, .n = 1 };
	const struct crew_conf conf = { .pool = crew_pool(c),
		.index = index_of(m, c),
		.epoll_fd = m->epoll_fd,
		.limits = &m->self.workers,
		.ration = &m->ration,
		.generation = m->generation,
		.scaled = true,
		.from = &from };
	bool refused = tune_is_refusing(c);

	if (m->swap.crew != NULL)
		return busy(err, "the restart of a pool");
	if (reload_is_under_way(m) || m->reload.asked)
		return busy(err, "a reload");
	if (m->stop.said)
		return busy(err, "a stop");
	if (crew_try(c, &conf, now, err) == -1)
		return -1;
	tune_refuse(c, refuse);
	m->swap = (struct swap){ .crew = c,
		.limit_ms = now + LIMIT_MS,
		.refused = refused,
		.done = done,
		.arg = arg };
	return 0;
}

static void
end(struct master *m, int code, const char *text)
{
	struct swap swap = m->swap;

	m->swap = (struct swap){ 0 };
	if (swap.done != NULL)
		swap.done(swap.arg, code, text);
}

static void
fall_back(struct master *m, int code, const char *why, int64_t now)
{
	char text[sizeof(((struct master_error *)0)->text)];

	(void)snprintf(text, sizeof(text), "%s", why);
	tune_refuse(m->swap.crew, m->swap.refused);
	crew_rollback(m->swap.crew, now);
	log_error("restart: %s; the old workers keep serving", text);
	end(m, code, text);
}

/* Nobody takes a request any more who was there before. */
static void
tell(struct master *m)
{
	const struct crew *c = m->swap.crew;
	char text[120];

	(void)snprintf(text, sizeof(text), "pool %s: %s", crew_pool(c)->name,
	    tune_is_refusing(c) ? "drained, answers 503" : "new workers serve");
	end(m, 0, text);
}

int64_t
swap_turn(struct master *m, int64_t now)
{
	struct crew *c = m->swap.crew;

	if (c == NULL)
		return CLOCK_NEVER;
	if (m->stop.said) {
		end(m, EX_UNAVAILABLE, "the master stops");
		return CLOCK_NEVER;
	}
	if (m->swap.settle_ms != 0) {
		if (now >= m->swap.settle_ms || crew_is_settled(c))
			tell(m);
	} else if (crew_state(c) == CREW_FAILED) {
		fall_back(m, crew_error(c)->code, crew_error(c)->text, now);
	} else if (crew_state(c) == CREW_UP) {
		crew_pass_listeners(c, c);
		crew_commit(c, now);
		manager_store_soon(m);
		m->swap.settle_ms = m->swap.limit_ms = now + CREW_SETTLE_MS;
		return now; /* the old ones have not been told yet */
	} else if (now >= m->swap.limit_ms) {
		fall_back(m, EX_TEMPFAIL,
		    "the new workers were not ready in time", now);
	}
	return m->swap.crew == NULL ? CLOCK_NEVER : m->swap.limit_ms;
}

void
swap_forget(struct master *m, const void *arg)
{
	if (m->swap.arg == arg)
		m->swap.done = NULL;
}
