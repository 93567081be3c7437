/* records.c - from bytes in the window to what they mean (conn_parse). */
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "board/board.h"
#include "worker/answer.h"
#include "worker/conn.h"
#include "worker/stake.h"

/* A body that is held back for this long belongs to a program that does not
 * read; other requests may be waiting behind it. */
#define STALL_MS 50
/* How often a program that is held back is asked whether it has output. */
#define LOOK_MS 5
/* How much of it is set aside to look for them. */
#define STALL_SPOOL_MAX (16u << 20)

static struct span
available(const struct conn *c)
{
	return (struct span){ c->window + c->at, c->end - c->at };
}

static void
consume(struct conn *c, size_t n)
{
	if (c->fd == -1)
		return; /* closed meanwhile: the window is empty */
	c->at += n;
	if (c->at == c->end) {
		c->at = 0;
		c->end = 0;
	}
}

struct request *
conn_find(struct conn *c, uint16_t id)
{
	unsigned i;

	for (i = 0; i < c->conf->max_reqs; i++)
		if (c->request[i].active && c->request[i].id == id)
			return &c->request[i];
	return NULL;
}

static struct request *
vacant(struct conn *c)
{
	unsigned i;

	for (i = 0; i < c->conf->max_reqs; i++)
		if (!c->request[i].active)
			return &c->request[i];
	return NULL;
}

/* A request beyond fastcgi.max_reqs: an answer, but no place. */
static void
refuse_begin(struct conn *c, uint16_t id, bool keep)
{
	const char *text = answer_text(503);
	bool single = c->conf->max_reqs == 1;

	if (!single) {
		out_put(&c->out, FCGI_STDOUT, id, text, strlen(text));
		out_put(&c->out, FCGI_STDOUT, id, NULL, 0);
	}
	out_put_end(
	    &c->out, id, 0, single ? FCGI_CANT_MPX_CONN : FCGI_OVERLOADED);
	stake_owe(c);
	board_add(c->place->board, c->place->slot, BOARD_ACCEPTED, 1);
	board_add(c->place->board, c->place->slot, BOARD_REJECTED, 1);
	if (!keep)
		c->closing = true;
}

static void
refuse_role(struct conn *c, uint16_t id, bool keep)
{
	out_put_end(&c->out, id, 0, FCGI_UNKNOWN_ROLE);
	stake_owe(c);
	board_add(c->place->board, c->place->slot, BOARD_ACCEPTED, 1);
	board_add(c->place->board, c->place->slot, BOARD_REJECTED, 1);
	if (!keep)
		c->closing = true;
}

static void
begin(struct conn *c, int64_t now)
{
	struct span body = { c->window + c->at, FCGI_BEGIN_LEN };
	struct fcgi_begin b;
	struct request *r;

	if (fcgi_get_begin(body, &b) != FCGI_OK)
		return; /* rules_for() has checked its size */
	c->fresh = false;
	if (c->closing)
		return; /* it came after the last that we promised */
	b.flags = c->conf->keepalive ? b.flags : 0;
	if (b.role != FCGI_RESPONDER && b.role != FCGI_AUTHORIZER) {
		refuse_role(c, c->rec.id, b.flags & FCGI_KEEP_CONN);
		return;
	}
	r = vacant(c);
	if (r == NULL) {
		refuse_begin(c, c->rec.id, b.flags & FCGI_KEEP_CONN);
		return;
	}
	request_begin(
	    r, &c->rec, &b, c->head_ms == CLOCK_NEVER ? now : c->head_ms, now);
	c->head_ms = CLOCK_NEVER;
}

static void
start_record(struct conn *c, int64_t now)
{
	enum rules_phase phase = RULES_NONE;

	c->target = c->rec.id == 0 ? NULL : conn_find(c, c->rec.id);
	if (c->target != NULL)
		phase = c->target->phase;
	c->act = rules_for(&c->rec, phase);
	c->in_record = true;
	c->body_left = c->rec.body_len;
	c->pad_left = c->rec.pad_len;
	if (c->act == RULES_VALUES)
		values_reset(&c->values);
	if (c->act == RULES_CLOSE)
		conn_broken(c, "a record that must not come there", now);
}

/* The whole content of the record has been taken. */
static void
finish_record(struct conn *c, int64_t now)
{
	struct values_ours ours = { c->conf->max_children, c->conf->max_reqs };

	c->in_record = false;
	switch (c->act) {
	case RULES_FEED:
		if (c->rec.body_len == 0 && c->target->active)
			request_params_end(c->target, now);
		break;
	case RULES_BODY:
		if (c->rec.body_len == 0 && c->target->active)
			request_body_end(c->target);
		break;
	case RULES_ABORT:
		if (c->target->active)
			request_stop(c->target, HANDLER_ABORT, now);
		break;
	case RULES_VALUES:
		out_small_commit(
		    &c->out, values_put(out_small(&c->out), &c->values, &ours));
		break;
	case RULES_UNKNOWN:
		out_small_commit(
		    &c->out, fcgi_put_unknown(out_small(&c->out), c->rec.type));
		break;
	case RULES_IGNORE:
		/* What is left of an ended request is no slow head. */
		if (c->nactive == 0 && !c->fresh)
			c->head_ms = now;
		break;
	case RULES_BEGIN:
	case RULES_CLOSE:
		break;
	}
}

