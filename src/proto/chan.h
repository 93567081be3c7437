/* chan.h - the messages between the master and its workers.
 *
 * One message is CHAN_LEN bytes in one SOCK_SEQPACKET datagram, with at most
 * CHAN_FDS_MAX descriptors beside it (SCM_RIGHTS).  The master takes what
 * comes from a worker for gossip: a message that does not decode is dropped.
 *
 * Layer: proto.  Pure; base/io.h carries the bytes.
 */
#ifndef PROTO_CHAN_H
#define PROTO_CHAN_H

#include <stddef.h>
#include <stdint.h>

#include "proto/span.h"

#define CHAN_LEN 24
#define CHAN_FDS_MAX 2

enum chan_kind {
	/* worker to master, on the worker's own channel */
	CHAN_READY = 1, /* accepting */
	CHAN_PARK,      /* 1 fd: a connection to watch */
	CHAN_FULL,      /* the pool's last idle worker became busy */
	CHAN_FAILED,    /* cannot start; value: errno, and it will exit */
	/* master to worker, on its channel */
	CHAN_RETIRE, /* finish what runs, then exit 0 */
	CHAN_STOP,   /* end what runs (TERM, KILL), then exit 0 */
	CHAN_LOG,    /* 1 fd: the log VALUE was opened again */
	/* master to any idle worker, on the pool's handoff socket */
	CHAN_CONN, /* 1 fd: a parked connection that has become readable */
	/* The master to a status worker, on its channel, and its answer.
	 * VALUE and SINCE_MS of the question come back as they were. */
	CHAN_LOOK, /* 1 fd: is what came on this connection for you? */
	CHAN_KEEP, /* it was, and the connection is mine from now on */
	CHAN_PASS, /* it was not; nothing was read */
	/* The master to a worker that is busy: CHAN_READY is the answer. */
	CHAN_PING,
	CHAN_MORE, /* a third answer: not before more of it is there */
	/* The master to a worker that nobody comes after: take nothing more
	 * from the listeners, serve what is handed over; CHAN_RETIRE follows
	 * when that is all.  It comes back as the answer, behind what the
	 * worker may just have parked. */
	CHAN_CLOSING
};

struct chan_msg {
	enum chan_kind kind;
	/* PARK and CONN: 1 when no request was ever read on it, so that
	 * request_head_timeout counts from SINCE_MS; 0 when it was kept
	 * after an END_REQUEST at SINCE_MS.  FAILED: errno, and SINCE_MS is
	 * the step at which (step.h).  LOG: 0 is the error log, others are
	 * for who sends and receives them to know. */
	int32_t value;
	int64_t since_ms; /* monotonic */
};

/* Writes CHAN_LEN bytes at AT. */
void chan_put(uint8_t *at, const struct chan_msg *msg);
/* 0, or -1 when IN is not exactly one known message. */
int chan_get(struct span in, struct chan_msg *out);
/* How many descriptors must come with KIND. */
size_t chan_fds(enum chan_kind kind);

#endif
