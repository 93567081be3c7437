/* channel.h - the master's end of a worker's channel.
 *
 * Non-blocking both ways.  What comes in is gossip: anything that is not
 * exactly one message with exactly its descriptors is dropped, and its
 * descriptors are closed.
 *
 * Layer: master.
 */
#ifndef MASTER_CHANNEL_H
#define MASTER_CHANNEL_H

#include <stddef.h>

#include "proto/chan.h"

enum channel_got {
	CHANNEL_MESSAGE,
	CHANNEL_GARBAGE, /* dropped; there may be more */
	CHANNEL_LOST,    /* the same: its descriptor found no room here */
	CHANNEL_NOTHING, /* not now */
	CHANNEL_SHORT,   /* there may be one, and no memory for it now */
	CHANNEL_END      /* the other end is closed */
};

/* A pair: [0] stays with the master, [1] goes to the worker.  0, or -1 with
 * errno. */
int channel_open(int fds[2]);
/* FD: the descriptor that came along (the caller's), -1: none. */
enum channel_got channel_get(int channel_fd, struct chan_msg *msg, int *fd);
/* 0, or -1 with errno (EAGAIN: full). */
int channel_put(
    int channel_fd, const struct chan_msg *msg, const int *fds, size_t n);

#endif
