/* handler.h - what answers a request.
 *
 * Connection and request code speak FastCGI and know nothing of processes;
 * a handler takes a request whose parameters are complete and produces its
 * answer.  Running a CGI program is one (cgi.h), telling how the pool is
 * another (status.h).
 *
 * A handler never blocks.  It says which descriptors it waits for, is called
 * when one is ready or its deadline has passed, and calls back into
 * request.h: request_reserve/request_commit for output, request_done when it
 * is finished.  All times are monotonic milliseconds.
 *
 * Layer: worker.
 */
#ifndef WORKER_HANDLER_H
#define WORKER_HANDLER_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/span.h"

#define HANDLER_POLL_MAX 4 /* descriptors of one request */

struct request;

/* Why a handler is told to stop. */
enum handler_why {
	HANDLER_RUNS = 0, /* it was not */
	HANDLER_ABORT,    /* FCGI_ABORT_REQUEST */
	HANDLER_GONE,     /* the web server closed */
	HANDLER_TIME,     /* a time limit on the program */
	HANDLER_STALL,    /* the web server stopped sending or reading */
	HANDLER_LARGE,    /* more body than request_body_max */
	HANDLER_SHUTDOWN  /* the worker has to end */
};

struct handler {
	const char *name;

	/* Is R, whose parameters are complete, for this handler?  NULL: every
	 * one is. */
	bool (*claims)(void *ctx, const struct request *r);

	/* Begin.  0: runs; else the HTTP status to refuse the request with
	 * (400, 403, 404, 431, 500, 503), and nothing is left behind. */
	int (*start)(void *ctx, struct request *r, int64_t now);

	/* Take bytes of stdin: how many were taken (0: full for now), or -1
	 * when it wants no more of it, ever. */
	ssize_t (*input)(void *ctx, struct request *r, struct span in);
	/* Everything was handed over; called once. */
	void (*input_end)(void *ctx, struct request *r);

	/* Fill at most HANDLER_POLL_MAX entries and return their number.
	 * OUTPUT says whether there is room for output at all; FED whether
	 * bytes of stdin wait for the handler. */
	size_t (*wait)(void *ctx, struct request *r, struct pollfd *pfd,
	    bool output, bool fed);
	/* PFD as wait() filled it, with the results. */
	void (*ready)(void *ctx, struct request *r, const struct pollfd *pfd,
	    size_t n, int64_t now);
	/* Has it output that waits to be read? */
	bool (*has_output)(void *ctx, const struct request *r);
	/* When tick() wants to be called.  PEER: it is the web server that
	 * is waited for, so limits on the program stand still. */
	int64_t (*due)(void *ctx, struct request *r, bool peer, int64_t now);
	void (*tick)(void *ctx, struct request *r, int64_t now);

	/* End what runs; request_done() follows when it is gone.  May be
	 * called again with another reason; the first one counts. */
	void (*stop)(
	    void *ctx, struct request *r, enum handler_why why, int64_t now);
};

#endif
