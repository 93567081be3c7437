/* logsink.c - see logsink.h.
 *
 * A stderr that others share must not become non-blocking: the flag belongs
 * to the description that they write to as well.  A pipe and a terminal can
 * be opened once more, non-blocking, through /proc; a socket can be asked
 * for each message; for what is left there is poll().  libc's syslog(3)
 * waits for a slow daemon, so its datagrams are sent from here. */
#include "base/logsink.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/io.h"
#include "base/journal.h"
#include "base/logfile.h"

#define DEV_LOG "/dev/log"

static bool
is_stderr(const char *target)
{
	return strcmp(target, "stderr") == 0 ||
	    strcmp(target, "/dev/stderr") == 0 ||
	    strcmp(target, "/proc/self/fd/2") == 0;
}

/* What TARGET is; of a daemon *ADDRESS is its socket. */
static enum logsink_kind
kind_of(const char *target, const char **address)
{
	*address = NULL;
	if (strcmp(target, "journal") == 0) {
		*address = JOURNAL_SOCKET;
		return LOGSINK_NATIVE;
	}
	if (strcmp(target, "syslog") == 0)
		*address = DEV_LOG;
	else if (strncmp(target, "syslog:", 7) == 0)
		*address = target + 7;
	return *address == NULL ? LOGSINK_FD : LOGSINK_SYSLOG;
}

bool
logsink_is_file(const char *target)
{
	const char *address;

	return !is_stderr(target) && kind_of(target, &address) == LOGSINK_FD;
}

/* systemd says which stream it connected to the journal, as DEV:INODE. */
static bool
is_journal(const struct stat *st)
{
	const char *stream = getenv("JOURNAL_STREAM");
	char own[64];

	if (stream == NULL)
		return false;
	(void)snprintf(own, sizeof(own), "%ju:%ju", (uintmax_t)st->st_dev,
	    (uintmax_t)st->st_ino);
	return strcmp(stream, own) == 0;
}

bool
logsink_is_journal(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && is_journal(&st);
}

