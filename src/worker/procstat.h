/* procstat.h - where processes stand, as /proc tells it.
 *
 * Layer: worker.  Reads files of /proc; what may not be read is left out.
 */
#ifndef WORKER_PROCSTAT_H
#define WORKER_PROCSTAT_H

#include <stddef.h>
#include <sys/types.h>

/* PID and its descendants (PROCSTAT_MAX at most), a line each with name,
 * state, the kernel function and the system call it waits in, and DEPTH lines
 * of its kernel stack where that is allowed.  Fills OUT, always
 * NUL-terminated; its length. */
#define PROCSTAT_MAX 16
size_t procstat_tree(pid_t pid, unsigned depth, char *out, size_t cap);

#endif
