/* log.c - where lines go: a descriptor, or the syslog daemon's socket.
 *
 * libc's syslog(3) waits for a daemon that is slow, so the datagram is sent
 * from here.  A shared stderr cannot be made non-blocking (its description
 * belongs to others as well), so it is asked with poll() before each write;
 * a line is at most PIPE_BUF long, and a pipe that polls writable takes that
 * much at once. */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/logline.h"

#define DEV_LOG "/dev/log"

_Static_assert(LOG_LINE_MAX <= PIPE_BUF, "one line is one atomic write");

static struct {
	const struct log_conf *conf; /* NULL before log_open() */
	enum logline_style style;
	int fd;    /* ours but for stderr; a socket for syslog, -1: none now */
	bool ask;  /* not a regular file: poll before writing */
	bool torn; /* the last line was written in part */
	const char *tag;
	uint64_t lost;
} out = { .fd = STDERR_FILENO, .ask = true };

/* The path that TARGET names, or NULL when it is stderr. */
static const char *
file_of(const char *target)
{
	if (strcmp(target, "stderr") == 0 ||
	    strcmp(target, "/dev/stderr") == 0 ||
	    strcmp(target, "/proc/self/fd/2") == 0)
		return NULL;
	return target;
}

/* The socket that TARGET names, or NULL when it is not syslog. */
static const char *
syslog_of(const char *target)
{
	if (strcmp(target, "syslog") == 0)
		return DEV_LOG;
	return strncmp(target, "syslog:", 7) == 0 ? target + 7 : NULL;
}

/* systemd says which stream it connected to the journal, as DEV:INODE. */
static bool
is_journal(int fd)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];
	struct stat st;

	if (stream == NULL || fstat(fd, &st) == -1)
		return false;
	(void)snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino);
	return strcmp(stream, own) == 0;
}

static bool
is_regular(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
}

static int
open_file(const char *path)
{
	/* Non-blocking: a fifo without a reader must not stop the start, and
	 * this description is ours alone. */
	return open(path,
	    O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY |
		O_NONBLOCK,
	    0640);
}

/* A socket connected to the daemon, or -1 when nobody is there. */
static int
open_syslog(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sun.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		io_close(&fd);
	return fd;
}

static void
use_fd(int fd, enum logline_style style)
{
	if (out.fd != fd && out.fd != STDERR_FILENO)
		io_close(&out.fd);
	out.fd = fd;
	out.style = style;
	out.ask = !is_regular(fd);
	out.torn = false;
}

int
log_open(const struct log_conf *conf)
{
	const char *path = file_of(conf->target);
	int fd;

	tzset(); /* before a chroot hides the time zone's file */
	if (syslog_of(conf->target) != NULL) {
		use_fd(open_syslog(syslog_of(conf->target)), LOGLINE_SYSLOG);
	} else if (path == NULL) {
		use_fd(STDERR_FILENO,
		    is_journal(STDERR_FILENO) ? LOGLINE_JOURNAL : LOGLINE_FILE);
	} else {
		fd = open_file(path);
		if (fd == -1)
			return -1;
		use_fd(fd, LOGLINE_FILE);
	}
	out.conf = conf;
	return 0;
}

int
log_reopen(void)
{
	const char *path;
	int fd;

	if (out.conf == NULL || out.style == LOGLINE_SYSLOG)
		return 0;
	path = file_of(out.conf->target);
	if (path == NULL)
		return 0;
	fd = open_file(path);
	if (fd == -1)
		return -1;
	use_fd(fd, LOGLINE_FILE);
	return 0;
}

int
log_fd(void)
{
	return out.style == LOGLINE_SYSLOG ? -1 : out.fd;
}

int
log_held_fd(void)
{
	return out.fd;
}

void
log_adopt(int fd)
{
	use_fd(fd, LOGLINE_FILE);
}

void
log_tag(const char *pool)
{
	out.tag = pool;
}

uint64_t
log_lost(void)
{
	return out.lost;
}

/* Would FD take a line now?  A pipe without a reader would, with SIGPIPE. */
static bool
is_writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, 0) == 1 && p.revents == POLLOUT;
}

/* LINE begins one byte behind ROOM; that byte ends a torn line. */
static bool
write_fd(char *room, size_t len)
{
	ssize_t wrote;
	char *line = room + 1;

	if (out.ask && !is_writable(out.fd))
		return false;
	if (out.torn) {
		*room = '\n';
		line = room;
		len++;
	}
	do {
		wrote = write(out.fd, line, len);
	} while (wrote == -1 && errno == EINTR);
	if (wrote == -1)
		return false;
	out.torn = (size_t)wrote != len;
	return !out.torn;
}

/* The daemon may have been restarted: its socket is another one then. */
static bool
send_syslog(const char *line, size_t len)
{
	int try;

	for (try = 0; try < 2; try++) {
		if (out.fd != -1 &&
		    send(out.fd, line, len, MSG_DONTWAIT | MSG_NOSIGNAL) != -1)
			return true;
		if (out.fd != -1 && (errno == EAGAIN || errno == EMSGSIZE))
			return false;
		io_close(&out.fd);
		out.fd = open_syslog(syslog_of(out.conf->target));
	}
	return false;
}

static void
describe(struct logline *l, enum log_level level)
{
	struct timespec now;

	memset(l, 0, sizeof(*l));
	(void)clock_gettime(CLOCK_REALTIME, &now);
	(void)localtime_r(&now.tv_sec, &l->when);
	l->when_ms = (int)(now.tv_nsec / 1000000);
	l->style = out.style;
	l->level = level;
	if (out.style == LOGLINE_SYSLOG) {
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
	bool done;

	if (level > (out.conf != NULL ? out.conf->level : LOG_LEVEL_NOTICE))
		return;
	len = compose(text, sizeof(text), fmt, ap);
	describe(&l, level);
	len = logline_write(room + 1, sizeof(room) - 1, &l, text, len);
	if (out.style == LOGLINE_SYSLOG)
		done = send_syslog(room + 1, len);
	else
		done = write_fd(room, len);
	if (!done)
		out.lost++;
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
