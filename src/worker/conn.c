#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "worker/conn.h"
#include "worker/stake.h"
#include "worker/tell.h"

/* After everything was said, what the peer still sends is read for this
 * long, so that a reset does not destroy the end of the answer. */
#define LINGER_MS 1000
#define LINGER_MAX_MS 30000

void
conn_close(struct conn *c)
{
	io_close(&c->fd);
	c->at = c->end = 0;
	out_reset(&c->out);
	c->unsent = 0;
	c->out_blocked = false;
	stake_tell(c);
}

bool
conn_is_tcp(struct conn *c)
{
	socklen_t len = sizeof(c->domain);

	if (c->domain == AF_UNSPEC &&
	    getsockopt(c->fd, SOL_SOCKET, SO_DOMAIN, &c->domain, &len) == -1)
		c->domain = AF_UNIX;
	return c->domain != AF_UNIX;
}

static void
stop_all(struct conn *c, enum handler_why why, int64_t now)
{
	unsigned i;

	for (i = 0; i < c->conf->max_reqs; i++)
		if (c->request[i].active)
			request_stop(&c->request[i], why, now);
}

void
conn_lost(struct conn *c, enum handler_why why, int64_t now)
{
	conn_close(c);
	c->closing = true;
	stop_all(c, why, now);
}

void
conn_broken(struct conn *c, const char *why, int64_t now)
{
	static const struct log_about nothing = { 0 };

	tell(c->place, BOARD_RATE_BROKEN, LOG_LEVEL_NOTICE, &nothing,
	    "connection closed: %s", why);
	board_add(c->place->board, c->place->slot, BOARD_PROTOCOL_ERRORS, 1);
	conn_lost(c, HANDLER_GONE, now);
}

void
conn_end_soon(struct conn *c)
{
	c->ending = !c->patient;
}

void
conn_be_patient(struct conn *c)
{
	c->patient = true;
	c->ending = false;
}

void
conn_stop(struct conn *c, int64_t now)
{
	c->patient = false;
	c->ending = true;
	stop_all(c, HANDLER_SHUTDOWN, now);
}

void
conn_flush(struct conn *c, int64_t now)
{
	size_t before = out_pending(&c->out);
	uint64_t sent = c->out.sent;
	int rc;

	if (c->fd == -1 || before == 0)
		return;
	rc = out_flush(&c->out, c->fd);
	if (rc == -1) {
		conn_lost(c, HANDLER_GONE, now);
		return;
	}
	if (!c->out_blocked || c->out.sent != sent)
		c->out_ms = now;
	c->out_blocked = rc == 1;
	if (rc == 0 && c->unsent > 0) {
		c->unsent = 0;
		stake_tell(c);
	}
}

/* What is in the window may have waited for room in the output; nothing
 * else would bring it up again. */
void
conn_digest(struct conn *c, int64_t now)
{
	do {
		conn_parse(c, now);
		conn_flush(c, now);
	} while (c->held && c->fd != -1 && out_has_room(&c->out));
}

/* A request that stands where nothing more of it can come any more has lost
 * its web server; one that was sent whole is still waited for. */
static void
end_of_input(struct conn *c, int64_t now)
{
	unsigned i;

	c->eof = true;
	if (c->nactive == 0) {
		c->closing = true;
		return;
	}
	for (i = 0; i < c->conf->max_reqs; i++) {
		struct request *r = &c->request[i];

		if (r->active && r->phase != RULES_OUTPUT)
			request_stop(r, HANDLER_GONE, now);
	}
}

/* What still runs has nothing more to say. */
static bool
only_muted(const struct conn *c)
{
	unsigned i;

	for (i = 0; i < c->conf->max_reqs; i++)
		if (c->request[i].active && !c->request[i].muted)
			return false;
	return true;
}

void
conn_probe(struct conn *c, int64_t now)
{
	if (c->fd != -1 && !only_muted(c) && conn_is_tcp(c) &&
	    out_probe(&c->out, c->fd) == -1)
		conn_lost(c, HANDLER_GONE, now);
}

static void
compact(struct conn *c)
{
	if (c->at == 0 || CONN_WINDOW - c->end >= CONN_WINDOW / 2)
		return;
	memmove(c->window, c->window + c->at, c->end - c->at);
	c->end -= c->at;
	c->at = 0;
}

