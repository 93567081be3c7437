/* conn.h - one connection of a web server, and the requests on it.
 *
 * Reads records into a fixed window, gives their content to the requests,
 * and carries their output.  Nothing here grows with what a peer sends.
 * conn_run() serves until nothing runs on the connection any more and then
 * closes it or says that it should be parked.
 *
 * conn.c opens, reads, sends and closes; records.c says what the bytes mean;
 * deadlines.c what is overdue; turn.c waits.
 *
 * Layer: worker.
 */
#ifndef WORKER_CONN_H
#define WORKER_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/fcgi.h"
#include "proto/rules.h"
#include "proto/values.h"
#include "worker/out.h"
#include "worker/request.h"
#include "worker/worker.h"

#define CONN_WINDOW (64 * 1024 + 1024)
#define CONN_REQS_MAX 64
#define CONN_OWNER_POLL 2
#define CONN_HANDLERS_MAX 2

/* A connection that brings nothing for this long after it was accepted is
 * parked, so that silence does not pin a worker; when nobody will be there to
 * take it up again, its first byte is worth a longer wait. */
#define CONN_SILENT_MS 5
#define CONN_PATIENT_MS 250

/* What the worker does beside its connection. */
struct conn_owner {
	void *ctx;
	/* Descriptors to wait for as well, at most CONN_OWNER_POLL. */
	size_t (*wait)(void *ctx, struct pollfd *pfd);
	void (*ready)(
	    void *ctx, const struct pollfd *pfd, size_t n, int64_t now);
	/* When ready() wants to be called in any case. */
	int64_t (*due)(void *ctx);
	/* A request is over: count and log it. */
	void (*over)(void *ctx, const struct request *r,
	    const struct outcome *o, const struct outcome_facts *facts);
};

enum conn_result {
	CONN_CLOSED,
	CONN_PARK_KEPT,  /* between requests, in good order */
	CONN_PARK_SILENT /* no byte has ever come */
};

struct conn {
	const struct worker_conf *conf;
	const struct place *place;
	/* The first that claims a request has it. */
	struct conn_handler {
		const struct handler *handler;
		void *ctx;
	} handlers[CONN_HANDLERS_MAX];
	size_t nhandlers;
	struct conn_owner owner;
	bool patient;    /* conn_be_patient() was said */
	unsigned beside; /* connections in the owner's hands, stake.h */

	int fd;           /* owned while it is served; -1: closed */
	int domain;       /* AF_UNIX, AF_INET, ...; AF_UNSPEC: not asked yet */
	bool fresh;       /* no request was ever read on it */
	bool eof;         /* the peer sends no more */
	bool closing;     /* begin no further; close when nothing runs */
	bool cut;         /* and without ceremony */
	bool lingering;   /* all is said; what still comes is dropped */
	bool unread;      /* a body has not come to its end */
	bool ending;      /* the worker wants to be rid of it */
	bool out_blocked; /* the peer takes no more for now */
	bool held;        /* the window waits for room in the output */

	uint8_t window[CONN_WINDOW];
	size_t at, end;
	struct fcgi_head rec; /* the record under way */
	enum rules_act act;
	struct request *target;
	bool in_record;
	size_t body_left, pad_left;
	struct values values;
	struct request *stalled; /* its handler takes no more for now */
	int64_t stalled_ms;
	int64_t look_ms; /* last look whether it must give way */

	struct out out;
	int64_t since_ms;       /* accepted, or idle since */
	int64_t out_ms;         /* last progress of a blocked output */
	int64_t head_ms;        /* first byte of a head; CLOCK_NEVER */
	int64_t linger_ms;      /* lingering since */
	int64_t linger_last_ms; /* its last byte */
	uint64_t linger_owed;   /* bytes of a body that were announced */

	unsigned nactive;
	unsigned unsent;      /* requests that are over, with output pending */
	uint32_t seed, count; /* of the names of requests */
	unsigned turn;        /* whose output comes first */
	struct request request[CONN_REQS_MAX];
	struct pollfd
	    pfd[1 + CONN_OWNER_POLL + CONN_REQS_MAX * HANDLER_POLL_MAX];
};

/* Serve FD (non-blocking; owned), for which stake_take() was said.  SINCE_MS
 * is when it was accepted or became idle.  Unless the result is CONN_CLOSED,
 * it is still open: conn_let_go(). */
enum conn_result conn_run(struct conn *c, int fd, bool fresh, int64_t since_ms);
/* The descriptor, the caller's now, who says stake_drop() when it has gone. */
int conn_let_go(struct conn *c);
/* Take no further request than those that were read already. */
void conn_end_soon(struct conn *c);
/* From now on whoever is parked is lost: serve what is there already, and
 * wait for the first byte of who has just come. */
void conn_be_patient(struct conn *c);
/* End what runs, too. */
void conn_stop(struct conn *c, int64_t now);

/* For the other files of the connection and for request.c. */
struct request *conn_find(struct conn *c, uint16_t id);
/* Is the next record, here already, the empty STDIN of request ID? */
bool conn_peek_end(const struct conn *c, uint16_t id);
bool conn_is_tcp(struct conn *c);
void conn_parse(struct conn *c, int64_t now);
int64_t conn_parse_due(const struct conn *c, int64_t now);
bool conn_fill(struct conn *c, int64_t now); /* one read: got something? */
void conn_flush(struct conn *c, int64_t now);
/* Parse and send until one of the two has to wait for the peer. */
void conn_digest(struct conn *c, int64_t now);
void conn_linger(struct conn *c, int64_t now);
int64_t conn_linger_due(const struct conn *c);
void conn_close(struct conn *c);
/* The first byte of our next record tells a TCP peer that closed from one
 * that only stopped sending. */
void conn_probe(struct conn *c, int64_t now);
/* The peer is of no use any more: close, stop everything on it. */
void conn_lost(struct conn *c, enum handler_why why, int64_t now);
void conn_broken(struct conn *c, const char *why, int64_t now);
/* Until when the first byte of a fresh connection is waited for. */
int64_t conn_silent_due(const struct conn *c);
/* The earliest deadline, and what happens when one has passed. */
int64_t conn_due(struct conn *c, int64_t now);
void conn_tick(struct conn *c, int64_t now);
/* Wait once and do what follows from it. */
void conn_turn(struct conn *c);

#endif
