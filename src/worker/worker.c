#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/sig.h"
#include "board/pool.h"
#include "proto/chan.h"
#include "worker/accesslog.h"
#include "worker/door.h"
#include "worker/furnish.h"
#include "worker/orders.h"
#include "worker/report.h"
#include "worker/suppress.h"
#include "worker/worker.h"

#define EVENTS_MAX 8
/* Of the status worker: */
#define DEAF_MS 20        /* by then it has answered, as a rule */
#define FIRST_BYTE_MS 200 /* of a connection of pm.status_listen */

/* What the connection's wait does for us (struct conn_owner). */
static size_t
owner_wait(void *ctx, struct pollfd *pfd)
{
	struct worker *w = ctx;
	bool deaf = clock_ms() < w->deaf_ms;

	pfd[0] = (struct pollfd){ deaf ? -1 : w->place.channel_fd, POLLIN, 0 };
	pfd[1] = (struct pollfd){ w->signal_fd, POLLIN, 0 };
	return 2;
}

static void
owner_ready(void *ctx, const struct pollfd *pfd, size_t n, int64_t now)
{
	struct worker *w = ctx;

	if (n > 0 && pfd[0].revents != 0)
		orders_hear_master(w, now);
	if (n > 1 && pfd[1].revents != 0)
		orders_hear_signals(w, now);
	(void)tell_turn(&w->place, &w->tell, now);
	if (w->stop_ms <= now) {
		w->stop_ms = CLOCK_NEVER;
		w->last = false; /* the grace is over */
		conn_stop(&w->conn, now);
	}
}

static int64_t
owner_due(void *ctx)
{
	struct worker *w = ctx;
	int64_t now = clock_ms();
	int64_t due = tell_turn(&w->place, &w->tell, now);

	if (w->deaf_ms > now)
		due = clock_sooner(due, w->deaf_ms);
	return clock_sooner(due, w->stop_ms);
}

static void
owner_over(void *ctx, const struct request *r, const struct outcome *o,
    const struct outcome_facts *facts)
{
	struct worker *w = ctx;

	w->served++;
	if (logsink_is_open(&w->access) &&
	    !suppress_line(w->conf->access_quiet, r, facts))
		accesslog_write(&w->access, w->conf, r, o, facts);
	orders_tell_lost(w);
	if (w->quota != 0 && w->served >= w->quota && !w->retiring && !w->last)
		orders_retire(w);
}

/* Nothing is in hand. */
static void
rest(struct worker *w)
{
	orders_set_state(w, w->retiring ? BOARD_RETIRING : BOARD_IDLE);
}

void
worker_serve(struct worker *w, const struct guest *g)
{
	struct guest left = *g;
	enum conn_result result;

	orders_set_state(w, BOARD_BUSY);
	if (w->place.aide)
		w->deaf_ms = clock_ms() + DEAF_MS;
	else if (report_busy(w->place.board) && w->conf->scaling)
		orders_tell(w, CHAN_FULL, 0);
	w->in_conn = true;
	result = conn_run(&w->conn, g->fd, g->fresh, g->since_ms);
	w->in_conn = false;
	left.fresh = result == CONN_PARK_SILENT;
	if (!left.fresh)
		left.since_ms = clock_ms();
	if (result != CONN_CLOSED) {
		left.fd = conn_let_go(&w->conn);
		door_park(w, &left);
	}
	rest(w);
}

static void
hear(struct worker *w, const struct epoll_event *e, int64_t now)
{
	if (e->data.u64 >> 32 == FROM_CHANNEL && w->place.channel_fd != -1)
		orders_hear_master(w, now);
	if (e->data.u64 >> 32 == FROM_SIGNALS)
		orders_hear_signals(w, now);
}

static void
receive(struct worker *w, struct guest *g)
{
	if (door_welcomes(w, g))
		worker_serve(w, g);
	else
		door_shut(w, g);
}

/* Take what this wait has brought.  Each event has woken this worker and no
 * other, so each is taken, also by one that is about to go; it serves one,
 * the others go by way of the master to those who are idle, if there will be
 * any. */
static void
host(struct worker *w, const struct epoll_event *e, int n)
{
	struct guest g[EVENTS_MAX];
	int i, got = 0;

	for (i = 0; i < n; i++)
		if (door_take(w, &e[i], &g[got]))
			got++;
	/* First: it must not count on us for the one that it is passed. */
	if (got > 0)
		orders_set_state(w, BOARD_BUSY);
	while (got > 1 && !w->last)
		door_park(w, &g[--got]);
	for (i = 0; i < got; i++)
		receive(w, &g[i]);
	if (got > 0)
		rest(w);
}

/* A connection of pm.status_listen: nothing but the status page is served on
 * it, so it must not get to the other workers. */
static void
serve_alone(struct worker *w, struct guest *g)
{
	struct conn *c = &w->conn;
	struct pollfd pfd = { g->fd, POLLIN, 0 };
	size_t all = c->nhandlers;

	if (poll(&pfd, 1, FIRST_BYTE_MS) != 1) {
		door_shut(w, g);
		return;
	}
	c->nhandlers = 1;
	w->in_conn = true;
	w->deaf_ms = clock_ms() + DEAF_MS;
	(void)conn_run(c, g->fd, true, clock_ms());
	w->in_conn = false;
	c->nhandlers = all;
	conn_close(c);
}

