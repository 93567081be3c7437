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
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/pidfile.h"
#include "base/sig.h"
#include "master/crew.h"
#include "master/master.h"
#include "master/service.h"
#include "master/stop.h"

#define EVENTS_MAX 128

/* HUP and USR2 are only kept from ending us. */
static const int signals[] = { SIGCHLD, SIGTERM, SIGINT, SIGQUIT, SIGHUP,
	SIGUSR1, SIGUSR2, SIGTTIN, SIGTTOU, SIGWINCH };
#define NSIGNALS (sizeof(signals) / sizeof(signals[0]))

struct master {
	const struct master_conf *conf;
	int epoll_fd;
	struct rlimit nofile; /* as it was: what workers get back */
	struct crew **crews;
	size_t ncrews;
	bool has_pidfile;
	struct stop stop;
	struct service service;
	int code;                                  /* to exit with */
	void (*ready)(void *arg, const char *why); /* NULL: was called */
	void *ready_arg;
};

/* Opening and closing */

/* Parked connections are descriptors: as many as we may have. */
static void
raise_nofile(struct master *m)
{
	struct rlimit most;

	if (getrlimit(RLIMIT_NOFILE, &m->nofile) == -1)
		return;
	most = m->nofile;
	most.rlim_cur = most.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &most);
}

static int
out_of(struct master_error *err, const char *what)
{
	err->code = EX_OSERR;
	(void)snprintf(
	    err->text, sizeof(err->text), "%s: %s", what, strerror(errno));
	return -1;
}

static int
open_crews(struct master *m, struct master_error *err)
{
	struct crew_conf conf = { .epoll_fd = m->epoll_fd,
		.nofile = &m->nofile };

	for (; m->ncrews < m->conf->npools; m->ncrews++) {
		conf.pool = &m->conf->pools[m->ncrews];
		conf.index = (unsigned)m->ncrews;
		m->crews[m->ncrews] = crew_open(&conf, err);
		if (m->crews[m->ncrews] == NULL)
			return -1;
	}
	return 0;
}

static int
open_all(struct master *m, struct master_error *err)
{
	m->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (m->epoll_fd == -1)
		return out_of(err, "epoll");
	m->crews = calloc(m->conf->npools + 1, sizeof(m->crews[0]));
	if (m->crews == NULL)
		return out_of(err, "memory");
	return open_crews(m, err);
}

struct master *
master_open(const struct master_conf *conf, struct master_error *err)
{
	struct master *m = calloc(1, sizeof(*m));

	if (m == NULL) {
		(void)out_of(err, "memory");
		return NULL;
	}
	m->conf = conf;
	m->epoll_fd = -1;
	raise_nofile(m);
	if (open_all(m, err) == -1) {
		master_close(m);
		return NULL;
	}
	return m;
}

void
master_close(struct master *m)
{
	if (m == NULL)
		return;
	while (m->ncrews > 0)
		crew_close(m->crews[--m->ncrews]);
	if (m->has_pidfile)
		pidfile_remove(m->conf->pid_file, getpid());
	io_close(&m->epoll_fd);
	free(m->crews);
	free(m);
}

void
master_report_to(struct master *m, const struct notify *to)
{
	service_open(&m->service, to);
}

/* What came in */

static void
reap(struct master *m, int64_t now)
{
	int status;
	pid_t pid;
	size_t i;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (i = 0; i < m->ncrews; i++)
			if (crew_died(m->crews[i], pid, status, now))
				break;
		if (i == m->ncrews) /* we may be everybody's parent */
			log_debug("process %d is not ours", (int)pid);
	}
}

static void
reopen_logs(struct master *m)
{
	size_t i;

	if (log_reopen() == -1)
		log_warn("cannot open the error log again: %s; going on with "
			 "the old one",
		    strerror(errno));
	for (i = 0; i < m->ncrews; i++)
		crew_reopen(m->crews[i]);
}

static void
nudge(struct master *m, int by)
{
	size_t i;

	for (i = 0; i < m->ncrews; i++)
		crew_nudge(m->crews[i], by);
}

