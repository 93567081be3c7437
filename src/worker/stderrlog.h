/* stderrlog.h - a program's stderr, line by line, into the error log.
 *
 * Lines are put together from whatever pieces arrive and logged with the
 * program's pid and the request; a longer line is cut into several.  What a
 * program says beyond STDERRLOG_RATE lines a second is counted, not logged.
 *
 * Layer: worker.
 */
#ifndef WORKER_STDERRLOG_H
#define WORKER_STDERRLOG_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/span.h"

#define STDERRLOG_LINE_MAX 1024
#define STDERRLOG_RATE 200

struct stderrlog {
	char line[STDERRLOG_LINE_MAX];
	size_t len;
	int64_t window_ms;
	unsigned lines;
	unsigned long lost;
};

void stderrlog_reset(struct stderrlog *s);
void stderrlog_feed(
    struct stderrlog *s, pid_t pid, const char *request, struct span in);
/* The program is gone: log what is left. */
void stderrlog_end(struct stderrlog *s, pid_t pid, const char *request);

#endif
