/* turn.c - one wait of a busy worker: its connection, its programs' pipes
 * and what else its owner has to hear. */
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "base/clock.h"
#include "worker/conn.h"
#include "worker/tell.h"

static bool
wants_input(const struct conn *c)
{
	return c->fd != -1 && !c->eof && c->stalled == NULL &&
	    out_has_room(&c->out) && c->end - c->at < CONN_WINDOW;
}

static short
events(struct conn *c)
{
	short want = 0;

	if (c->lingering)
		return POLLIN;
	if (wants_input(c))
		want |= POLLIN;
	else if (!c->eof && !c->out.probed && c->fd != -1 &&
	    out_pending(&c->out) == 0 && conn_is_tcp(c))
		want |= POLLRDHUP; /* what follows is conn_probe() */
	if (out_pending(&c->out) > 0)
		want |= POLLOUT;
	return want;
}

static int
timeout_for(int64_t due, int64_t now)
{
	if (due == CLOCK_NEVER)
		return -1;
	if (due <= now)
		return 0;
	return due - now > 3600000 ? 3600000 : (int)(due - now);
}

/* What is waited for: the owner's, the connection, then each request's. */
struct wait {
	size_t owner, n;
	struct {
		struct request *r;
		size_t at, n;
		bool output; /* was waited for, too */
	} part[CONN_REQS_MAX];
	size_t nparts;
};

static void
collect(struct conn *c, struct wait *w, int64_t now)
{
	bool output = c->fd == -1 || out_pending(&c->out) == 0;
	unsigned i;

	w->owner = c->owner.wait(c->owner.ctx, c->pfd);
	w->n = w->owner;
	c->pfd[w->n++] = (struct pollfd){
		.fd = c->fd,
		.events = events(c),
	};
	w->nparts = 0;
	for (i = 0; i < c->conf->max_reqs; i++) {
		struct request *r =
		    &c->request[(c->turn + i) % c->conf->max_reqs];
		bool wanted;
		size_t n;

		if (!r->active || !r->started)
			continue;
		wanted = output && !request_held(r, now);
		n = r->handler->wait(r->handler_ctx, r, c->pfd + w->n, wanted,
		    request_backed_up(r));
		w->part[w->nparts].r = r;
		w->part[w->nparts].output = wanted;
		w->part[w->nparts].at = w->n;
		w->part[w->nparts++].n = n;
		w->n += n;
	}
	c->turn++;
}

static void
handlers(struct conn *c, const struct wait *w, int64_t now)
{
	size_t i;

	for (i = 0; i < w->nparts; i++) {
		struct request *r = w->part[i].r;

		if (!r->active)
			continue;
		/* Its body comes on: the pause in it was our own, and its
		 * output has to wait all the same. */
		if (w->part[i].output && request_held(r, now))
			continue;
		r->handler->ready(r->handler_ctx, r, c->pfd + w->part[i].at,
		    w->part[i].n, now);
		if (r->active && request_backed_up(r))
			request_pump(r, now);
		/* Output of the next one has to wait until this is gone. */
		if (out_pending(&c->out) >= OUT_LEN / 2)
			conn_flush(c, now);
	}
}

static void
connection(struct conn *c, short revents, int64_t now)
{
	if (c->fd == -1)
		return;
	if (c->lingering) {
		if (revents != 0)
			conn_linger(c, now);
		return;
	}
	if (revents & (POLLHUP | POLLERR | POLLNVAL)) {
		conn_lost(c, HANDLER_GONE, now);
		return;
	}
	if (revents & POLLIN) {
		(void)conn_fill(c, now);
		conn_parse(c, now);
		if (c->eof)
			conn_probe(c, now);
	} else if (revents & POLLRDHUP)
		conn_probe(c, now);
}

/* One wait and what follows from it. */
void
conn_turn(struct conn *c)
{
	struct wait w;
	int64_t now = clock_ms();
	int n;

	collect(c, &w, now);
	n = poll(c->pfd, w.n, timeout_for(conn_due(c, now), now));
	now = clock_ms();
	if (n == -1 && errno != EINTR) {
		tell(c->place, BOARD_RATE_SYSTEM, LOG_LEVEL_ERROR,
		    &(struct log_about){ .pool = c->conf->pool }, "poll: %s",
		    strerror(errno));
		conn_lost(c, HANDLER_GONE, now);
		conn_stop(c, now);
		return;
	}
	if (n > 0) {
		connection(c, c->pfd[w.owner].revents, now);
		handlers(c, &w, now);
	}
	c->owner.ready(c->owner.ctx, c->pfd, n > 0 ? w.owner : 0, now);
	if (c->stalled != NULL)
		conn_parse(c, now);
	conn_tick(c, now);
	conn_flush(c, now);
	if (c->held && out_has_room(&c->out))
		conn_digest(c, now);
}