static void
drain(struct master *m)
{
	size_t i;

	log_notice("draining: new connections wait");
	for (i = 0; i < m->ncrews; i++)
		crew_drain(m->crews[i]);
}

static void
say_stop(struct master *m, int64_t now)
{
	log_notice(m->stop.said ? "stopping at once" : "stopping");
	service_stopping(&m->service, m->conf->control_timeout_ms);
	stop_say(&m->stop, now);
}

static void
take_signals(struct master *m, int64_t now)
{
	if (sig_take(SIGCHLD))
		reap(m, now);
	/* Each is taken, so that two different ones are said twice. */
	if (sig_take(SIGTERM))
		say_stop(m, now);
	if (sig_take(SIGINT))
		say_stop(m, now);
	if (sig_take(SIGQUIT))
		say_stop(m, now);
	if (sig_take(SIGUSR1))
		reopen_logs(m);
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
		if (w.crew < m->ncrews)
			crew_event(m->crews[w.crew], &w, events[i].events, now);
	}
}

/* What is due */

/* Tell the service manager; returns when to come again. */
static int64_t
report(struct master *m, bool up, int64_t now)
{
	struct service_view view = { .up = up,
		.pools = m->ncrews,
		.interval_ms = m->conf->systemd_interval_ms };
	struct crew_tally sum = { 0 };
	size_t i;

	if (now < service_due(&m->service, up))
		return service_due(&m->service, up);
	for (i = 0; i < m->ncrews; i++)
		crew_tally(m->crews[i], &sum);
	view.workers = sum.workers;
	view.busy = sum.busy;
	view.requests = sum.requests;
	service_turn(&m->service, &view, now);
	return service_due(&m->service, up);
}

static void
announce(struct master *m, const char *why)
{
	if (m->ready != NULL)
		m->ready(m->ready_arg, why);
	m->ready = NULL;
}

/* Tell whoever started us, as soon as it is certain. */
static void
judge_start(struct master *m, int64_t now)
{
	size_t i, up = 0;

	for (i = 0; i < m->ncrews && m->ready != NULL; i++) {
		const struct master_error *err = crew_error(m->crews[i]);

		switch (crew_state(m->crews[i])) {
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
			say_stop(m, now);
			stop_say(&m->stop, now); /* nothing runs yet */
			break;
		}
	}
	if (m->ready != NULL && up == m->ncrews) {
		log_notice("ready to handle connections");
		/* First: whoever starts a daemon ends with the next line. */
		(void)report(m, true, now);
		announce(m, NULL);
	}
}

static bool
all_gone(const struct master *m)
{
	size_t i;

	for (i = 0; i < m->ncrews; i++)
		if (!crew_gone(m->crews[i]))
			return false;
	return true;
}

/* Returns when to come again. */
static int64_t
act(struct master *m, int64_t now)
{
	enum stop_act step;
	int64_t due;
	size_t i;

	judge_start(m, now);
	while ((step = stop_next(&m->stop, m->conf->control_timeout_ms, now)) !=
	    STOP_WAIT)
		for (i = 0; i < m->ncrews; i++)
			crew_stop(m->crews[i], step);
	due = report(m, m->ready == NULL && !m->stop.said, now);
	if (stop_due(&m->stop) < due)
		due = stop_due(&m->stop);
	for (i = 0; i < m->ncrews; i++) {
		int64_t next = crew_turn(m->crews[i], now);

		if (next < due)
			due = next;
	}
	return due;
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
		log_warn("epoll: %s", strerror(errno));
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
	service_failed(&m->service.to, m->code, why);
	announce(m, why);
	return -1;
}

int
master_run(
    struct master *m, void (*ready)(void *arg, const char *why), void *arg)
{
	sigset_t unblocked;

	m->ready = ready;
	m->ready_arg = arg;
	sig_setup(signals, NSIGNALS, &unblocked);
	if (write_pidfile(m) == -1)
		return m->code;
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
