/* logline.c - see logline.h.  Months are written by hand: %b would follow
 * the locale, and readers of logs do not. */
#include "base/logline.h"

#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

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

int
logline_severity(enum log_level level)
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

void
logline_begin(struct logline *l, enum logline_style style,
    const struct log_conf *conf, const struct timespec *now)
{
	memset(l, 0, sizeof(*l));
	(void)localtime_r(&now->tv_sec, &l->when);
	l->when_ms = (int)(now->tv_nsec / 1000000);
	l->style = style;
	if (style == LOGLINE_SYSLOG) {
		l->ident = conf->ident;
		l->facility = conf->facility;
		l->pid = getpid();
	}
}

/* The date and who it is, as syslog wants them. */
static int
stamp(char *dst, size_t cap, const struct logline *l, int severity)
{
	const struct tm *t = &l->when;

	return snprintf(dst, cap,
	    "<%d>%s %2d %02d:%02d:%02d %.*s[%ld]: ", l->facility | severity,
	    month(t), t->tm_mday, t->tm_hour, t->tm_min, t->tm_sec, IDENT_MAX,
	    l->ident, (long)l->pid);
}

size_t
logline_head(char *dst, size_t cap, const struct logline *l, int severity)
{
	int n = 0;

	if (l->style == LOGLINE_SYSLOG)
		n = stamp(dst, cap, l, severity);
	else if (l->style == LOGLINE_JOURNAL)
		n = snprintf(dst, cap, "<%d>", severity);
	return n > 0 ? (size_t)n : 0;
}

/* Everything before the text.  All parts are bounded, so it always fits. */
static size_t
head(char *dst, size_t cap, const struct logline *l)
{
	const struct tm *t = &l->when;
	size_t n = logline_head(dst, cap, l, logline_severity(l->level));
	int more = 0;

	if (l->style == LOGLINE_FILE)
		more = snprintf(dst, cap,
		    "[%02d-%s-%d %02d:%02d:%02d.%03d] %s: ", t->tm_mday,
		    month(t), t->tm_year + 1900, t->tm_hour, t->tm_min,
		    t->tm_sec, l->when_ms, word(l->level));
	else if (l->style != LOGLINE_NATIVE)
		more = snprintf(dst + n, cap - n, "%s: ", word(l->level));
	return n + (size_t)(more > 0 ? more : 0);
}

size_t
logline_write(char *dst, size_t cap, const struct logline *line,
    const char *text, size_t len)
{
	size_t n = head(dst, cap, line);

	/* The byte that escape_text() needs for its NUL takes the newline. */
	n += escape_text(dst + n, cap - n, text, len);
	if (line->style == LOGLINE_FILE || line->style == LOGLINE_JOURNAL)
		dst[n++] = '\n';
	return n;
}
