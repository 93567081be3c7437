/* hostile.c - see hostile.h. */
#include "hostile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/fcgi.h"
#include "wire.h"

#define TALKS 8
#define RESPOND_KEEP FCGI_RESPONDER, FCGI_KEEP_CONN

struct sender {
	hostile_sink *sink;
	void *ctx;
	uint64_t count;
	const char *what;
};

static void
give(struct sender *s, const struct peer_script *script)
{
	s->sink(s->ctx, script, s->what);
	s->count++;
}

/* --- ordinary conversations --- */

static const char *const names[] = { "SERVER_PORT", "80", "SERVER_ADDR",
	"199.170.183.42", "REQUEST_METHOD", "GET", NULL };

static void
multiplexed(struct wire *w)
{
	wire_begin(w, 1, RESPOND_KEEP);
	wire_params(w, 1, names, 4096);
	wire_begin(w, 2, RESPOND_KEEP);
	wire_params(w, 2, names, 7);
	wire_record(w, FCGI_STDIN, 1, "one", 3, 0);
	wire_record(w, FCGI_STDIN, 2, "two", 3, 250);
	wire_record(w, FCGI_GET_VALUES, 0, "\017\0FCGI_MPXS_CONNS", 17, 0);
	wire_record(w, FCGI_STDIN, 2, NULL, 0, 0);
	wire_record(w, FCGI_STDIN, 1, NULL, 0, 0);
}

static void
aborted(struct wire *w)
{
	unsigned id;

	for (id = 1; id <= 4; id++) {
		wire_begin(w, id, RESPOND_KEEP);
		if (id > 1)
			wire_params(w, id, names, 4096);
		if (id > 2)
			wire_record(w, FCGI_STDIN, id, "body", 4, 0);
		if (id > 3)
			wire_record(w, FCGI_STDIN, id, NULL, 0, 0);
		wire_record(w, FCGI_ABORT_REQUEST, id, NULL, 0, 1);
	}
}

static void
too_many(struct wire *w)
{
	unsigned id;

	for (id = 1; id <= 12; id++)
		wire_begin(w, id, RESPOND_KEEP);
	for (id = 12; id >= 1; id--)
		wire_params(w, id, names, 40);
}

/* The N-th: each of another kind. */
static void
talk(struct wire *w, unsigned n)
{
	w->len = 0;
	switch (n) {
	case 0:
		wire_begin(w, 1, FCGI_RESPONDER, 0);
		wire_params(w, 1, names, 4096);
		wire_stdin(w, 1, "");
		break;
	case 1:
		wire_request(w, 2, "quantity=100&item=3047936");
		wire_request(w, 2, "again");
		break;
	case 2:
		wire_begin(w, 4, FCGI_RESPONDER, 0);
		wire_params(w, 4, names, 1);
		wire_stdin(w, 4, "quantity=100");
		break;
	case 3:
		multiplexed(w);
		break;
	case 4:
		aborted(w);
		break;
	case 5:
		wire_begin(w, 1, 7, FCGI_KEEP_CONN);
		wire_record(w, 99, 0, "unknown", 7, 1);
		wire_begin(w, 3, FCGI_AUTHORIZER, 0xff);
		wire_params(w, 3, names, 30);
		wire_stdin(w, 3, "not for it");
		break;
	case 6:
		wire_request(w, 15, "refused, and its body is not wanted");
		wire_request(w, 5, "answered without a look at this");
		wire_request(w, 7, "");
		wire_begin(w, 7, 7, 0);
		break;
	default:
		too_many(w);
		break;
	}
}

/* --- cut, and in pieces --- */

uint64_t
hostile_cuts(hostile_sink *sink, void *ctx)
{
	struct sender s = { sink, ctx, 0, "cut" };
	struct wire *w = malloc(sizeof(*w));
	struct peer_script script = { .at = w->at };
	unsigned n, end;

	for (n = 0; n < TALKS; n++) {
		talk(w, n);
		for (end = 0; end < PEER_ENDS; end++)
			for (script.len = 0; script.len <= w->len;
			     script.len++) {
				script.end = (enum peer_end)end;
				give(&s, &script);
			}
	}
	free(w);
	return s.count;
}