/* Must the body of R, which its handler does not take, make room at once?
 * For another request that could go on; for a peer that does not take the
 * answer and may first want to be rid of the body; for a handler that itself
 * is held back with its output, which waits for the body's end. */
static bool
must_give_way(struct conn *c, struct request *r, int64_t now)
{
	return c->nactive > 1 || c->out_blocked ||
	    (request_held(r, now) && r->handler->has_output(r->handler_ctx, r));
}

/* Could requests be waiting behind it that we do not know of? */
static bool
may_hide_others(const struct conn *c, const struct request *r)
{
	return r->keep && c->conf->max_reqs > 1 &&
	    spool_len(&r->spool) < STALL_SPOOL_MAX;
}

/* TARGET takes no more.  Hold the connection back, or spool what is in the
 * way. */
static size_t
body_in_the_way(struct conn *c, struct span in, int64_t now)
{
	struct request *r = c->target;

	/* Once it is being spooled, only progress of the program starts the
	 * wait anew (request_pump). */
	if (c->stalled == NULL && spool_len(&r->spool) == 0)
		c->stalled_ms = now;
	c->stalled = r;
	c->look_ms = now;
	if (!must_give_way(c, r, now) &&
	    (!may_hide_others(c, r) || now - c->stalled_ms < STALL_MS))
		return 0;
	c->stalled = NULL;
	(void)request_spool(r, in, now);
	return in.len; /* also when that failed: the request is ending */
}

static size_t
take_body(struct conn *c, struct span in, int64_t now)
{
	size_t n;

	if (!c->target->active)
		return in.len;
	n = request_body(c->target, in, now);
	if (n > 0) {
		c->stalled = NULL;
		return n;
	}
	return body_in_the_way(c, in, now);
}

/* Use some of the record's content; 0: nothing can go on for now. */
static size_t
take_content(struct conn *c, struct span in, int64_t now)
{
	switch (c->act) {
	case RULES_BEGIN:
		if (in.len < FCGI_BEGIN_LEN)
			return 0;
		begin(c, now);
		return FCGI_BEGIN_LEN;
	case RULES_FEED:
		if (c->target->active && c->target->phase == RULES_PARAMS)
			request_params(c->target, in);
		return in.len;
	case RULES_BODY:
		return take_body(c, in, now);
	case RULES_VALUES:
		values_feed(&c->values, in);
		return in.len;
	case RULES_ABORT:
	case RULES_UNKNOWN:
	case RULES_IGNORE:
	case RULES_CLOSE:
		return in.len;
	}
	return in.len;
}

bool
conn_peek_end(const struct conn *c, uint16_t id)
{
	struct span in = available(c);
	struct fcgi_head next;

	if (in.len < c->pad_left)
		return false;
	in.at += c->pad_left;
	in.len -= c->pad_left;
	return fcgi_get_head(&in, &next) == FCGI_OK &&
	    next.type == FCGI_STDIN && next.id == id && next.body_len == 0;
}

/* The content that is at hand.  False: wait. */
static bool
content(struct conn *c, int64_t now)
{
	struct span in = available(c);
	size_t n;

	if (in.len > c->body_left)
		in.len = c->body_left;
	if (in.len == 0)
		return false;
	n = take_content(c, in, now);
	c->body_left -= n;
	consume(c, n);
	return n > 0;
}

static bool
padding(struct conn *c)
{
	size_t n = available(c).len;

	if (n > c->pad_left)
		n = c->pad_left;
	c->pad_left -= n;
	consume(c, n);
	return c->pad_left == 0;
}

static bool
head(struct conn *c, int64_t now)
{
	struct span in = available(c);
	enum fcgi_err err = fcgi_get_head(&in, &c->rec);

	if (err == FCGI_MORE)
		return false;
	if (err != FCGI_OK) {
		conn_broken(c, fcgi_strerror(err), now);
		return false;
	}
	consume(c, FCGI_HEAD_LEN);
	start_record(c, now);
	return true;
}

/* Everything that can be done with the window's content.  Ends because each
 * turn consumes bytes or stops. */
void
conn_parse(struct conn *c, int64_t now)
{
	c->stalled =
	    c->stalled != NULL && c->stalled->active ? c->stalled : NULL;
	while (c->fd != -1 && out_has_room(&c->out)) {
		if (!c->in_record && !head(c, now))
			break;
		if (c->fd == -1)
			break;
		if (c->body_left > 0 && !content(c, now))
			break;
		if (c->body_left > 0)
			continue;
		if (c->pad_left > 0 && !padding(c))
			break;
		finish_record(c, now);
	}
	c->held = c->fd != -1 && !out_has_room(&c->out);
}

/* When to look again at a body that is held back. */
int64_t
conn_parse_due(const struct conn *c, int64_t now)
{
	const struct request *r = c->stalled;

	if (r == NULL || !r->active)
		return CLOCK_NEVER;
	if (c->nactive > 1 || c->out_blocked)
		return c->stalled_ms;
	if (request_held(r, now))
		return c->look_ms + LOOK_MS;
	return may_hide_others(c, r) ? c->stalled_ms + STALL_MS : CLOCK_NEVER;
}
