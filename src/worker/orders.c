/* orders.c - what a worker is told: by the master, by signals. */
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "board/step.h"
#include "worker/door.h"
#include "worker/orders.h"
#include "worker/peek.h"
#include "worker/stake.h"

static bool
put(struct worker *w, const struct chan_msg *msg)
{
	uint8_t bytes[CHAN_LEN];

	chan_put(bytes, msg);
	/* The master reads when it can; nobody waits for it here. */
	return send(w->place.channel_fd, bytes, sizeof(bytes),
		   MSG_NOSIGNAL | MSG_DONTWAIT) == CHAN_LEN;
}

void
orders_tell(struct worker *w, enum chan_kind kind, int32_t value)
{
	const struct chan_msg msg = { .kind = kind, .value = value };

	(void)put(w, &msg);
}

void
orders_tell_failed(struct worker *w, const char *step, int error)
{
	const struct chan_msg msg = {
		.kind = CHAN_FAILED, .value = error, .since_ms = step_code(step)
	};

	(void)put(w, &msg);
}

void
orders_set_state(struct worker *w, enum board_state state)
{
	if (!w->place.aide)
		board_set_state(w->place.board, w->place.slot, state);
}

void
orders_retire(struct worker *w)
{
	w->retiring = true;
	orders_set_state(w, BOARD_RETIRING);
	if (w->in_conn)
		conn_end_soon(&w->conn);
}

/* Nobody comes after us.  Who is in the backlogs may find another server
 * there; who was taken from them has nobody else. */
static void
be_last(struct worker *w)
{
	size_t i;

	w->last = true;
	conn_be_patient(&w->conn);
	for (i = w->place.nothers; i < w->place.nlisten; i++)
		(void)epoll_ctl(
		    w->epoll_fd, EPOLL_CTL_DEL, w->place.listen_fds[i], NULL);
}

/* The master is gone: finish what runs, within the grace.  Its listeners are
 * no longer ours to hold: a new master must find nobody there. */
static void
orphaned(struct worker *w, int64_t now)
{
	be_last(w);
	for (; w->place.nlisten > 0; w->place.nlisten--)
		(void)close(w->place.listen_fds[w->place.nlisten - 1]);
	if (w->stop_ms == CLOCK_NEVER)
		w->stop_ms = now + w->conf->control_timeout_ms;
	orders_retire(w);
}

static struct logsink *
sink_of(struct worker *w, int32_t value)
{
	switch (value) {
	case PLACE_LOG_VALUE(PLACE_LOG_ACCESS):
		return &w->access;
	case PLACE_LOG_VALUE(PLACE_LOG_SLOW):
		return &w->trouble.slow;
	case PLACE_LOG_VALUE(PLACE_LOG_FAILURE):
		return &w->trouble.failure;
	default:
		return NULL;
	}
}

void
orders_adopt_logs(struct worker *w)
{
	const char *const targets[PLACE_LOGS] = {
		[PLACE_LOG_ACCESS] = w->conf->access_log,
	};
	int i;

	for (i = 0; i < PLACE_LOGS; i++) {
		logsink_take(sink_of(w, PLACE_LOG_VALUE(i)), targets[i],
		    w->place.log_fds[i]);
	}
	/* What the master lost before the fork is not ours to tell. */
	w->lost_told[0] = log_lost();
}

/* FD is the log of VALUE from now on. */
static void
adopt_log(struct worker *w, int32_t value, int fd)
{
	struct logsink *to = sink_of(w, value);

	if ((value & 0xff) == 0)
		log_adopt_as(fd, value >> 8);
	else if (to != NULL)
		logsink_adopt(to, fd);
	else
		io_close(&fd);
}

void
orders_tell_lost(struct worker *w)
{
	const uint64_t lost[BOARD_LOGS] = { log_lost(), w->access.lost,
		w->trouble.slow.lost, w->trouble.failure.lost };
	int i;

	for (i = 0; i < BOARD_LOGS; i++) {
		if (lost[i] == w->lost_told[i])
			continue;
		board_add(w->place.board, w->place.slot,
		    (enum board_counter)(BOARD_LOG_LOST_ERROR + i),
		    lost[i] - w->lost_told[i]);
		w->lost_told[i] = lost[i];
	}
}

static enum chan_kind
answer_to(enum peek_whose whose)
{
	switch (whose) {
	case PEEK_OURS:
		return CHAN_KEEP;
	case PEEK_CUT:
		return CHAN_MORE;
	case PEEK_OTHERS:
		break;
	}
	return CHAN_PASS;
}

/* The master asks the status worker whether what came on FD is for it.  It
 * is not to wait, and neither is what is none of our business. */
static void
look(struct worker *w, const struct chan_msg *question, int fd)
{
	struct chan_msg answer = *question;
	struct guest g = { .fd = fd, .fresh = true, .since_ms = clock_ms() };

	answer.kind = CHAN_PASS;
	if (!w->in_conn && !w->retiring && door_welcomes(w, &g))
		answer.kind = answer_to(peek(&w->conn, fd));
	if (answer.kind == CHAN_KEEP)
		stake_take(&w->conn);
	if (put(w, &answer) && answer.kind == CHAN_KEEP)
		worker_serve(w, &g);
	else if (answer.kind == CHAN_KEEP)
		door_shut(w, &g);
	else
		io_close(&g.fd);
}

static void
obey(struct worker *w, const struct chan_msg *msg, int fds[CHAN_FDS_MAX],
    size_t n, int64_t now)
{
	if (msg->kind == CHAN_LOOK && n == 1) {
		look(w, msg, fds[0]);
		return;
	}
	if (msg->kind == CHAN_LOG && n == 1) {
		adopt_log(w, msg->value, fds[0]);
		return;
	}
	while (n > 0)
		io_close(&fds[--n]);
	if (msg->kind == CHAN_PING)
		orders_tell(w, CHAN_READY, 0);
	if (msg->kind == CHAN_CLOSING) {
		be_last(w);
		orders_tell(w, CHAN_CLOSING, 0);
	}
	if (msg->kind == CHAN_RETIRE)
		orders_retire(w);
	if (msg->kind == CHAN_STOP) {
		w->stop_ms = now;
		orders_retire(w);
	}
}

/* One message.  True: it was one of the logs. */
static bool
hear_one(struct worker *w, int64_t now)
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
		return false;
	}
	if (n == -1)
		return false;
	if (chan_get((struct span){ bytes, (size_t)n }, &msg) == -1) {
		while (nfds > 0)
			io_close(&fds[--nfds]);
		return false;
	}
	obey(w, &msg, fds, nfds, now);
	return msg.kind == CHAN_LOG;
}

/* Logs that were opened again come together: the next request's lines go
 * into all of them, or into none. */
void
orders_hear_master(struct worker *w, int64_t now)
{
	while (hear_one(w, now))
		;
}

void
orders_hear_signals(struct worker *w, int64_t now)
{
	struct signalfd_siginfo info;

	while (read(w->signal_fd, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == ORDERS_ORPHANED) {
			orphaned(w, now);
			continue;
		}
		w->stop_ms = now;
		orders_retire(w);
	}
}
