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

#include "conf/conf.h"

#define REHEARSAL_NAME "cgi-fpm-reader" /* of the child, for ps */

/* 0: the child has read them, good or bad, or there could not be any; -1 with
 * WHY: it did not survive that, or took longer than ten seconds, which is as
 * long as this waits. */
int rehearsal_of(
    const struct conf_source *src, place_run *run, struct conf_error *why);

#endif
