/* door.c - connections as they come in and go out of the worker. */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/io.h"
#include "board/pool.h"
#include "proto/chan.h"
#include "worker/door.h"
#include "worker/stake.h"
#include "worker/tell.h"

#define FULL_PAUSE_MS 100 /* out of descriptors: do not spin */

/* Give the connection to the master to watch; this process is done with it
 * whether that works or not. */
void
door_park(struct worker *w, struct guest *g)
{
	struct chan_msg msg = {
		.kind = CHAN_PARK,
		.value = g->fresh,
		.since_ms = g->since_ms,
	};
	uint8_t bytes[CHAN_LEN];

	chan_put(bytes, &msg);
	if (w->place.channel_fd != -1 &&
	    (g->fresh ||
		board_get_parked(w->place.board) < w->conf->keepalive_max))
		(void)io_send_fds(
		    w->place.channel_fd, bytes, sizeof(bytes), &g->fd, 1);
	door_shut(w, g);
}

void
door_shut(struct worker *w, struct guest *g)
{
	io_close(&g->fd);
	stake_drop(&w->conn);
}

/* Whoever took it, a new connection is looked at once, here. */
bool
door_welcomes(struct worker *w, const struct guest *g)
{
	struct sockaddr_storage peer = { .ss_family = AF_UNSPEC };
	struct sockaddr *sa = (struct sockaddr *)(void *)&peer;
	socklen_t len = sizeof(peer);
	const struct log_about about = { .pool = w->conf->pool };
	char name[INET6_ADDRSTRLEN] = "?";

	if (w->conf->allow == NULL || !g->fresh ||
	    getpeername(g->fd, sa, &len) == -1 ||
	    allow_matches(w->conf->allow, sa))
		return true;
	(void)getnameinfo(sa, len, name, sizeof(name), NULL, 0, NI_NUMERICHOST);
	tell(&w->place, BOARD_RATE_CLIENTS, LOG_LEVEL_WARNING, &about,
	    "connection from %s refused: not in listen.allowed_clients%s", name,
	    w->conf->allow_default ? ", which is not set: only this machine may"
				   : "");
	return false;
}

static bool
take_handoff(struct worker *w, struct guest *g)
{
	uint8_t bytes[CHAN_LEN];
	int fds[CHAN_FDS_MAX];
	struct chan_msg msg;
	size_t nfds;
	ssize_t n;

	n = io_recv_fds(w->place.handoff_fd, bytes, sizeof(bytes), fds,
	    CHAN_FDS_MAX, &nfds);
	if (n <= 0)
		return false;
	if (chan_get((struct span){ bytes, (size_t)n }, &msg) == 0 &&
	    msg.kind == CHAN_CONN && nfds == 1) {
		*g = (struct guest){ fds[0], msg.value != 0, msg.since_ms };
		/* Its first byte is there, and may have been for long: the
		 * wait for a worker is not the web server's. */
		if (g->fresh)
			g->since_ms = clock_ms();
		return true;
	}
	while (nfds > 0)
		io_close(&fds[--nfds]);
	return false;
}

/* Nothing is left to open a connection with: wait, but hear the master. */
static void
out_of_descriptors(struct worker *w)
{
	struct pollfd pfd = { w->place.channel_fd, POLLIN, 0 };

	if (!w->full_logged)
		tell(&w->place, BOARD_RATE_SYSTEM, LOG_LEVEL_WARNING,
		    &(struct log_about){ .pool = w->conf->pool },
		    "accept: %s; trying again every %d ms", strerror(errno),
		    FULL_PAUSE_MS);
	w->full_logged = true;
	stake_drop(&w->conn);
	(void)poll(&pfd, 1, FULL_PAUSE_MS);
	stake_take(&w->conn);
}

static bool
take_connection(struct worker *w, int listen_fd, struct guest *g)
{
	int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd != -1) {
		w->full_logged = false;
		board_add(w->place.board, w->place.slot, BOARD_CONNECTIONS, 1);
		*g = (struct guest){ fd, true, clock_ms() };
		return true;
	}
	if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS ||
	    errno == ENOMEM)
		out_of_descriptors(w);
	/* Everything else was the connection's own trouble (accept(2)). */
	return false;
}

bool
door_take(struct worker *w, const struct epoll_event *e, struct guest *g)
{
	enum source from = (enum source)(e->data.u64 >> 32);
	int fd = (int)(e->data.u64 & 0xffffffff);
	bool got;

	if (from != FROM_HANDOFF && from != FROM_LISTENER)
		return false;
	stake_take(&w->conn);
	got = from == FROM_HANDOFF ? take_handoff(w, g)
				   : take_connection(w, fd, g);
	if (!got)
		stake_drop(&w->conn);
	return got;
}