/* What FD writes to, opened once more; -1 when that cannot be. */
static int
open_twin(int fd)
{
	char path[32];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(
	    path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
}

/* A socket connected to the daemon, or -1 when nobody is there. */
static int
open_daemon(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(sun.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(sun.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) == -1)
		io_close(&fd);
	return fd;
}

void
logsink_close(struct logsink *s)
{
	io_close(&s->twin);
	if (s->fd != STDERR_FILENO)
		io_close(&s->fd);
}

/* SHARED: others write to the same description. */
static void
use(struct logsink *s, int fd, bool shared)
{
	struct stat st;

	memset(s, 0, sizeof(*s));
	s->fd = fd;
	s->twin = -1;
	s->style = LOGLINE_FILE;
	if (fstat(fd, &st) == -1)
		return; /* each line will say so */
	s->is_socket = S_ISSOCK(st.st_mode);
	s->is_regular = S_ISREG(st.st_mode);
	if (is_journal(&st))
		s->style = LOGLINE_JOURNAL;
	if (shared && (S_ISFIFO(st.st_mode) || isatty(fd)) &&
	    (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0)
		s->twin = open_twin(fd);
}

static void
use_daemon(
    struct logsink *s, enum logsink_kind kind, const char *address, int fd)
{
	*s = (struct logsink){ .kind = kind,
		.style =
		    kind == LOGSINK_NATIVE ? LOGLINE_NATIVE : LOGLINE_SYSLOG,
		.fd = fd,
		.twin = -1,
		.address = address };
}

void
logsink_adopt_as(struct logsink *s, enum logsink_kind kind, int fd)
{
	const char *address = kind == LOGSINK_NATIVE ? JOURNAL_SOCKET
	    : s->kind == LOGSINK_SYSLOG              ? s->address
						     : DEV_LOG;
	uint64_t lost = s->lost;

	logsink_close(s);
	if (kind == LOGSINK_FD)
		use(s, fd, true);
	else
		use_daemon(s, kind, address, fd);
	s->lost = lost;
}

void
logsink_adopt(struct logsink *s, int fd)
{
	logsink_adopt_as(s, s->kind, fd);
}

void
logsink_take(struct logsink *s, const char *target, int fd)
{
	enum logsink_kind kind = LOGSINK_FD;
	const char *address = NULL;

	if (target != NULL)
		kind = kind_of(target, &address);
	if (kind == LOGSINK_FD)
		use(s, fd, true);
	else
		use_daemon(s, kind, address, fd);
}

int
logsink_detach(struct logsink *s)
{
	int fd = s->twin;

	s->twin = -1;
	if (fd == -1 && s->fd != STDERR_FILENO) {
		fd = s->fd;
		s->fd = -1;
	} else if (fd == -1) {
		fd = fcntl(s->fd, F_DUPFD_CLOEXEC, 3);
	}
	logsink_close(s);
	return fd;
}

bool
logsink_is_open(const struct logsink *s)
{
	return s->fd != -1 || s->kind != LOGSINK_FD;
}

bool
logsink_is_pipe(const struct logsink *s)
{
	return s->kind == LOGSINK_FD && !s->is_regular && !s->is_socket;
}

int
logsink_open(struct logsink *s, const char *target)
{
	const char *address;
	enum logsink_kind kind = kind_of(target, &address);
	int fd;

	if (kind != LOGSINK_FD) {
		use_daemon(s, kind, address, open_daemon(address));
		return 0;
	}
	if (is_stderr(target)) {
		use(s, STDERR_FILENO, true);
		return 0;
	}
	fd = logfile_open(target);
	if (fd == -1)
		return -1;
	use(s, fd, false);
	return 0;
}

static int
send_once(const struct logsink *s, const char *line, size_t len)
{
	if (s->kind == LOGSINK_NATIVE)
		return journal_send(s->fd, line, len);
	return send(s->fd, line, len, MSG_DONTWAIT | MSG_NOSIGNAL) == -1 ? -1
									 : 0;
}

/* The daemon may have been restarted: its socket is another one then. */
static bool
send_daemon(struct logsink *s, const char *line, size_t len)
{
	int try;

	for (try = 0; try < 2; try++) {
		if (s->fd != -1 && send_once(s, line, len) == 0)
			return true;
		if (s->fd != -1 && (errno == EAGAIN || errno == EMSGSIZE))
			return false;
		io_close(&s->fd);
		s->fd = open_daemon(s->address);
	}
	return false;
}

/* Would FD take a line now?  A pipe without a reader would, with SIGPIPE. */
static bool
is_writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	return poll(&p, 1, 0) == 1 && p.revents == POLLOUT;
}

static ssize_t
write_once(const struct logsink *s, const char *line, size_t len)
{
	int fd = s->twin != -1 ? s->twin : s->fd;
	ssize_t wrote;

	if (s->is_socket)
		return send(s->fd, line, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (!s->is_regular && !is_writable(fd))
		return -1;
	do {
		wrote = write(fd, line, len);
	} while (wrote == -1 && errno == EINTR);
	return wrote;
}

static bool
try_write(struct logsink *s, char *room, size_t len)
{
	char *line = room + 1;
	ssize_t wrote;

	if (s->kind != LOGSINK_FD)
		return send_daemon(s, line, len);
	if (s->torn) {
		*room = '\n';
		line = room;
		len++;
	}
	wrote = write_once(s, line, len);
	if (wrote == -1)
		return false;
	if ((size_t)wrote == len) {
		s->torn = false;
		return true;
	}
	/* A piece of a line: whoever comes next is to begin a line. */
	s->torn = wrote > 0 &&
	    !(s->is_regular &&
		logfile_take_back(s->fd, line + wrote, (size_t)wrote));
	return false;
}

bool
logsink_write(struct logsink *s, char *room, size_t len)
{
	if (try_write(s, room, len))
		return true;
	s->lost++;
	return false;
}
