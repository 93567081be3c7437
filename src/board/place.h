/* place.h - what the master gives to a new worker: its place in the pool.
 *
 * Shared by master/ (fills it) and worker/ (lives by it); neither includes
 * the other.  The descriptors are the worker's own after the fork.
 */
#ifndef BOARD_PLACE_H
#define BOARD_PLACE_H

#include <stdbool.h>
#include <stddef.h>

#include "board/board.h"

/* What a worker writes to beside the error log. */
enum place_log {
	PLACE_LOG_ACCESS,  /* access.log */
	PLACE_LOG_SLOW,    /* slowlog */
	PLACE_LOG_FAILURE, /* cgi.failure_log */
	PLACE_LOGS
};

/* CHAN_LOG's value for these; 0 is the error log, with its kind. */
#define PLACE_LOG_VALUE(which) (1 + (int)(which))
#define PLACE_LOG_ERROR(kind) ((kind) << 8)

struct place {
	struct board *board;
	size_t slot;
	int channel_fd;        /* SOCK_SEQPACKET to the master; its end of
				  file says that the master died */
	int handoff_fd;        /* shared by the pool: parked connections that
				  became readable arrive here (CHAN_CONN);
				  non-blocking, never written to */
	const int *listen_fds; /* shared by the pool */
	size_t nlisten;
	size_t nothers; /* the status worker's: of these, the first, where it
			   does not accept */
	int log_fds[PLACE_LOGS]; /* -1: none */
	bool refuse;             /* answer each request with 503 */
	bool first;    /* somebody waits to hear whether the pool can start */
	bool aide;     /* the status worker: no handoff_fd, and the slot only
			  counts */
	int output_fd; /* native: the pipe that becomes 1 and 2; else -1 */
};

/* A worker: runs in its own process and returns the code to exit with.
 * ARG is what main.c gave with it (struct worker_conf). */
typedef int place_run(const void *arg, const struct place *place);

/* Exit codes of a worker, and what the master does about each. */
enum place_exit {
	PLACE_RETIRED = 0, /* planned: replace at once */
	PLACE_FAILED = 1,  /* back off if it was young */
	PLACE_CONFIG = 78  /* another try cannot help soon: longest pause */
};

#endif
