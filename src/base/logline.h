/* logline.h - how one line of the log is written, by the kind of its target.
 *
 *   file     [21-Nov-2026 20:00:00.123] NOTICE: text
 *   journal  <5>NOTICE: text
 *   syslog   <29>Nov 21 20:00:00 ident[4711]: NOTICE: text    (RFC 3164)
 *
 * Layer: base.  Pure.  Used by log.c alone.
 */
#ifndef BASE_LOGLINE_H
#define BASE_LOGLINE_H

#include <stddef.h>
#include <sys/types.h>
#include <time.h>

#include "base/log.h"

enum logline_style { LOGLINE_FILE, LOGLINE_JOURNAL, LOGLINE_SYSLOG };

struct logline {
	enum logline_style style;
	enum log_level level;
	struct tm when; /* local time */
	int when_ms;
	const char *ident; /* syslog only, as the two below */
	int facility;
	pid_t pid;
};

/* Write the line for TEXT (LEN bytes, escaped here) with its newline, but
 * none for syslog, where one line is one datagram.  Too long a text is cut.
 * CAP is at least 256.  Returns its length; no NUL is promised. */
size_t logline_write(char *dst, size_t cap, const struct logline *line,
    const char *text, size_t len);

#endif
