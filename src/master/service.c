#include "master/service.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

#define RETRY_MS 1000
/* What a stop takes beyond the grace, until the last worker was killed. */
#define STOP_MARGIN_MS 5000

void
service_open(struct service *s, const struct notify *to)
{
	*s = (struct service){ .to = *to, .status_ms = CLOCK_NEVER };
}

static bool
heard(const struct service *s)
{
	return s->to.name[0] != '\0';
}

/* What to say */

static void append(char *msg, size_t cap, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* One line more. */
static void
append(char *msg, size_t cap, const char *fmt, ...)
{
	size_t len = strlen(msg);
	va_list ap;

	if (len > 0 && len + 1 < cap)
		msg[len++] = '\n';
	va_start(ap, fmt);
	(void)vsnprintf(msg + len, cap - len, fmt, ap);
	va_end(ap);
}

static const char *
plural(uint64_t n)
{
	return n == 1 ? "" : "s";
}

/* The line that `systemctl status` shows; false: it is the one they have. */
static bool
describe(struct service *s, const struct service_view *v)
{
	char text[sizeof(s->status)], requests[40] = "";

	if (!v->uncounted)
		(void)snprintf(requests, sizeof(requests),
		    ", %" PRIu64 " request%s", v->requests,
		    plural(v->requests));
	(void)snprintf(text, sizeof(text),
	    "%zu pool%s, %zu worker%s, %zu busy%s", v->pools, plural(v->pools),
	    v->workers, plural(v->workers), v->busy, requests);
	if (strcmp(text, s->status) == 0)
		return false;
	(void)strcpy(s->status, text);
	return true;
}

static int64_t
next_look(const struct service_view *v, int64_t now)
{
	return v->interval_ms > 0 ? now + v->interval_ms : CLOCK_NEVER;
}

/* The state and the status line together: nobody sees one without the
 * other. */
static void
say_ready(struct service *s, const struct service_view *v, int64_t now,
    char *msg, size_t cap)
{
	s->state = SERVICE_UP;
	(void)describe(s, v);
	s->status_ms = next_look(v, now);
	append(msg, cap, "READY=1\nMAINPID=%d\nSTATUS=%s", (int)getpid(),
	    s->status);
}

static void
say_status(struct service *s, const struct service_view *v, int64_t now,
    char *msg, size_t cap)
{
	if (now < s->status_ms)
		return;
	s->status_ms = next_look(v, now);
	if (describe(s, v))
		append(msg, cap, "STATUS=%s", s->status);
}

bool
service_next(struct service *s, const struct service_view *v, int64_t now,
    char *msg, size_t cap)
{
	msg[0] = '\0';
	if (!heard(s) || now < s->retry_ms)
		return false;
	if (s->state == SERVICE_STARTING && v->up)
		say_ready(s, v, now, msg, cap);
	else if (s->state == SERVICE_UP)
		say_status(s, v, now, msg, cap);
	if (s->to.watchdog_ms > 0 && now >= s->watchdog_ms) {
		s->watchdog_ms = now + s->to.watchdog_ms / 2;
		append(msg, cap, "WATCHDOG=1");
	}
	return msg[0] != '\0';
}

int64_t
service_due(const struct service *s, bool up)
{
	int64_t due = CLOCK_NEVER;

	if (!heard(s))
		return due;
	if (s->state == SERVICE_STARTING && up)
		due = 0;
	if (s->state == SERVICE_UP)
		due = s->status_ms;
	if (s->to.watchdog_ms > 0 && s->watchdog_ms < due)
		due = s->watchdog_ms;
	return due < s->retry_ms ? s->retry_ms : due;
}

/* Saying it */

void
service_turn(struct service *s, const struct service_view *v, int64_t now)
{
	struct service said = *s;
	char msg[SERVICE_TEXT_MAX];

	if (!service_next(&said, v, now, msg, sizeof(msg))) {
		*s = said; /* when to look again */
		return;
	}
	if (notify_send(&s->to, msg, -1) == 0) {
		*s = said;
		s->warned = false;
		return;
	}
	if (!s->warned)
		log_warn("cannot reach the service manager: %s; trying again",
		    strerror(errno));
	s->warned = true;
	s->retry_ms = now + RETRY_MS;
}

void
service_reloading(struct service *s, int64_t now_us)
{
	char msg[SERVICE_TEXT_MAX];

	if (s->state != SERVICE_UP)
		return;
	s->state = SERVICE_RELOADING;
	(void)snprintf(msg, sizeof(msg),
	    "RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\nSTATUS=reloading",
	    now_us);
	(void)notify_send(&s->to, msg, -1);
}

void
service_reloaded(struct service *s)
{
	if (s->state == SERVICE_RELOADING)
		s->state = SERVICE_STARTING;
}

void
service_stopping(struct service *s, int64_t grace_ms)
{
	/* Why a start failed is not to be hidden. */
	bool tell = s->state != SERVICE_STARTING;
	char msg[SERVICE_TEXT_MAX];

	if (s->state == SERVICE_STOPPING)
		return;
	s->state = SERVICE_STOPPING;
	(void)snprintf(msg, sizeof(msg),
	    "STOPPING=1\nEXTEND_TIMEOUT_USEC=%" PRId64 "%s",
	    (grace_ms + STOP_MARGIN_MS) * 1000,
	    tell ? "\nSTATUS=stopping" : "");
	(void)notify_send(&s->to, msg, -1);
}

/* The protocol wants an errno; the text has the real one. */
static int
error_of(int code)
{
	switch (code) {
	case EX_CONFIG:
	case EX_USAGE:
		return EINVAL;
	case EX_NOINPUT:
		return ENOENT;
	case EX_NOPERM:
		return EACCES;
	default:
		return EIO;
	}
}

void
service_failed(const struct notify *to, int code, const char *text)
{
	char msg[SERVICE_TEXT_MAX + 64], *p;

	(void)snprintf(msg, sizeof(msg), "STATUS=%.*s", SERVICE_TEXT_MAX, text);
	/* A line break would begin another assignment. */
	for (p = msg; *p != '\0'; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	append(msg, sizeof(msg), "ERRNO=%d", error_of(code));
	(void)notify_send(to, msg, -1);
}
