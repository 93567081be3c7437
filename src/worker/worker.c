#include <errno.h>
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
#include "worker/cgi.h"
#include "worker/door.h"
#include "worker/report.h"
#include "worker/worker.h"

#define EVENTS_MAX 8
#define ORPHAN_SIGNAL SIGUSR1

static void
tell(struct worker *w, enum chan_kind kind, int32_t value)
{
	struct chan_msg msg = { .kind = kind, .value = value };
	uint8_t bytes[CHAN_LEN];

	chan_put(bytes, &msg);
	/* The master reads when it can; nobody waits for it here. */
	(void)send(w->place.channel_fd, bytes, sizeof(bytes),
	    MSG_NOSIGNAL | MSG_DONTWAIT);
}

static void
retire(struct worker *w)
{
	w->retiring = true;
	board_set_state(w->place.board, w->place.slot, BOARD_RETIRING);
	if (w->in_conn)
		conn_end_soon(&w->conn);
}

/* The master is gone: finish what runs, within the grace. */
static void
orphaned(struct worker *w, int64_t now)
{
	if (w->stop_ms == CLOCK_NEVER)
		w->stop_ms = now + w->conf->control_timeout_ms;
	retire(w);
}

/* WHICH of FDS are meant; the others are only closed. */
static void
adopt_logs(struct worker *w, int32_t which, int fds[CHAN_FDS_MAX])
{
	if (which & CHAN_LOGS_ERROR) {
		log_adopt(fds[0]);
		fds[0] = -1;
	}
	if (which & CHAN_LOGS_ACCESS) {
		io_close(&w->access_fd);
		w->access_fd = fds[1];
		fds[1] = -1;
	}
	io_close(&fds[0]);
	io_close(&fds[1]);
}

static void
obey(struct worker *w, const struct chan_msg *msg, int fds[CHAN_FDS_MAX],
    size_t n, int64_t now)
{
	if (msg->kind == CHAN_LOGS && n == 2) {
		adopt_logs(w, msg->value, fds);
		/* Those it opened itself its successor opens anew. */
		if (trouble_is_open(&w->trouble))
			retire(w);
		return;
	}
	while (n > 0)
		io_close(&fds[--n]);
	if (msg->kind == CHAN_RETIRE)
		retire(w);
	if (msg->kind == CHAN_STOP) {
		w->stop_ms = now;
		retire(w);
	}
}

static void
read_channel(struct worker *w, int64_t now)
{
	uint8_t bytes[CHAN_LEN];
	int fds[CHAN_FDS_MAX];
	struct chan_msg msg;
	size_t nfds;
	ssize_t n;

	n = io_recv_fds(w->place.channel_fd, bytes, sizeof(bytes), fds,
	    CHAN_FDS_MAX, &nfds);
	if (n == 0) {
		/* Its end stays readable: look no more. */
		io_close(&w->place.channel_fd);
		orphaned(w, now);
		return;
	}
	if (n == -1)
		return;
	if (chan_get((struct span){ bytes, (size_t)n }, &msg) == 0)
		obey(w, &msg, fds, nfds, now);
	else
		while (nfds > 0)
			io_close(&fds[--nfds]);
}

static void
read_signals(struct worker *w, int64_t now)
{
	struct signalfd_siginfo info;

	while (read(w->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == ORPHAN_SIGNAL) {
			orphaned(w, now);
			continue;
		}
		w->stop_ms = now;
		retire(w);
	}
}

/* What the connection's wait does for us (struct conn_owner). */
static size_t
owner_wait(void *ctx, struct pollfd *pfd)
{
	struct worker *w = ctx;

	pfd[0] = (struct pollfd){ w->place.channel_fd, POLLIN, 0 };
	pfd[1] = (struct pollfd){ w->signal_fd, POLLIN, 0 };
	return 2;
}

static void
owner_ready(void *ctx, const struct pollfd *pfd, size_t n, int64_t now)
{
	struct worker *w = ctx;

	if (n > 0 && pfd[0].revents != 0)
		read_channel(w, now);
	if (n > 1 && pfd[1].revents != 0)
		read_signals(w, now);
	if (w->stop_ms <= now) {
		w->stop_ms = CLOCK_NEVER;
		conn_stop(&w->conn, now);
	}
}

static int64_t
owner_due(void *ctx)
{
	const struct worker *w = ctx;

	return w->stop_ms;
}

static void
owner_over(void *ctx, const struct request *r, const struct outcome *o,
    const struct outcome_facts *facts)
{
	struct worker *w = ctx;

	w->served++;
	if (w->access_fd != -1 && w->conf->access_format != NULL)
		accesslog_write(w->access_fd, w->conf, r, o, facts);
	if (w->quota != 0 && w->served >= w->quota && !w->retiring)
		retire(w);
}

