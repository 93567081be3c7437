/* motion.h - has a program done anything since the last look?
 *
 * What it does at the moment of a look says nothing about what it did before:
 * most requests are short.  But a thread that only waits does not run, so
 * the time that all threads ran so far, and how often they were put on a
 * processor, tell that there was nothing to do.
 *
 * Layer: master.  Called by: vigil.c.
 */
#ifndef MASTER_MOTION_H
#define MASTER_MOTION_H

#include <stdint.h>
#include <sys/types.h>

/* Another one whenever a thread of PID, or of a process that it started, has
 * run since the last; 0: that cannot be known. */
uint64_t motion_of(pid_t pid);

/* The pure part: what TEXT, from the schedstat of the thread TID, adds to the
 * mark; 0: it tells nothing. */
uint64_t motion_mark(uint64_t tid, const char *text);

#endif
