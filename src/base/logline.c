/* logline.c - see logline.h.  Months are written by hand: %b would follow
 * the locale, and readers of logs do not. */
#include "base/logline.h"

#include <stdio.h>
#include <syslog.h>

#include "base/escape.h"

#define IDENT_MAX 64

static const char *
month(const struct tm *when)
{
	static const char names[][4] = { "Jan", "Feb", "Mar", "Apr", "May",
		"Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };

	return names[(unsigned)when->tm_mon % 12];
}

static const char *
word(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ALERT:
		return "ALERT";
	case LOG_LEVEL_ERROR:
		return "ERROR";
	case LOG_LEVEL_WARNING:
		return "WARNING";
	case LOG_LEVEL_NOTICE:
		return "NOTICE";
	case LOG_LEVEL_DEBUG:
		return "DEBUG";
	}
	return "ERROR";
}

static int
severity(enum log_level level)
{
	switch (level) {
	case LOG_LEVEL_ALERT:
		return LOG_ALERT;
	case LOG_LEVEL_ERROR:
		return LOG_ERR;
	case LOG_LEVEL_WARNING:
		return LOG_WARNING;
	case LOG_LEVEL_NOTICE:
		return LOG_NOTICE;
	case LOG_LEVEL_DEBUG:
		return LOG_DEBUG;
	}
	return LOG_ERR;
}

/* Everything before the text.  All parts are bounded, so it always fits. */
static int
head(char *dst, size_t cap, const struct logline *l)
{
	const struct tm *t = &l->when;

	switch (l->style) {
	case LOGLINE_FILE:
		return snprintf(dst, cap,
		    "[%02d-%s-%d %02d:%02d:%02d.%03d] %s: ", t->tm_mday,
		    month(t), t->tm_year + 1900, t->tm_hour, t->tm_min,
		    t->tm_sec, l->when_ms, word(l->level));
	case LOGLINE_JOURNAL:
		return snprintf(
		    dst, cap, "<%d>%s: ", severity(l->level), word(l->level));
	case LOGLINE_SYSLOG:
		return snprintf(dst, cap,
		    "<%d>%s %2d %02d:%02d:%02d %.*s[%ld]: %s: ",
		    l->facility | severity(l->level), month(t), t->tm_mday,
		    t->tm_hour, t->tm_min, t->tm_sec, IDENT_MAX, l->ident,
		    (long)l->pid, word(l->level));
	}
	return 0;
}

size_t
logline_write(char *dst, size_t cap, const struct logline *line,
    const char *text, size_t len)
{
	size_t n = (size_t)head(dst, cap, line);

	/* The byte that escape_text() needs for its NUL takes the newline. */
	n += escape_text(dst + n, cap - n, text, len);
	if (line->style != LOGLINE_SYSLOG)
		dst[n++] = '\n';
	return n;
}