static void
host_alone(struct worker *w, const struct epoll_event *e, int n)
{
	struct guest g;
	int i;

	for (i = 0; i < n; i++) {
		if (!door_take(w, &e[i], &g))
			continue;
		if (door_welcomes(w, &g))
			serve_alone(w, &g);
		else
			door_shut(w, &g);
	}
}

/* What was handed over, and nobody else will take. */
static void
serve_left(struct worker *w)
{
	const struct epoll_event handed = { .data.u64 = (uint64_t)FROM_HANDOFF
		    << 32 };
	struct guest g;

	while (w->last && w->stop_ms > clock_ms() && door_take(w, &handed, &g))
		receive(w, &g);
}

/* How long to wait for an event. */
static int
patience(struct worker *w)
{
	int64_t now = clock_ms();
	int64_t due = tell_turn(&w->place, &w->tell, now);
	int told = due == CLOCK_NEVER ? -1 : (int)(due - now);
	int pulse = -1;

	if (w->place.aide)
		pulse = pulse_turn(&w->pulse, &w->place, now);
	return pulse == -1 || (told != -1 && told < pulse) ? told : pulse;
}

/* Until there is a reason to go.  What the master says comes first. */
static void
loop(struct worker *w)
{
	while (!w->retiring) {
		struct epoll_event e[EVENTS_MAX];
		int n = epoll_wait(w->epoll_fd, e, EVENTS_MAX, patience(w)), i;
		int64_t now = clock_ms();

		for (i = 0; i < n; i++)
			hear(w, &e[i], now);
		if (w->place.aide)
			host_alone(w, e, n);
		else
			host(w, e, n);
		orders_tell_lost(w);
	}
}

static int
watch(struct worker *w, int fd, enum source from, bool shared)
{
	struct epoll_event e = {
		.events = EPOLLIN | (shared ? (uint32_t)EPOLLEXCLUSIVE : 0),
		.data.u64 = (uint64_t)from << 32 | (uint32_t)fd,
	};

	return epoll_ctl(w->epoll_fd, EPOLL_CTL_ADD, fd, &e);
}

static int
watch_all(struct worker *w)
{
	sigset_t set;
	size_t i;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, ORDERS_ORPHANED);
	w->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (w->signal_fd == -1 || w->epoll_fd == -1 ||
	    watch(w, w->place.channel_fd, FROM_CHANNEL, false) == -1 ||
	    watch(w, w->signal_fd, FROM_SIGNALS, false) == -1)
		return -1;
	if (w->place.handoff_fd != -1 &&
	    watch(w, w->place.handoff_fd, FROM_HANDOFF, true) == -1)
		return -1;
	for (i = w->place.nothers; i < w->place.nlisten; i++)
		if (watch(w, w->place.listen_fds[i], FROM_LISTENER, true) == -1)
			return -1;
	return 0;
}

static int
furnish(struct worker *w, int null_fd)
{
	struct conn *c = &w->conn;

	c->owner = (struct conn_owner){ w, owner_wait, owner_ready, owner_due,
		owner_over };
	return furnish_conn(c, w->conf, &w->place, &w->trouble, null_fd);
}

static int
failed(struct worker *w, const char *step)
{
	int error = errno;

	tell(&w->place, BOARD_RATE_SYSTEM, LOG_LEVEL_ERROR,
	    &(struct log_about){ .pool = w->conf->pool },
	    "worker cannot start: %s: %s", step, strerror(error));
	orders_tell_failed(w, step, error);
	return PLACE_CONFIG;
}

/* Later it may vanish, and come back: then the request is told. */
static bool
may_execute(const struct worker *w)
{
	char *const *command = w->conf->command;

	return !w->place.first || w->place.aide || command == NULL ||
	    access(command[0], X_OK) == 0;
}

static uint64_t
quota_for(const struct worker_conf *conf)
{
	uint64_t spread = conf->max_requests_jitter;

	if (conf->max_requests == 0)
		return 0;
	/* Any spread will do, if only not all retire at once. */
	return conf->max_requests +
	    (spread == 0 ? 0 : (uint64_t)getpid() * 2654435761u % (spread + 1));
}

int
worker_run(const void *arg, const struct place *place)
{
	struct worker *w = mmap(NULL, sizeof(*w), PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const char *step;
	int null_fd;

	if (w == MAP_FAILED)
		return PLACE_FAILED;
	w->conf = arg;
	w->place = *place;
	orders_adopt_logs(w);
	w->stop_ms = CLOCK_NEVER;
	log_tag(w->conf->pool);
	/* What may not be there in the root directory of privs_apply(). */
	tzset();
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if ((step = privs_apply(&w->conf->privs)) != NULL)
		return failed(w, step);
	/* The second line behind the channel's end of file; only now, as a
	 * change of ids would clear it. */
	(void)prctl(PR_SET_PDEATHSIG, ORDERS_ORPHANED);
	if (furnish(w, null_fd) == -1)
		return failed(w, "preparing");
	if (!may_execute(w))
		return failed(w, "command");
	if (watch_all(w) == -1)
		return failed(w, "epoll");
	if (!w->place.aide) {
		w->quota = quota_for(w->conf);
		board_enter(w->place.board, w->place.slot, (int32_t)getpid());
	}
	orders_set_state(w, BOARD_IDLE);
	orders_tell(w, CHAN_READY, 0);
	loop(w);
	if (w->last && !w->place.aide)
		serve_left(w);
	tell_last(&w->place);
	orders_tell_lost(w);
	return PLACE_RETIRED;
}
