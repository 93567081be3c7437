/* furnish.h - what a process that serves connections needs before the first:
 * memory for parameters and output, and its handlers.
 *
 * Layer: worker.  Called once, after the change of ids.
 */
#ifndef WORKER_FURNISH_H
#define WORKER_FURNISH_H

#include "worker/conn.h"
#include "worker/trouble.h"

/* C is zeroed; CONF and PLACE outlive it.  NULL_FD is /dev/null, which may be
 * out of reach by now.  0, or -1 with errno. */
int furnish_conn(struct conn *c, const struct worker_conf *conf,
    const struct place *place, struct trouble *trouble, int null_fd);

#endif
