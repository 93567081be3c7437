/* log.c - levels, and the one target of this process. */
#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/logline.h"
#include "base/logsink.h"

_Static_assert(LOG_LINE_MAX <= PIPE_BUF, "one line is one atomic write");

static struct {
	const struct log_conf *conf; /* NULL before log_open() */
	struct logsink sink;
	const char *tag;
} out = { .sink = LOGSINK_STDERR };

/* What was lost stays counted. */
static void
replace(const struct logsink *fresh)
{
	uint64_t lost = out.sink.lost;

	logsink_close(&out.sink);
	out.sink = *fresh;
	out.sink.lost = lost;
}

int
log_open(const struct log_conf *conf)
{
	struct logsink fresh;

	tzset(); /* before a chroot hides the time zone's file */
	if (logsink_open(&fresh, conf->target) == -1)
		return -1;
	replace(&fresh);
	out.conf = conf;
	return 0;
}

int
log_reopen(void)
{
	struct logsink fresh;

	if (out.conf == NULL || !logsink_is_file(out.conf->target))
		return 0;
	if (logsink_open(&fresh, out.conf->target) == -1)
		return -1;
	replace(&fresh);
	return 0;
}

int
log_fd(void)
{
	return out.sink.syslog != NULL ? -1 : out.sink.fd;
}

int
log_held_fd(void)
{
	return out.sink.twin != -1 ? out.sink.twin : out.sink.fd;
}

void
log_adopt(int fd)
{
	if (fd == out.sink.fd)
		return;
	logsink_adopt(&out.sink, fd);
}

void
log_tag(const char *pool)
{
	out.tag = pool;
}

uint64_t
log_lost(void)
{
	return out.sink.lost;
}

static void
describe(struct logline *l, enum log_level level)
{
	struct timespec now;

	memset(l, 0, sizeof(*l));
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)localtime_r(&now.tv_sec, &l->when);
	l->when_ms = (int)(now.tv_nsec / 1000000);
	l->style = out.sink.style;
	l->level = level;
	if (out.sink.style == LOGLINE_SYSLOG) {
		l->ident = out.conf->ident;
		l->facility = out.conf->facility;
		l->pid = getpid();
	}
}

/* Compose "[pool NAME] text" as far as it goes. */
__attribute__((format(printf, 3, 0))) static size_t
compose(char *text, size_t cap, const char *fmt, va_list ap)
{
	int head = 0, body;
	size_t len;

	if (out.tag != NULL)
		head = snprintf(text, cap, "[pool %.128s] ", out.tag);
	if (head < 0)
		return 0;
	body = vsnprintf(text + head, cap - (size_t)head, fmt, ap);
	if (body < 0)
		return (size_t)head;
	len = (size_t)head + (size_t)body;
	return len < cap ? len : cap - 1;
}

__attribute__((format(printf, 2, 0))) static void
put(enum log_level level, const char *fmt, va_list ap)
{
	char text[LOG_LINE_MAX + 8]; /* more than fits, so a cut shows */
	char room[LOG_LINE_MAX];     /* a byte, then the line */
	struct logline l;
	int saved = errno;
	size_t len;

	if (level > (out.conf != NULL ? out.conf->level : LOG_LEVEL_NOTICE))
		return;
	len = compose(text, sizeof(text), fmt, ap);
	describe(&l, level);
	len = logline_write(room + 1, sizeof(room) - 1, &l, text, len);
	(void)logsink_write(&out.sink, room, len);
	errno = saved;
}

void
log_alert(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(LOG_LEVEL_ALERT, fmt, ap);
	va_end(ap);
}

void
log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(LOG_LEVEL_ERROR, fmt, ap);
	va_end(ap);
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(LOG_LEVEL_WARNING, fmt, ap);
	va_end(ap);
}

void
log_notice(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(LOG_LEVEL_NOTICE, fmt, ap);
	va_end(ap);
}

void
log_debug(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(LOG_LEVEL_DEBUG, fmt, ap);
	va_end(ap);
}

void
log_raw(const char *text, size_t len)
{
	char room[LOG_LINE_MAX]; /* a byte, then the line */
	enum log_level level = LOG_LEVEL_NOTICE;
	struct logline l;
	int saved = errno;
	size_t n = len < sizeof(room) - 2 ? len : sizeof(room) - 2;

	if (level > (out.conf != NULL ? out.conf->level : LOG_LEVEL_NOTICE))
		return;
	describe(&l, level);
	if (l.style == LOGLINE_FILE || l.style == LOGLINE_JOURNAL) {
		memcpy(room + 1, text, n);
		room[++n] = '\n';
	} else {
		n = logline_write(room + 1, sizeof(room) - 1, &l, text, len);
	}
	(void)logsink_write(&out.sink, room, n);
	errno = saved;
}
