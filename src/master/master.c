/* master.c - the supervision loop.
 *
 * One turn: take in who died and which signals came, do what is due, sleep
 * until the next event or deadline.  Signals are blocked except inside
 * epoll_pwait(), so none can slip in between looking and sleeping, and no
 * code here runs in a handler.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/pidfile.h"
#include "base/sig.h"
#include "master/door.h"
#include "master/frame.h"
#include "master/heirs.h"
#include "master/service.h"

#define EVENTS_MAX 128

static const int signals[] = { SIGCHLD, SIGTERM, SIGINT, SIGQUIT, SIGHUP,
	SIGUSR1, SIGUSR2, SIGTTIN, SIGTTOU, SIGWINCH };
#define NSIGNALS (sizeof(signals) / sizeof(signals[0]))

/* What came in */

static void
reap(struct master *m, int64_t now)
{
	int status;
	pid_t pid;
	size_t i;

	for (;;) {
		pid = waitpid(-1, &status, WNOHANG);
		if (pid == -1 && errno == EINTR)
			continue; /* its signal was taken: not said again */
		if (pid <= 0)
			break;
		for (i = 0; i < m->nseats; i++)
			if (m->seats[i].crew != NULL &&
			    crew_died(m->seats[i].crew, pid, status, now))
				break;
		if (i < m->nseats)
			overhaul_died(m, status, now);
		if (i == m->nseats && !upgrade_died(m, pid, status) &&
		    !reader_died(m, pid, status))
			/* We may be everybody's parent. */
			log_debug("process %d is not ours", (int)pid);
	}
}

void
door_reopen(struct master *m)
{
	size_t i;

	if (log_reopen() == -1)
		log_warn("cannot open the error log again: %s; going on with "
			 "the old one",
		    strerror(errno));
	for (i = 0; i < m->nseats; i++)
		if (m->seats[i].crew != NULL)
			crew_reopen(m->seats[i].crew);
}

struct crew *
door_crew(const struct master *m, size_t i)
{
	size_t at;

	for (at = 0; at < m->nseats; at++)
		if (seat_serves(&m->seats[at]) && i-- == 0)
			return m->seats[at].crew;
	return NULL;
}

static void
nudge(struct master *m, int by)
{
	size_t i;

	for (i = 0; i < m->nseats; i++)
		if (seat_serves(&m->seats[i]))
			crew_nudge(m->seats[i].crew, by);
}

static void
drain(struct master *m)
{
	size_t i;

	log_notice("draining: new connections wait");
	m->drained = true;
	for (i = 0; i < m->nseats; i++)
		if (seat_serves(&m->seats[i]))
			crew_drain(m->seats[i].crew);
}

void
door_stop(struct master *m, int64_t now)
{
	log_notice(m->stop.said ? "stopping at once" : "stopping");
	if (!m->stop.said)
		manager_stopping(m);
	stop_say(&m->stop, now);
	reload_drop(m);
	upgrade_drop(m);
}

static void
take_signals(struct master *m, int64_t now)
{
	if (sig_take(SIGCHLD))
		reap(m, now);
	/* Each is taken, so that two different ones are said twice. */
	if (sig_take(SIGTERM))
		door_stop(m, now);
	if (sig_take(SIGINT))
		door_stop(m, now);
	if (sig_take(SIGQUIT))
		door_stop(m, now);
	if (sig_take(SIGHUP))
		master_reload(m, NULL, NULL);
	if (sig_take(SIGUSR2))
		master_upgrade(m, NULL, NULL);
	if (sig_take(SIGUSR1))
		door_reopen(m);
	if (sig_take(SIGTTIN))
		nudge(m, 1);
	if (sig_take(SIGTTOU))
		nudge(m, -1);
	if (sig_take(SIGWINCH))
		drain(m);
}

static void
take_events(
    struct master *m, const struct epoll_event *events, int n, int64_t now)
{
	int i;

	for (i = 0; i < n; i++) {
		struct watch w;

		watch_untag(events[i].data.u64, &w);
		if (w.kind == WATCH_CONTROL)
			control_event(
			    m->control, w.place, events[i].events, now);
		else if (w.kind == WATCH_PROBE)
			upgrade_event(m);
		else if (w.crew < m->nseats && m->seats[w.crew].crew != NULL)
			crew_event(
			    m->seats[w.crew].crew, &w, events[i].events, now);
	}
}

/* What is due */

static void
announce(struct master *m, const char *why)
{
	if (m->ready != NULL)
		m->ready(m->ready_arg, m->code, why);
	m->ready = NULL;
}

/* Tell whoever started us, as soon as it is certain. */
static void
judge_start(struct master *m, int64_t now)
{
	size_t i, up = 0;

	/* Workers of the program before serve, so nobody has to wait. */
	if (m->heirs != NULL && m->ready != NULL) {
		log_notice("took over: generation %u", m->generation);
		announce(m, NULL);
	}
	/* Until then there is no reload, so each seat is taken. */
	for (i = 0; i < m->nseats && m->ready != NULL; i++) {
		const struct master_error *err = crew_error(m->seats[i].crew);

		switch (crew_state(m->seats[i].crew)) {
		case CREW_STARTING:
			break;
		case CREW_UP:
			up++;
			break;
		case CREW_FAILED:
			m->code = err->code;
			log_error("%s", err->text);
			service_failed(&m->service.to, err->code, err->text);
			announce(m, err->text);
			door_stop(m, now);
			stop_say(&m->stop, now); /* nothing runs yet */
			break;
		}
	}
	if (m->ready != NULL && up == m->nseats) {
		log_notice("ready to handle connections");
		/* First: whoever starts a daemon ends with the next line. */
		(void)manager_report(m, true, now);
		announce(m, NULL);
	}
}

