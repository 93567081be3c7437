/* peek.h - whose request is it?  Asked before anything is read.
 *
 * The status worker shares the listeners of its pool when all others are
 * busy, and must leave what is not for it as it came.  Layer: worker.
 */
#ifndef WORKER_PEEK_H
#define WORKER_PEEK_H

#include <stddef.h>

#include "proto/params.h"
#include "proto/span.h"
#include "worker/conn.h"

enum peek_whose {
	PEEK_OTHERS,
	/* It begins with a request whose parameters are complete, for one of
	 * the paths of CONF, and no other request is in sight. */
	PEEK_OURS,
	PEEK_CUT /* it may become ours: the rest of the head is not there */
};

/* Of what IN begins with.  P is scratch and has been reset.  Pure. */
enum peek_whose peek_at(
    struct span in, struct params *p, const struct worker_conf *conf);

/* The same of what waits on FD; C serves nothing now. */
enum peek_whose peek(struct conn *c, int fd);

#endif
