/* request.h - one request on a connection, from BEGIN_REQUEST to its end.
 *
 * Owns the request's parameters, what is known of its body and its answer;
 * its handler produces the answer.  The connection (conn.h) feeds it and
 * carries what it sends.
 *
 * Layer: worker.
 */
#ifndef WORKER_REQUEST_H
#define WORKER_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/cgihead.h"
#include "proto/fcgi.h"
#include "proto/params.h"
#include "proto/rules.h"
#include "worker/handler.h"
#include "worker/outcome.h"
#include "worker/reqid.h"
#include "worker/spool.h"

#define REQUEST_HEAD_TEXT 1024
#define REQUEST_HOLD_MS 45

struct conn;

enum request_stream { REQUEST_STDOUT, REQUEST_STDERR };

struct request {
	struct conn *conn;
	unsigned slot; /* its place in conn->request[] */
	bool active;
	bool started; /* its handler runs */
	const struct handler *handler;
	void *handler_ctx;
	uint16_t id;
	uint16_t role;
	bool keep;
	enum rules_phase phase;

	struct params params;
	char *arena;          /* request_params_max bytes, not owned */
	char name[REQID_MAX]; /* for the logs; "-" until its head is here */

	/* stdin, seen from the web server's side */
	int64_t length; /* CONTENT_LENGTH, -1: none */
	uint64_t got;   /* bytes that came */
	bool unwanted;  /* drop what comes */
	bool end_given; /* the handler knows that there is no more */
	struct spool spool;

	/* the answer */
	bool muted;    /* nothing of the handler goes out any more */
	bool answered; /* an answer of ours went out in its place */
	bool stdout_used, stdout_ended, stderr_used;
	struct cgihead head;
	char head_text
	    [REQUEST_HEAD_TEXT]; /* how the answer began, for the logs */
	size_t head_text_len;
	uint64_t sent; /* bytes of stdout */
	enum handler_why why;

	int64_t head_ms;  /* when its head began to arrive */
	int64_t body_ms;  /* last progress of its body ... */
	bool awaited;     /* which is what was waited for, last time */
	int64_t flow_ms;  /* bytes of its body came last, or could not */
	int64_t begun_us; /* BEGIN_REQUEST, monotonic microseconds */
	int64_t head_us;  /* its head was complete */
	int64_t first_us; /* first byte of its answer, 0: none */
	struct outcome_usage {
		bool known;
		double user_s, system_s;
		uint64_t peak_kib;
		int32_t pid;
		const char *script; /* valid during request_done() */
	} usage;
};

/* Called by the connection. */
void request_begin(struct request *r, const struct fcgi_head *head,
    const struct fcgi_begin *begin, int64_t head_ms, int64_t now);
void request_params(struct request *r, struct span in);
void request_params_end(struct request *r, int64_t now);
/* Bytes of IN that were taken; fewer than all: its handler is full. */
size_t request_body(struct request *r, struct span in, int64_t now);
void request_body_end(struct request *r);
/* Nothing of it is to come any more (or nobody wants it). */
bool request_body_complete(const struct request *r);
/* If so, and nothing is spooled: tell the handler, once. */
void request_body_check_end(struct request *r);
/* Put all of IN into the spool.  False: that failed, and the request was
 * ended. */
bool request_spool(struct request *r, struct span in, int64_t now);
/* Offer the handler what is spooled. */
void request_pump(struct request *r, int64_t now);
/* Is it certain already that there is no body? */
bool request_has_no_body(const struct request *r);
bool request_backed_up(const struct request *r);
/* Is the beginning of its answer held back?  nginx sends no more of a body
 * once it has seen the head of the answer, so as long as the body flows it
 * comes first; a pause of REQUEST_HOLD_MS ends that. */
bool request_held(const struct request *r, int64_t now);
/* Does the request wait for the web server rather than for its handler? */
bool request_waits_for_peer(const struct request *r);
/* End the request for this reason; it is over now or soon. */
void request_stop(struct request *r, enum handler_why why, int64_t now);

/* Called by the handler.  request_reserve() gives room for output (NULL:
 * none now), request_commit() sends LEN bytes of it. */
uint8_t *request_reserve(struct request *r, size_t *cap);
void request_commit(struct request *r, enum request_stream stream, size_t len);
/* The handler wants no more of the body: drop what comes. */
void request_refuse_body(struct request *r);
/* The handler's stdout has ended while it goes on. */
void request_stdout_end(struct request *r);
/* The handler is finished and has released all it had for R. */
void request_done(struct request *r, bool signalled, int code);

#endif
