/* logs.h - the logs of a pool that its workers write to.
 *
 * The master opens them, with the rights it has, so that a worker needs none
 * for them and none is in the way of a worker that is started later.
 *
 * Layer: master.
 */
#ifndef MASTER_LOGS_H
#define MASTER_LOGS_H

#include "board/place.h"

/* "access.log", ... */
const char *logs_name(enum place_log which);
/* Open PATHS (NULL: none; "syslog", "journal", "stderr") for appending into
 * FDS (-1: none, or a daemon that is not there), making files with mode 0640;
 * a link in a file's place is refused, but for /dev and /proc.  0, or -1 with
 * errno and *WHICH; then nothing is open. */
int logs_open(const char *const paths[PLACE_LOGS], int fds[PLACE_LOGS],
    enum place_log *which);
/* Open them again.  Those that cannot be stay as they are, and the log says
 * why; POOL is for that. */
void logs_reopen(
    const char *pool, const char *const paths[PLACE_LOGS], int fds[PLACE_LOGS]);
void logs_close(int fds[PLACE_LOGS]);

#endif