/* One read.  False: nothing more can be had now. */
bool
conn_fill(struct conn *c, int64_t now)
{
	ssize_t n;

	compact(c);
	if (c->fd == -1 || c->end == CONN_WINDOW || c->eof)
		return false;
	do
		n = recv(c->fd, c->window + c->end, CONN_WINDOW - c->end,
		    MSG_DONTWAIT);
	while (n == -1 && errno == EINTR);
	if (n > 0) {
		if (c->nactive == 0 && c->head_ms == CLOCK_NEVER)
			c->head_ms = now;
		c->end += (size_t)n;
		c->out_ms = now; /* progress, if the other way */
		return true;
	}
	if (n == 0)
		end_of_input(c, now);
	else if (errno != EAGAIN)
		conn_lost(c, HANDLER_GONE, now);
	return false;
}

/* Everything was answered and the connection is to be closed: say so, and
 * find out whether the peer is still sending. */
static void
begin_linger(struct conn *c, int64_t now)
{
	if (c->eof || (c->at == c->end && !c->in_record && !c->unread)) {
		conn_close(c);
		return;
	}
	(void)shutdown(c->fd, SHUT_WR);
	c->lingering = true;
	stake_tell(c);
	c->linger_ms = now;
	c->linger_last_ms = now;
	c->at = c->end = 0;
}

void
conn_linger(struct conn *c, int64_t now)
{
	ssize_t n;

	n = recv(c->fd, c->window, CONN_WINDOW, MSG_DONTWAIT);
	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	c->linger_last_ms = now;
	if (n > 0 && (uint64_t)n < c->linger_owed)
		c->linger_owed -= (uint64_t)n;
	else
		c->linger_owed = 0;
	if (n <= 0)
		conn_close(c);
}

/* With a body announced, as long as it comes; else for a moment. */
int64_t
conn_linger_due(const struct conn *c)
{
	int64_t last = c->linger_last_ms + LINGER_MS;
	int64_t longest =
	    c->linger_ms + (c->linger_owed > 0 ? LINGER_MAX_MS : LINGER_MS);

	return last < longest ? last : longest;
}

/* Nothing runs.  True: the conversation is over, *RESULT says how. */
static bool
finished(struct conn *c, enum conn_result *result, int64_t now)
{
	*result = CONN_CLOSED;
	if (c->cut)
		conn_close(c);
	if (c->fd == -1)
		return true;
	if (c->lingering || out_pending(&c->out) > 0)
		return false;
	if (c->closing || c->eof) {
		begin_linger(c, now);
		return c->fd == -1;
	}
	if (c->in_record || c->at < c->end)
		return false;
	if (c->fresh) {
		*result = CONN_PARK_SILENT;
		return c->ending || now >= conn_silent_due(c);
	}
	*result = CONN_PARK_KEPT;
	return true;
}

/* Before it is parked: did the next request come meanwhile, or its end?
 * Whatever it was may have finished it again, so ask anew, do not wait. */
static bool
last_look(struct conn *c, int64_t now)
{
	if (c->ending)
		return false;
	if (!conn_fill(c, now))
		return c->fd == -1 || c->closing;
	conn_digest(c, now);
	return true;
}

static void
open_conn(struct conn *c, int fd, bool fresh, int64_t since_ms)
{
	c->fd = fd;
	c->domain = AF_UNSPEC;
	c->fresh = fresh;
	c->eof = c->closing = c->cut = c->lingering = false;
	c->ending = c->out_blocked = c->unread = false;
	c->at = c->end = 0;
	c->in_record = false;
	c->body_left = c->pad_left = 0;
	c->held = false;
	c->target = c->stalled = NULL;
	out_reset(&c->out);
	c->since_ms = since_ms;
	c->head_ms = fresh ? since_ms : CLOCK_NEVER;
	c->linger_owed = 0;
	c->unsent = 0;
	c->beside--;
	stake_tell(c);
}

enum conn_result
conn_run(struct conn *c, int fd, bool fresh, int64_t since_ms)
{
	enum conn_result result = CONN_CLOSED;
	int64_t now = clock_ms();

	open_conn(c, fd, fresh, since_ms);
	if (conn_fill(c, now))
		conn_digest(c, now);
	for (;;) {
		now = clock_ms();
		if (c->cut && only_muted(c))
			conn_close(c);
		if (c->nactive > 0 || !finished(c, &result, now))
			conn_turn(c);
		else if (result != CONN_PARK_KEPT || !last_look(c, now))
			return result;
	}
}

int
conn_let_go(struct conn *c)
{
	int fd = c->fd;

	c->fd = -1;
	c->beside++; /* as many as before: no need to tell */
	return fd;
}
