/* logentry.h - a line of a log as an entry of the journal: which fields it
 * has.
 *
 * Layer: base.  Pure.  Used by: log.c, sidelog.c.
 */
#ifndef BASE_LOGENTRY_H
#define BASE_LOGENTRY_H

#include <stddef.h>

#include "base/log.h"

/* More than all fields beside the message can have together. */
#define LOGENTRY_FIELDS_MAX 1024

struct logentry {
	const char *message; /* LEN bytes, fit for a line */
	size_t len;
	int priority;    /* LOG_WARNING, ... */
	const char *log; /* "error", "access" */
	const struct log_conf *conf;
	const struct log_about *about;
};

/* Write the entry to DST; its length.  A message that does not fit into CAP
 * less LOGENTRY_FIELDS_MAX is cut. */
size_t logentry_write(char *dst, size_t cap, const struct logentry *e);

#endif
