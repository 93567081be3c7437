/* peek.h - whose request is it?  Asked before anything is read.
 *
 * The status worker shares the listeners of its pool when all others are
 * busy, and must leave what is not for it as it came.  Layer: worker.
 */
#ifndef WORKER_PEEK_H
#define WORKER_PEEK_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/params.h"
#include "proto/span.h"
#include "worker/conn.h"

/* IN begins with a request whose parameters are complete, it is for one of
 * the paths of CONF, and no other request is in sight.  P is scratch and has
 * been reset.  Pure. */
bool peek_at(struct span in, struct params *p, const struct worker_conf *conf);

/* The same of what waits on FD; C serves nothing now. */
bool peek(struct conn *c, int fd);

#endif
