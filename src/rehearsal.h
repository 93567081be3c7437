/* rehearsal.h - settings are read by a child first.
 *
 * libconfuse ends the process that runs out of memory under it: by an
 * assertion, by exit(), or by worse.  And a file may be one that never comes
 * to its end: a fifo, or one of a server that does not answer.  So a master
 * that serves has a child do it before it does the same itself.
 * Layer: top.  Called by loader.c.
 */
#ifndef REHEARSAL_H
#define REHEARSAL_H

#include <stdbool.h>
#include <sys/types.h>

#include "conf/conf.h"

#define REHEARSAL_NAME "cgi-fpm-reader" /* of the child, for ps */

/* Its pid, which is the caller's to reap; 0: there cannot be any.  It goes
 * when its parent does. */
pid_t rehearsal_begin(const struct conf_source *src, place_run *run);

/* What became of it, by the STATUS of waitpid(); LATE: it was killed, as
 * MASTER_READ_MS were over.  0: it has read them, good or bad; -1 with WHY. */
int rehearsal_verdict(int status, bool late, struct conf_error *why);

/* Both, and waits so long. */
int rehearsal_of(
    const struct conf_source *src, place_run *run, struct conf_error *why);

#endif
