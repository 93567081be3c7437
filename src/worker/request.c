#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "worker/answer.h"
#include "worker/conn.h"
#include "worker/report.h"
#include "worker/request.h"
#include "worker/stake.h"
#include "worker/tell.h"

static void
count(const struct request *r, enum board_counter which, uint64_t n)
{
	struct conn *c = r->conn;

	board_add(c->place->board, c->place->slot, which, n);
}

void
request_begin(struct request *r, const struct fcgi_head *head,
    const struct fcgi_begin *b, int64_t head_ms, int64_t now)
{
	struct conn *c = r->conn;

	r->active = true;
	r->started = false;
	r->id = head->id;
	r->role = b->role;
	r->keep = (b->flags & FCGI_KEEP_CONN) != 0;
	r->phase = RULES_PARAMS;
	params_reset(&r->params, r->arena, c->conf->params_max);
	r->length = -1;
	r->name[0] = '-';
	r->name[1] = '\0';
	r->got = 0;
	r->unwanted = b->role == FCGI_AUTHORIZER;
	r->end_given = false;
	spool_init(&r->spool);
	r->muted = r->answered = false;
	r->stdout_used = r->stdout_ended = r->stderr_used = false;
	cgihead_reset(&r->head);
	r->head_text_len = 0;
	r->sent = 0;
	r->why = HANDLER_RUNS;
	r->head_ms = head_ms;
	r->body_ms = now;
	r->awaited = false;
	r->begun_us = clock_us();
	r->head_us = r->first_us = 0;
	r->usage = (struct outcome_usage){ 0 };
	c->nactive++;
	board_set_running(c->place->board, c->place->slot, c->nactive);
	count(r, BOARD_ACCEPTED, 1);
	stake_tell(c);
	report_begin(r);
}

/* The streams that were used are ended before END_REQUEST. */
static void
put_ends(struct request *r)
{
	struct out *o = &r->conn->out;

	if (!r->stdout_ended)
		out_put(o, FCGI_STDOUT, r->id, NULL, 0);
	if (r->stderr_used)
		out_put(o, FCGI_STDERR, r->id, NULL, 0);
	r->stdout_ended = true;
}

/* Look at the answer as it begins to pass. */
static void
look(struct request *r, struct span bytes)
{
	size_t room = sizeof(r->head_text) - r->head_text_len;
	size_t n = bytes.len < room ? bytes.len : room;

	memcpy(r->head_text + r->head_text_len, bytes.at, n);
	r->head_text_len += n;
	if (!r->head.done)
		(void)cgihead_feed(&r->head, bytes);
}

static void
put_answer(struct request *r, int status)
{
	const char *text = answer_text(status);
	size_t len = strlen(text);

	out_put(&r->conn->out, FCGI_STDOUT, r->id, text, len);
	look(r, (struct span){ (const uint8_t *)text, len });
	r->sent += len;
	r->answered = true;
}

/* Its body has not come to its end: what is still announced of it, records
 * and all, is worth waiting for when the connection is closed. */
static void
unread(const struct request *r)
{
	struct conn *c = r->conn;

	c->unread = true;
	if (r->length >= 0 && r->got < (uint64_t)r->length) {
		uint64_t left = (uint64_t)r->length - r->got;

		c->linger_owed += left + left / 8;
	}
}

/* The request has no further part in anything. */
static void
over(struct request *r, const struct outcome *o,
    const struct outcome_facts *facts)
{
	struct conn *c = r->conn;

	if (c->fd != -1 && !o->cut && out_pending(&c->out) > 0)
		stake_owe(c);
	if (o->close || !r->keep)
		c->closing = true;
	if (r->phase != RULES_OUTPUT)
		unread(r);
	if (o->cut)
		c->closing = c->cut = true;
	spool_close(&r->spool);
	r->active = false;
	r->phase = RULES_NONE;
	c->nactive--;
	if (c->nactive == 0 && c->end > c->at)
		c->head_ms = clock_ms();
	board_set_running(c->place->board, c->place->slot, c->nactive);
	report_over(r, facts, clock_us());
	count(r, o->counter, 1);
	stake_tell(c);
	c->owner.over(c->owner.ctx, r, o, facts);
}

/* An answer of ours instead of a program's. */
static void
refuse(struct request *r, int status)
{
	struct outcome o = { .answer = status, .counter = BOARD_REJECTED };
	struct outcome_facts none = { 0 };

	if (status == 431)
		r->conn->closing = true; /* the rest of it may be endless */
	put_answer(r, status);
	put_ends(r);
	out_put_end(&r->conn->out, r->id, 0,
	    status == 503 ? FCGI_OVERLOADED : FCGI_REQUEST_COMPLETE);
	over(r, &o, &none);
}

static int
params_status(enum params_err err)
{
	switch (err) {
	case PARAMS_OK:
		return 0;
	case PARAMS_ETOTAL:
	case PARAMS_ECOUNT:
	case PARAMS_EENTRY:
		return 431;
	case PARAMS_ENUL:
	case PARAMS_ECUT:
		return 400;
	}
	return 400;
}

static void
refuse_params(struct request *r, enum params_err err)
{
	tell(r->conn->place, BOARD_RATE_REFUSED, LOG_LEVEL_NOTICE,
	    &(struct log_about){ .request = r->name },
	    "request %s: parameters refused: %s", r->name,
	    params_strerror(err));
	refuse(r, params_status(err));
}

