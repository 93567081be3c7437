/* stderrlog.h - a program's stderr, line by line, into the error log.
 *
 * Lines are put together from whatever pieces arrive and logged with the
 * program's pid and the request.  What is longer than log_limit goes on in
 * another line; of more lines than a pool may say (tell.h) the rest is
 * counted, not logged.
 *
 * Layer: worker.
 */
#ifndef WORKER_STDERRLOG_H
#define WORKER_STDERRLOG_H

#include <stddef.h>
#include <sys/types.h>

#include "base/log.h"
#include "board/place.h"
#include "proto/span.h"

struct stderrlog {
	const struct place *place;
	size_t max; /* log_limit */
	size_t len;
	char line[LOG_LIMIT_MAX];
};

/* For the next program; MAX is log_limit. */
void stderrlog_reset(
    struct stderrlog *s, const struct place *place, size_t max);
void stderrlog_feed(
    struct stderrlog *s, pid_t pid, const char *request, struct span in);
/* The program is gone: log what is left. */
void stderrlog_end(struct stderrlog *s, pid_t pid, const char *request);

#endif
