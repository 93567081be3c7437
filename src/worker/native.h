/* native.h - a worker that is the user's own program: mode = fastcgi.
 *
 * The new process becomes the program, which speaks FastCGI itself and finds
 * its listener on descriptor 0 (FastCGI 1.0, section 2.2).  1 and 2 are the
 * pipe that the master reads its log lines from; nothing else stays open.
 *
 * Layer: worker.  main.c hands native_run() to the master as a place_run.
 */
#ifndef WORKER_NATIVE_H
#define WORKER_NATIVE_H

#include "board/place.h"

/* ARG is a struct worker_conf with a command.  Returns only when the program
 * could not be executed: the reason went to the master (CHAN_FAILED) and to
 * the log.  The end of file on the channel says that it was executed. */
int native_run(const void *arg, const struct place *place);

#endif