static void
serve(struct worker *w, const struct guest *g)
{
	struct board *b = w->place.board;
	size_t slot = w->place.slot;
	struct guest left = *g;
	enum conn_result result;

	board_set_state(b, slot, BOARD_BUSY);
	if (report_busy(b) && w->conf->scaling)
		tell(w, CHAN_FULL, 0);
	w->in_conn = true;
	result = conn_run(&w->conn, g->fd, g->fresh, g->since_ms);
	w->in_conn = false;
	left.fd = w->conn.fd;
	left.fresh = result == CONN_PARK_SILENT;
	if (!left.fresh)
		left.since_ms = clock_ms();
	if (result != CONN_CLOSED)
		door_park(w, &left);
	board_set_state(b, slot, w->retiring ? BOARD_RETIRING : BOARD_IDLE);
}

static void
hear(struct worker *w, const struct epoll_event *e, int64_t now)
{
	if (e->data.u64 >> 32 == FROM_CHANNEL && w->place.channel_fd != -1)
		read_channel(w, now);
	if (e->data.u64 >> 32 == FROM_SIGNALS)
		read_signals(w, now);
}

/* Take what this wait has brought.  Each event has woken this worker and no
 * other, so each is taken, also by one that is about to go; what it does not
 * serve itself goes by way of the master to one who is idle. */
static void
host(struct worker *w, const struct epoll_event *e, int n)
{
	struct guest first = { .fd = -1 }, g;
	int i;

	for (i = 0; i < n; i++) {
		if (!door_take(w, &e[i], &g))
			continue;
		if (first.fd == -1 &&
		    (!w->retiring || w->place.channel_fd == -1))
			first = g;
		else
			door_park(w, &g);
	}
	if (first.fd != -1 && !door_welcomes(w, &first))
		io_close(&first.fd);
	if (first.fd != -1)
		serve(w, &first);
}

/* Until there is a reason to go.  What the master says comes first. */
static void
loop(struct worker *w)
{
	while (!w->retiring) {
		struct epoll_event e[EVENTS_MAX];
		int n = epoll_wait(w->epoll_fd, e, EVENTS_MAX, -1), i;
		int64_t now = clock_ms();

		for (i = 0; i < n; i++)
			hear(w, &e[i], now);
		host(w, e, n);
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
	(void)sigaddset(&set, ORPHAN_SIGNAL);
	w->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	w->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (w->signal_fd == -1 || w->epoll_fd == -1 ||
	    watch(w, w->place.channel_fd, FROM_CHANNEL, false) == -1 ||
	    watch(w, w->signal_fd, FROM_SIGNALS, false) == -1 ||
	    watch(w, w->place.handoff_fd, FROM_HANDOFF, true) == -1)
		return -1;
	for (i = 0; i < w->place.nlisten; i++)
		if (watch(w, w->place.listen_fds[i], FROM_LISTENER, true) == -1)
			return -1;
	return 0;
}

/* Memory for parameters: address space only, until it is used. */
static int
give_arenas(struct conn *c)
{
	size_t each = (c->conf->params_max + 4095) & ~(size_t)4095;
	char *base =
	    mmap(NULL, each * c->conf->max_reqs, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	unsigned i;

	if (base == MAP_FAILED)
		return -1;
	for (i = 0; i < c->conf->max_reqs; i++) {
		c->request[i].arena = base + i * each;
		c->request[i].conn = c;
		c->request[i].slot = i;
	}
	return 0;
}

static int
furnish(struct worker *w)
{
	struct conn *c = &w->conn;
	struct cgi *cgi = cgi_new(w->conf, &w->trouble);

	if (cgi == NULL)
		return -1;
	c->conf = w->conf;
	c->place = &w->place;
	c->handler = cgi_handler();
	c->handler_ctx = cgi;
	c->owner = (struct conn_owner){ w, owner_wait, owner_ready, owner_due,
		owner_over };
	c->out.buf = w->out;
	c->fd = -1;
	c->seed = reqid_seed();
	return give_arenas(c);
}

static int
failed(struct worker *w, const char *step)
{
	int error = errno;

	log_error("worker cannot start: %s: %s", step, strerror(error));
	tell(w, CHAN_FAILED, error);
	return PLACE_CONFIG;
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

	if (w == MAP_FAILED)
		return PLACE_FAILED;
	w->conf = arg;
	w->place = *place;
	w->access_fd = place->access_fd;
	w->stop_ms = CLOCK_NEVER;
	log_tag(w->conf->pool);
	tzset(); /* while the zone's file can still be read */
	if (trouble_open(&w->trouble, w->conf, &step) == -1)
		return failed(w, step);
	if ((step = privs_apply(&w->conf->privs)) != NULL)
		return failed(w, step);
	/* The second line behind the channel's end of file; only now, as a
	 * change of ids would clear it. */
	(void)prctl(PR_SET_PDEATHSIG, ORPHAN_SIGNAL);
	if (furnish(w) == -1)
		return failed(w, "preparing");
	if (watch_all(w) == -1)
		return failed(w, "epoll");
	w->quota = quota_for(w->conf);
	board_enter(w->place.board, w->place.slot, (int32_t)getpid());
	board_set_state(w->place.board, w->place.slot, BOARD_IDLE);
	tell(w, CHAN_READY, 0);
	loop(w);
	return PLACE_RETIRED;
}
