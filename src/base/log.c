/* log.c - levels, and the one target of this process. */
#include "base/log.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "base/journal.h"
#include "base/logentry.h"
#include "base/logline.h"
#include "base/logsink.h"

#define HEAD_MAX 512 /* of a line: date, level, pool, program, request */

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

/* The journal, or what is there instead; ERROR says why. */
static int
open_journal(struct logsink *s, const char **instead, int *error)
{
	*instead = NULL;
	if (logsink_open(s, "journal") == 0 && s->fd != -1)
		return 0;
	*error = errno;
	*instead = "syslog";
	if (logsink_open(s, "syslog") == 0 && s->fd != -1)
		return 0;
	*instead = "standard error";
	return logsink_open(s, "stderr");
}

static int
open_target(const char *target)
{
	const char *instead = NULL;
	struct logsink fresh;
	int rc, error = 0;

	if (strcmp(target, "journal") == 0)
		rc = open_journal(&fresh, &instead, &error);
	else
		rc = logsink_open(&fresh, target);
	if (rc == -1)
		return -1;
	replace(&fresh);
	if (instead != NULL)
		log_warn("error_log: there is no journal (%s: %s), logging to "
			 "%s until the logs are opened again",
		    JOURNAL_SOCKET, strerror(error), instead);
	return 0;
}

int
log_open(const struct log_conf *conf)
{
	const struct log_conf *before = out.conf;

	tzset(); /* before a chroot hides the time zone's file */
	out.conf = conf;
	if (open_target(conf->target) == 0)
		return 0;
	out.conf = before;
	return -1;
}

int
log_reopen(void)
{
	/* Standard error is what it was; the journal may be there by now. */
	if (out.conf == NULL ||
	    (out.sink.fd == STDERR_FILENO &&
		strcmp(out.conf->target, "journal") != 0))
		return 0;
	return open_target(out.conf->target);
}

int
log_fd(void)
{
	return out.sink.fd;
}

int
log_held_fd(void)
{
	return out.sink.twin != -1 ? out.sink.twin : out.sink.fd;
}

int
log_kind(void)
{
	return (int)out.sink.kind;
}

void
log_adopt_as(int fd, int kind)
{
	if (fd != out.sink.fd)
		logsink_adopt_as(&out.sink, (enum logsink_kind)kind, fd);
}

void
log_adopt(int fd)
{
	log_adopt_as(fd, LOGSINK_FD);
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

const struct log_conf *
log_settings(void)
{
	static const struct log_conf early = { .target = "stderr",
		.level = LOG_LEVEL_NOTICE,
		.ident = "cgi-fpm",
		.facility = LOG_DAEMON };

	return out.conf != NULL ? out.conf : &early;
}

/* Longer ones are cut, whoever chose what stands in them; and only so much is
 * written into a pipe in one piece. */
static size_t
line_max(void)
{
	size_t limit = log_settings()->limit + HEAD_MAX;

	if (logsink_is_pipe(&out.sink) || limit < PIPE_BUF)
		return PIPE_BUF;
	return limit < LOG_LINE_MAX ? limit : LOG_LINE_MAX;
}

size_t
log_piece(size_t most)
{
	size_t room = line_max() - HEAD_MAX;

	return most < room ? most : room;
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

static void
begin(struct logline *l, enum log_level level)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	logline_begin(l, out.sink.style, log_settings(), &now);
	l->level = level;
}

/* MESSAGE as an entry of the journal. */
static size_t
entry(char *dst, size_t cap, const struct logline *l, const char *message,
    size_t len, const struct log_about *about)
{
	struct log_about all = *about;
	const struct logentry e = {
		.message = message,
		.len = len,
		.priority = logline_severity(l->level),
		.log = "error",
		.conf = log_settings(),
		.about = &all,
	};

	if (all.pool == NULL)
		all.pool = out.tag;
	/* Who has a tag is a worker of that pool. */
	if (all.worker == 0 && out.tag != NULL)
		all.worker = getpid();
	return logentry_write(dst, cap, &e);
}

__attribute__((format(printf, 3, 0))) static void
put(enum log_level level, const struct log_about *about, const char *fmt,
    va_list ap)
{
	char text[LOG_LINE_MAX + 8]; /* more than fits, so a cut shows */
	char line[LOG_LINE_MAX];
	char room[1 + LOG_LINE_MAX + LOGENTRY_FIELDS_MAX];
	struct logline l;
	int saved = errno;
	size_t len;

	if (level > log_settings()->level)
		return;
	begin(&l, level);
	len = compose(text, sizeof(text), fmt, ap);
	len = logline_write(line, line_max(), &l, text, len);
	if (l.style == LOGLINE_NATIVE)
		len = entry(room + 1, sizeof(room) - 1, &l, line, len, about);
	else
		memcpy(room + 1, line, len);
	(void)logsink_write(&out.sink, room, len);
	errno = saved;
}

static const struct log_about nothing = { 0 };

void
log_about_v(enum log_level level, const struct log_about *about,
    const char *fmt, va_list ap)
{
	put(level, about, fmt, ap);
}

void
log_about(
    enum log_level level, const struct log_about *about, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(level, about, fmt, ap);
	va_end(ap);
}

void
log_alert(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(LOG_LEVEL_ALERT, &nothing, fmt, ap);
	va_end(ap);
}

void
log_error(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(LOG_LEVEL_ERROR, &nothing, fmt, ap);
	va_end(ap);
}

void
log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(LOG_LEVEL_WARNING, &nothing, fmt, ap);
	va_end(ap);
}

void
log_notice(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(LOG_LEVEL_NOTICE, &nothing, fmt, ap);
	va_end(ap);
}

void
log_debug(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(LOG_LEVEL_DEBUG, &nothing, fmt, ap);
	va_end(ap);
}

void
log_raw(const struct log_about *about, const char *text, size_t len)
{
	char room[1 + LOG_LINE_MAX + LOGENTRY_FIELDS_MAX];
	const size_t most = line_max() - 2;
	struct logline l;
	int saved = errno;
	size_t n = len < most ? len : most;

	if (LOG_LEVEL_NOTICE > log_settings()->level)
		return;
	begin(&l, LOG_LEVEL_NOTICE);
	switch (l.style) {
	case LOGLINE_FILE:
	case LOGLINE_JOURNAL:
		memcpy(room + 1, text, n);
		room[++n] = '\n';
		break;
	case LOGLINE_SYSLOG:
		n = logline_write(room + 1, most, &l, text, len);
		break;
	case LOGLINE_NATIVE:
		n = entry(room + 1, sizeof(room) - 1, &l, text, n, about);
		break;
	}
	(void)logsink_write(&out.sink, room, n);
	errno = saved;
}
