/* logline.h - how one line of the log is written, by the kind of its target.
 *
 *   file     [21-Nov-2026 20:00:00.123] NOTICE: text
 *   journal  <5>NOTICE: text
 *   syslog   <29>Nov 21 20:00:00 ident[4711]: NOTICE: text    (RFC 3164)
 *   native   text, the message of an entry that logentry.h makes
 *
 * Layer: base.  Pure.  Used by log.c alone.
 */
#ifndef BASE_LOGLINE_H
#define BASE_LOGLINE_H

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "base/log.h"

enum logline_style {
	LOGLINE_FILE,
	LOGLINE_JOURNAL,
	LOGLINE_SYSLOG,
	LOGLINE_NATIVE
};

struct logline {
	enum logline_style style;
	enum log_level level;
	struct tm when; /* local time */
	int when_ms;
	const char *ident; /* syslog only, as the two below */
	int facility;
	pid_t pid;
};

/* A line of this process at NOW, in STYLE, into the log of CONF. */
void logline_begin(struct logline *l, enum logline_style style,
    const struct log_conf *conf, const struct timespec *now);
/* LOG_ERR, ... */
int logline_severity(enum log_level level);
/* What stands before a line that shows no level but has SEVERITY for syslog
 * and the journal; its length, at most 255. */
size_t logline_head(
    char *dst, size_t cap, const struct logline *l, int severity);

/* Write the line for TEXT (LEN bytes, escaped here) with its newline, but
 * none for syslog and native, where one line is one datagram.  Too long a text is cut.
 * CAP is at least 256.  Returns its length; no NUL is promised. */
size_t logline_write(char *dst, size_t cap, const struct logline *line,
    const char *text, size_t len);

#endif
