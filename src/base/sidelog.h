/* sidelog.h - a log beside the error log, of lines that are whole already:
 * into a file as they are, into syslog and the journal as the error log's
 * are, under the same name.
 *
 * Layer: base.  Used by: the access log.
 */
#ifndef BASE_SIDELOG_H
#define BASE_SIDELOG_H

#include <stddef.h>

#include "base/log.h"
#include "base/logsink.h"

/* Longer lines are cut. */
#define SIDELOG_LINE_MAX 4096

/* Write the LEN bytes of LINE, which has no newline and nothing that would
 * have to be escaped; NAME is that of the log. */
void sidelog_write(struct logsink *to, const char *name, const char *line,
    size_t len, const struct log_about *about);

#endif