void
request_params(struct request *r, struct span in)
{
	enum params_err err = params_feed(&r->params, in);

	if (err != PARAMS_OK)
		refuse_params(r, err);
}

/* CONTENT_LENGTH: digits that fit, or nothing at all. */
static int
read_length(struct request *r)
{
	const char *text = params_get(&r->params, "CONTENT_LENGTH");
	int64_t n = 0;

	if (text == NULL || *text == '\0')
		return 0;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' ||
		    n > (INT64_MAX - (*text - '0')) / 10)
			return -1;
		n = n * 10 + (*text - '0');
	}
	r->length = n;
	return 0;
}

/* The last of them takes what nobody else claims. */
static void
choose(struct request *r)
{
	const struct conn *c = r->conn;
	size_t i;

	for (i = 0; i < c->nhandlers; i++) {
		r->handler = c->handlers[i].handler;
		r->handler_ctx = c->handlers[i].ctx;
		if (r->handler->claims != NULL &&
		    r->handler->claims(r->handler_ctx, r))
			return;
	}
}

void
request_params_end(struct request *r, int64_t now)
{
	struct conn *c = r->conn;
	enum params_err err = params_finish(&r->params);
	int status;

	count(r, BOARD_PARAMS_DROPPED, r->params.dropped);
	if (err != PARAMS_OK) {
		refuse_params(r, err);
		return;
	}
	reqid_choose(&r->params, c->seed, c->count++, r->name);
	if (read_length(r) == -1) {
		tell(r->conn->place, BOARD_RATE_REFUSED, LOG_LEVEL_NOTICE,
		    &(struct log_about){ .request = r->name },
		    "request %s: CONTENT_LENGTH is no length", r->name);
		refuse(r, 400);
		return;
	}
	if (c->conf->body_max != 0 && r->length > 0 &&
	    (uint64_t)r->length > c->conf->body_max) {
		refuse(r, 413);
		return;
	}
	report_start(r);
	r->phase = RULES_STDIN;
	r->body_ms = now;
	r->flow_ms = now;
	r->head_us = clock_us();
	choose(r);
	/* How the pool is can be asked all the same. */
	status = c->place->refuse && r->handler->claims == NULL
	    ? 503
	    : r->handler->start(r->handler_ctx, r, now);
	if (status != 0) {
		refuse(r, status);
		return;
	}
	r->started = true;
	request_body_check_end(r);
}

/* Nothing has run yet, or the handler is told. */
void
request_stop(struct request *r, enum handler_why why, int64_t now)
{
	struct conn *c = r->conn;
	int answer = outcome_answer(why);

	if (r->why != HANDLER_RUNS && why != HANDLER_GONE)
		return;
	r->muted = true;
	if (why == HANDLER_GONE && c->conf->abort_finish && r->started &&
	    request_body_complete(r) && spool_len(&r->spool) == 0)
		return; /* client_abort = finish */
	if (r->why == HANDLER_RUNS)
		r->why = why;
	if (!r->started) {
		request_done(r, false, 0);
		return;
	}
	if (answer != 0 && r->stdout_used)
		c->closing = c->cut = true;
	else if (answer != 0 && c->fd != -1) {
		put_answer(r, answer);
		out_put(&c->out, FCGI_STDOUT, r->id, NULL, 0);
		r->stdout_ended = true;
	}
	r->handler->stop(r->handler_ctx, r, r->why, now);
}

uint8_t *
request_reserve(struct request *r, size_t *cap)
{
	return out_reserve(&r->conn->out, cap);
}

void
request_commit(struct request *r, enum request_stream stream, size_t len)
{
	struct conn *c = r->conn;
	size_t cap;
	struct span bytes = { out_reserve(&c->out, &cap), len };

	if (r->muted || c->fd == -1 || len == 0)
		return;
	if (stream == REQUEST_STDERR) {
		r->stderr_used = true;
		out_commit(&c->out, FCGI_STDERR, r->id, len);
		return;
	}
	if (!r->stdout_used)
		r->first_us = clock_us();
	r->stdout_used = true;
	r->sent += len;
	look(r, bytes);
	out_commit(&c->out, FCGI_STDOUT, r->id, len);
}

void
request_stdout_end(struct request *r)
{
	if (r->stdout_ended || r->muted || !r->stdout_used)
		return;
	r->stdout_ended = true;
	out_put(&r->conn->out, FCGI_STDOUT, r->id, NULL, 0);
}

void
request_done(struct request *r, bool signalled, int code)
{
	struct conn *c = r->conn;
	struct outcome_facts facts = {
		.why = r->why == HANDLER_RUNS && c->fd == -1 ? HANDLER_GONE
							     : r->why,
		.output = r->stdout_used,
		.signalled = signalled,
		.code = code,
		.cut_on_crash = c->conf->cut_on_crash,
	};
	struct outcome o = outcome_for(&facts);

	if (!r->started && r->why == HANDLER_ABORT)
		o.app_status = 0;
	if (c->fd != -1 && o.answer != 0 && !r->answered)
		put_answer(r, o.answer);
	if (c->fd != -1 && o.end) {
		if (r->why != HANDLER_ABORT || r->stdout_used)
			put_ends(r);
		out_put_end(
		    &c->out, r->id, o.app_status, FCGI_REQUEST_COMPLETE);
	}
	over(r, &o, &facts);
}