uint64_t
hostile_pieces(hostile_sink *sink, void *ctx)
{
	struct sender s = { sink, ctx, 0, "in pieces" };
	struct wire *w = malloc(sizeof(*w));
	struct peer_script script = { .at = w->at, .end = PEER_KEEPS };
	unsigned n, end;

	for (n = 0; n < TALKS; n++) {
		talk(w, n);
		script.len = w->len;
		for (script.cut = 1; script.cut < w->len; script.cut++) {
			script.prompt = false;
			give(&s, &script);
			script.prompt = true;
			give(&s, &script);
		}
		script.cut = 0;
		script.prompt = false;
		script.bytewise = true;
		for (end = 0; end < PEER_ENDS; end++) {
			script.end = (enum peer_end)end;
			give(&s, &script);
		}
		script.bytewise = false;
		script.end = PEER_KEEPS;
	}
	free(w);
	return s.count;
}

/* --- every type at every time --- */

/* A record of TYPE after PHASE parts of request 1, then what is missing of
 * that request, then an honest one. */
static void
typed(struct wire *w, unsigned type, unsigned id, unsigned phase, size_t len)
{
	static const uint8_t body[4096] = { 0, 1, 1 };

	w->len = 0;
	if (phase == 4)
		wire_request(w, 1, "");
	else if (phase > 0)
		wire_begin(w, 1, RESPOND_KEEP);
	if (phase == 2 || phase == 3)
		wire_params(w, 1, names, 4096);
	if (phase == 3)
		wire_record(w, FCGI_STDIN, 1, "half", 4, 0);
	wire_record(w, type, id, body, len, (unsigned)(len % 5));
	if (phase == 1)
		wire_params(w, 1, names, 4096);
	if (phase > 0 && phase < 4)
		wire_stdin(w, 1, "half");
	wire_record(w, FCGI_GET_VALUES, 0, NULL, 0, 0);
	wire_request(w, HOSTILE_HONEST, "honest");
}

uint64_t
hostile_types(hostile_sink *sink, void *ctx)
{
	static const unsigned ids[] = { 0, 1, 2, 65535 };
	static const size_t lens[] = { 0, 1, 8, 4096 };
	struct sender s = { sink, ctx, 0, "typed" };
	struct wire *w = malloc(sizeof(*w));
	struct peer_script script = { .at = w->at, .end = PEER_KEEPS };
	unsigned type, id, phase, len;

	for (type = 0; type < 256; type++)
		for (id = 0; id < 4; id++)
			for (phase = 0; phase < 5; phase++)
				for (len = 0; len < 4; len++) {
					typed(
					    w, type, ids[id], phase, lens[len]);
					script.len = w->len;
					give(&s, &script);
				}
	free(w);
	return s.count;
}

/* --- every order --- */

static void
one_of_five(struct wire *w, unsigned which)
{
	switch (which) {
	case 0:
		wire_begin(w, 1, RESPOND_KEEP);
		break;
	case 1:
		wire_record(w, FCGI_PARAMS, 1, "\1\1AB", 4, 0);
		break;
	case 2:
		wire_record(w, FCGI_PARAMS, 1, NULL, 0, 0);
		break;
	case 3:
		wire_record(w, FCGI_STDIN, 1, "body", 4, 0);
		break;
	default:
		wire_record(w, FCGI_STDIN, 1, NULL, 0, 0);
		break;
	}
}

/* The N-th of the 120 permutations (its digits choose what is left). */
static void
ordered(struct wire *w, unsigned n)
{
	unsigned left[5] = { 0, 1, 2, 3, 4 };
	unsigned i, k, size;

	w->len = 0;
	for (size = 5; size > 0; size--) {
		k = n % size;
		n /= size;
		one_of_five(w, left[k]);
		for (i = k; i + 1 < size; i++)
			left[i] = left[i + 1];
	}
}

uint64_t
hostile_orders(hostile_sink *sink, void *ctx)
{
	struct sender s = { sink, ctx, 0, "in another order" };
	struct wire *w = malloc(sizeof(*w));
	struct peer_script script = { .at = w->at };
	unsigned n, end;

	for (n = 0; n < 120; n++)
		for (end = 0; end < PEER_ENDS; end++) {
			ordered(w, n);
			script.len = w->len;
			script.end = (enum peer_end)end;
			script.bytewise = false;
			give(&s, &script);
			script.bytewise = true;
			give(&s, &script);
		}
	free(w);
	return s.count;
}

