/* body.c - a request's body on its way to the handler: what is offered, what
 * is spooled, what is dropped, and when it has come to its end. */
#include <errno.h>
#include <string.h>

#include "worker/conn.h"
#include "worker/request.h"
#include "worker/tell.h"

#define PUMP_LEN 16384

/* Tell the handler, once, that its stdin has ended. */
static void
give_end(struct request *r)
{
	if (r->end_given || !r->started)
		return;
	r->end_given = true;
	r->handler->input_end(r->handler_ctx, r);
}

bool
request_body_complete(const struct request *r)
{
	return r->unwanted || r->phase == RULES_OUTPUT ||
	    (r->length >= 0 && r->got >= (uint64_t)r->length);
}

void
request_body_check_end(struct request *r)
{
	if (request_body_complete(r) && spool_len(&r->spool) == 0)
		give_end(r);
}

static void
dropped(const struct request *r, size_t n)
{
	if (n > 0)
		board_add(r->conn->place->board, r->conn->place->slot,
		    BOARD_STDIN_DROPPED, n);
}

bool
request_has_no_body(const struct request *r)
{
	return r->unwanted || r->length == 0 ||
	    (r->length == -1 && conn_peek_end(r->conn, r->id));
}

bool
request_backed_up(const struct request *r)
{
	return r->started && !r->unwanted &&
	    (spool_len(&r->spool) > 0 || r->conn->stalled == r);
}

void
request_refuse_body(struct request *r)
{
	if (r->unwanted)
		return;
	r->unwanted = true;
	dropped(r, spool_len(&r->spool));
	spool_close(&r->spool);
}

/* Hand bytes to the handler; those it took. A handler that wants no more
 * takes everything from now on: it is dropped. */
static size_t
offer(struct request *r, struct span in)
{
	ssize_t n = r->handler->input(r->handler_ctx, r, in);

	if (n >= 0)
		return (size_t)n;
	dropped(r, in.len);
	request_refuse_body(r);
	return in.len;
}

size_t
request_body(struct request *r, struct span in, int64_t now)
{
	struct conn *c = r->conn;
	size_t extra = 0, n;

	r->body_ms = now;
	if (c->conf->body_max != 0 && !r->unwanted &&
	    in.len > c->conf->body_max - r->got) {
		request_stop(r, HANDLER_LARGE, now);
		return in.len;
	}
	if (r->unwanted || r->muted) {
		r->got += in.len;
		dropped(r, in.len);
		return in.len;
	}
	if (r->length >= 0 && in.len > (uint64_t)r->length - r->got) {
		extra = in.len - (size_t)((uint64_t)r->length - r->got);
		in.len -= extra;
	}
	if (in.len > 0 && spool_len(&r->spool) > 0)
		return 0; /* first what came first */
	n = in.len > 0 ? offer(r, in) : 0;
	r->got += n;
	if (n > 0)
		r->flow_ms = now;
	if (n < in.len)
		return n;
	dropped(r, extra);
	request_body_check_end(r);
	return n + extra;
}

void
request_body_end(struct request *r)
{
	r->phase = RULES_OUTPUT;
	request_body_check_end(r);
}

bool
request_spool(struct request *r, struct span in, int64_t now)
{
	if (r->length >= 0 && in.len > (uint64_t)r->length - r->got) {
		size_t fits = (size_t)((uint64_t)r->length - r->got);

		dropped(r, in.len - fits);
		in.len = fits;
	}
	r->got += in.len;
	r->flow_ms = now;
	if (spool_put(&r->spool, r->conn->conf->temp_dir, in) == 0)
		return true;
	tell(r->conn->place, BOARD_RATE_SYSTEM, LOG_LEVEL_WARNING,
	    &(struct log_about){ .request = r->name },
	    "request %s: request_body_temp_dir %s: %s", r->name,
	    r->conn->conf->temp_dir, strerror(errno));
	request_stop(r, HANDLER_SHUTDOWN, now);
	return false;
}

void
request_pump(struct request *r, int64_t now)
{
	uint8_t buf[PUMP_LEN];
	ssize_t len;

	while (r->active && spool_len(&r->spool) > 0) {
		size_t n;

		len = spool_peek(&r->spool, buf, sizeof(buf));
		if (len <= 0) {
			request_stop(r, HANDLER_SHUTDOWN, now);
			return;
		}
		n = offer(r, (struct span){ buf, (size_t)len });
		if (n == 0)
			return;
		if (r->unwanted)
			break;
		spool_drop(&r->spool, n);
		r->conn->stalled_ms = now;
	}
	if (r->active)
		request_body_check_end(r);
}

bool
request_held(const struct request *r, int64_t now)
{
	if (!r->started || r->stdout_used || r->muted ||
	    request_body_complete(r) || r->conn->fd == -1)
		return false;
	return r->conn->stalled == r || now - r->flow_ms < REQUEST_HOLD_MS;
}

bool
request_waits_for_peer(const struct request *r)
{
	if (out_pending(&r->conn->out) > 0)
		return true;
	return !request_body_complete(r) && !request_backed_up(r);
}
