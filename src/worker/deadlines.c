/* deadlines.c - what the connection and its requests wait for at most. */
#include "base/clock.h"
#include "worker/conn.h"

static int64_t
after(int64_t since, int64_t limit)
{
	return since == CLOCK_NEVER || limit == 0 ? CLOCK_NEVER : since + limit;
}

/* When the request's part of the conversation is overdue. */
static int64_t
request_due(struct conn *c, struct request *r, int64_t now)
{
	bool peer = request_waits_for_peer(r);
	int64_t due;

	if (!r->started)
		return after(r->head_ms, c->conf->head_timeout_ms);
	due = r->handler->due(r->handler_ctx, r, peer, now);
	if (request_held(r, now) && c->stalled != r)
		due = clock_sooner(due, r->flow_ms + REQUEST_HOLD_MS);
	peer = peer && !c->out_blocked && r->why == HANDLER_RUNS && c->fd != -1;
	if (!peer || !r->awaited)
		r->body_ms = now;
	r->awaited = peer;
	if (peer)
		due = clock_sooner(
		    due, after(r->body_ms, c->conf->body_timeout_ms));
	return due;
}

int64_t
conn_silent_due(const struct conn *c)
{
	return c->since_ms + (c->patient ? CONN_PATIENT_MS : CONN_SILENT_MS);
}

int64_t
conn_due(struct conn *c, int64_t now)
{
	int64_t due =
	    clock_sooner(conn_parse_due(c, now), c->owner.due(c->owner.ctx));
	unsigned i;

	if (c->lingering)
		return clock_sooner(due, conn_linger_due(c));
	if (c->out_blocked)
		due = clock_sooner(
		    due, after(c->out_ms, c->conf->write_timeout_ms));
	if (c->nactive == 0) {
		due = clock_sooner(
		    due, after(c->head_ms, c->conf->head_timeout_ms));
		if (c->fresh && c->at == c->end)
			due = clock_sooner(due, conn_silent_due(c));
	}
	for (i = 0; i < c->conf->max_reqs; i++)
		if (c->request[i].active)
			due = clock_sooner(
			    due, request_due(c, &c->request[i], now));
	return due;
}

static void
head_overdue(struct conn *c, struct request *r, int64_t now)
{
	/* It closes, but not under what else runs on it. */
	if (c->nactive <= 1) {
		conn_lost(c, HANDLER_STALL, now);
		return;
	}
	c->closing = true;
	r->keep = false;
	request_stop(r, HANDLER_GONE, now);
}

static void
tick_request(struct conn *c, struct request *r, int64_t now)
{
	if (!r->started) {
		if (after(r->head_ms, c->conf->head_timeout_ms) <= now)
			head_overdue(c, r, now);
		return;
	}
	if (r->awaited && request_waits_for_peer(r) && !c->out_blocked &&
	    r->why == HANDLER_RUNS && c->fd != -1 &&
	    after(r->body_ms, c->conf->body_timeout_ms) <= now)
		request_stop(r, HANDLER_STALL, now);
	else
		r->handler->tick(r->handler_ctx, r, now);
}

/* Act on whatever deadline has passed. */
void
conn_tick(struct conn *c, int64_t now)
{
	unsigned i;

	if (c->lingering && conn_linger_due(c) <= now)
		conn_close(c);
	if (c->fd != -1 && c->out_blocked &&
	    after(c->out_ms, c->conf->write_timeout_ms) <= now)
		conn_lost(c, HANDLER_STALL, now);
	if (c->fd != -1 && c->nactive == 0 && !c->lingering &&
	    after(c->head_ms, c->conf->head_timeout_ms) <= now)
		conn_lost(c, HANDLER_STALL, now);
	for (i = 0; i < c->conf->max_reqs; i++)
		if (c->request[i].active)
			tick_request(c, &c->request[i], now);
	if (conn_parse_due(c, now) <= now)
		conn_parse(c, now);
}