/* --- floods --- */

static void
flood(struct wire *w, unsigned kind)
{
	unsigned n;

	w->len = 0;
	for (n = 1; n <= 10000; n++) {
		if (kind == 0 || kind == 3)
			wire_begin(w, n, RESPOND_KEEP);
		if (kind == 1 || kind == 3)
			wire_record(w, 12 + n % 200, 0, NULL, 0, 0);
		if (kind == 2)
			wire_record(w, FCGI_GET_VALUES, 0,
			    "\015\0FCGI_MAX_REQS", 15, 0);
	}
}

uint64_t
hostile_floods(hostile_sink *sink, void *ctx)
{
	struct sender s = { sink, ctx, 0, "flood" };
	struct wire *w = malloc(sizeof(*w));
	struct peer_script script = { .at = w->at };
	unsigned kind, end;

	for (kind = 0; kind < 4; kind++)
		for (end = 0; end < PEER_ENDS; end++) {
			flood(w, kind);
			script.len = w->len;
			script.end = (enum peer_end)end;
			give(&s, &script);
		}
	free(w);
	return s.count;
}

/* --- lengths that lie --- */

uint64_t
hostile_pairs(hostile_sink *sink, void *ctx)
{
	struct sender s = { sink, ctx, 0, "pairs" };
	struct wire *w = malloc(sizeof(*w));
	struct peer_script script = { .at = w->at, .end = PEER_KEEPS };
	unsigned name, value;

	for (name = 0; name < 256; name++)
		for (value = 0; value < 256; value++) {
			const uint8_t pair[4] = { (uint8_t)name, (uint8_t)value,
				'A', 'B' };

			w->len = 0;
			wire_begin(w, 4, RESPOND_KEEP);
			wire_record(w, FCGI_PARAMS, 4, pair, 4, 0);
			wire_record(w, FCGI_PARAMS, 4, NULL, 0, 0);
			wire_record(w, FCGI_STDIN, 4, NULL, 0, 0);
			script.len = w->len;
			give(&s, &script);
		}
	free(w);
	return s.count;
}

/* --- damage --- */

static uint64_t
next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void
damage(struct wire *w, uint64_t *state)
{
	size_t at = next(state) % w->len;
	size_t n = 1 + next(state) % 16;

	if (n > w->len - at)
		n = w->len - at;
	switch (next(state) % 5) {
	case 0:
		w->at[at] = (uint8_t)next(state);
		break;
	case 1:
		w->at[at] ^= (uint8_t)(1u << next(state) % 8);
		break;
	case 2: /* something is lost */
		memmove(w->at + at, w->at + at + n, w->len - at - n);
		w->len -= n;
		break;
	case 3: /* something comes twice */
		memmove(w->at + at + n, w->at + at, w->len - at);
		w->len += n;
		break;
	default: /* another conversation goes on in its midst */
		w->len = at;
		wire_request(w, (unsigned)next(state) % 20, "honest");
		break;
	}
}

uint64_t
hostile_damage(uint64_t seed, uint64_t count, hostile_sink *sink, void *ctx)
{
	struct sender s = { sink, ctx, 0, "damaged" };
	struct wire *w = malloc(sizeof(*w));
	uint64_t state = seed * 2 + 1, hurts;

	while (s.count < count) {
		struct peer_script script = { .at = w->at };

		talk(w, (unsigned)(next(&state) % TALKS));
		for (hurts = 1 + next(&state) % 4; hurts > 0 && w->len > 0;
		     hurts--)
			damage(w, &state);
		script.len = w->len;
		script.end = (enum peer_end)(next(&state) % PEER_ENDS);
		script.bytewise = next(&state) % 16 == 0;
		script.prompt = next(&state) % 4 == 0;
		script.cut = w->len > 0 ? next(&state) % w->len : 0;
		give(&s, &script);
	}
	free(w);
	return s.count;
}
