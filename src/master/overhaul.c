#include "master/overhaul.h"

#include <signal.h>
#include <sys/wait.h>

#include "base/log.h"
#include "master/frame.h"
#include "master/tune.h"

void
overhaul_died(struct master *m, int status, int64_t now)
{
	const struct emergency_conf *conf = &m->conf->emergency;
	struct overhaul *o = &m->overhaul;

	if (!WIFSIGNALED(status) ||
	    (WTERMSIG(status) != SIGSEGV && WTERMSIG(status) != SIGBUS) ||
	    !emergency_crashed(&o->crashes, conf, now) || o->under_way)
		return;
	log_warn("failed processes threshold (%u in %d sec) is reached: all "
		 "workers are replaced",
	    conf->threshold, (int)(conf->interval_ms / 1000));
	o->under_way = true;
	o->seat = 0;
}

static void
over(void *arg, int code, const char *text)
{
	(void)arg;
	if (code == 0) /* otherwise it was said already */
		log_notice("%s", text);
}

void
overhaul_turn(struct master *m, int64_t now)
{
	struct overhaul *o = &m->overhaul;
	struct master_error err;

	if (m->reload.reader.stage != READER_NONE)
		return;
	/* A reload replaces them as well. */
	if (m->stop.said || m->reload.next != NULL || m->reload.asked)
		o->under_way = false;
	while (o->under_way && m->swap.crew == NULL && m->ready == NULL) {
		const struct seat *seat = &m->seats[o->seat++];

		if (o->seat > m->nseats) {
			o->under_way = false;
			return;
		}
		if (!seat_serves(seat) || crew_is_drained(seat->crew))
			continue;
		if (swap_begin(m, seat->crew, tune_is_refusing(seat->crew),
			over, o, now, &err) == -1)
			log_error("pool %s: %s", crew_pool(seat->crew)->name,
			    err.text);
	}
}