static bool
all_gone(const struct master *m)
{
	size_t i;

	for (i = 0; i < m->nseats; i++)
		if (m->seats[i].crew != NULL && !crew_gone(m->seats[i].crew))
			return false;
	return true;
}

static int64_t
turn_crews(struct master *m, int64_t now)
{
	const struct master_conf *next = m->reload.next;
	int64_t due = CLOCK_NEVER;
	size_t i;

	m->ration.max = next != NULL ? next->process_max : m->conf->process_max;
	m->ration.taken = m->ration.owed = 0;
	for (i = 0; m->ration.max != 0 && i < m->nseats; i++)
		if (m->seats[i].crew != NULL)
			crew_count(m->seats[i].crew, &m->ration);
	for (i = 0; i < m->nseats; i++)
		if (m->seats[i].crew != NULL)
			due =
			    clock_sooner(due, crew_turn(m->seats[i].crew, now));
	return due;
}

/* Returns when to come again. */
static int64_t
act(struct master *m, int64_t now)
{
	enum stop_act step;
	int64_t due, look;
	size_t i;

	judge_start(m, now);
	if (manager_leave(m, now, &look))
		door_stop(m, now);
	due = clock_sooner(look, swap_turn(m, now));
	overhaul_turn(m, now);
	due = clock_sooner(due, reload_turn(m, now));
	due = clock_sooner(due, upgrade_turn(m, now));
	while ((step = stop_next(&m->stop, m->conf->control_timeout_ms, now)) !=
	    STOP_WAIT)
		for (i = 0; i < m->nseats; i++)
			if (m->seats[i].crew != NULL)
				crew_stop(m->seats[i].crew, step, now);
	due = clock_sooner(
	    due, manager_report(m, m->ready == NULL && !m->stop.said, now));
	due = clock_sooner(due, stop_due(&m->stop));
	if (m->control != NULL)
		due = clock_sooner(due, control_turn(m->control, now));
	return clock_sooner(due, turn_crews(m, now));
}

/* It must not, and if it does, then perhaps again at once. */
static void
epoll_failed(struct master *m, int64_t now)
{
	const struct timespec moment = { 0, 10 * 1000 * 1000 };
	unsigned left_out = 0;

	if (lograte_allows(&m->epoll_rate, now, &left_out)) {
		log_warn("epoll: %s", strerror(errno));
		lograte_tell(NULL, "epoll", left_out);
	}
	(void)nanosleep(&moment, NULL);
}

/* Up to the next event or DUE. */
static void
rest(struct master *m, int64_t due, const sigset_t *unblocked)
{
	struct epoll_event events[EVENTS_MAX];
	int64_t pause = due == CLOCK_NEVER ? -1 : due - clock_ms();
	sigset_t blocked;
	int n;

	if (due != CLOCK_NEVER && pause < 0)
		pause = 0;
	if (pause > INT_MAX)
		pause = INT_MAX;
	n = epoll_pwait(m->epoll_fd, events, EVENTS_MAX, (int)pause, unblocked);
	if (n == -1 && errno != EINTR)
		epoll_failed(m, clock_ms());
	take_events(m, events, n, clock_ms());
	/* The wait looks at signals only when it has nothing else to
	 * return; a worker that never stops talking must not hide them. */
	(void)sigprocmask(SIG_SETMASK, unblocked, &blocked);
	(void)sigprocmask(SIG_SETMASK, &blocked, NULL);
}

static int
write_pidfile(struct master *m)
{
	const char *path = m->conf->pid_file;
	char why[256];

	if (path == NULL)
		return 0;
	m->has_pidfile = pidfile_write(path, getpid()) == 0;
	if (m->has_pidfile)
		return 0;
	m->code = errno == EACCES ? EX_NOPERM : EX_CANTCREAT;
	(void)snprintf(
	    why, sizeof(why), "pid file %s: %s", path, strerror(errno));
	if (m->heirs != NULL) {
		log_warn("%s", why);
		m->code = 0;
		return 0;
	}
	service_failed(&m->service.to, m->code, why);
	announce(m, why);
	return -1;
}

int
master_run(struct master *m,
    void (*ready)(void *arg, int code, const char *why), void *arg)
{
	sigset_t unblocked;

	m->ready = ready;
	m->ready_arg = arg;
	sig_setup(signals, NSIGNALS, &unblocked);
	if (write_pidfile(m) == -1)
		return m->code;
	if (m->heirs != NULL) /* who died while nobody was there */
		reap(m, clock_ms());
	for (;;) {
		int64_t now = clock_ms(), due;

		take_signals(m, now);
		due = act(m, now);
		if (m->stop.said && all_gone(m))
			break;
		rest(m, due, &unblocked);
	}
	announce(m, "stopped before it was up");
	log_notice("stopped");
	return m->code;
}
