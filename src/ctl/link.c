#include "ctl/link.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sock.h"
#include "ctl/target.h"

#define PAUSE_MS 20

__attribute__((format(printf, 3, 4))) static bool
fail(struct link *l, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(l->text, sizeof(l->text), fmt, ap);
	va_end(ap);
	l->code = code;
	return false;
}

/* Why PATH cannot be connected to, and the cure. */
static bool
unreachable(struct link *l, const char *path)
{
	switch (errno) {
	case ENOENT:
		return fail(l, EX_UNAVAILABLE,
		    "%s: no such socket: is cgi-fpm running?  -S PATH names "
		    "another one",
		    path);
	case ECONNREFUSED:
		return fail(l, EX_UNAVAILABLE,
		    "%s: nobody listens there: cgi-fpm is not running, start "
		    "it",
		    path);
	case EACCES:
	case EPERM:
		return fail(l, EX_NOPERM,
		    "%s: only root and the user of the master may connect; try sudo",
		    path);
	case ETIMEDOUT:
	case EAGAIN:
		return fail(l, EX_TEMPFAIL,
		    "%s: too many clients wait there; try again", path);
	default:
		return fail(l, EX_UNAVAILABLE, "%s: %s", path, strerror(errno));
	}
}

static bool
connect_to(struct link *l, const char *path, int timeout_ms)
{
	struct timeval limit = { timeout_ms / 1000, timeout_ms % 1000 * 1000 };
	struct sock_error err;
	struct sock_addr addr;
	int waited;

	if (target_parse(path, &addr, &err) == -1)
		return fail(l, EX_USAGE, "%s: %s", path, err.text);
	/* The backlog of a unix socket does not let anyone wait for room. */
	for (waited = 0; waited < timeout_ms; waited += PAUSE_MS) {
		l->fd = sock_connect(&addr, timeout_ms);
		if (l->fd != -1 || errno != EAGAIN)
			break;
		(void)poll(NULL, 0, PAUSE_MS);
		errno = EAGAIN;
	}
	if (l->fd == -1)
		return unreachable(l, path);
	(void)setsockopt(l->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	return true;
}

static bool
send_order(struct link *l, const char *const *words, size_t n)
{
	char line[CTLMSG_LINE_MAX];
	size_t len = 0, i;

	for (i = 0; i < n; i++) {
		len = ctlmsg_put(line, sizeof(line) - 1, len, words[i]);
		if (len == 0)
			return fail(l, EX_USAGE, "the arguments are too long");
	}
	line[len++] = '\n';
	/* Who was refused has his answer already. */
	(void)send(l->fd, line, len, MSG_NOSIGNAL);
	return true;
}

/* More bytes, and descriptors; false: no more, with why. */
static bool
receive(struct link *l)
{
	size_t room = sizeof(l->fds) / sizeof(l->fds[0]) - l->nfds, n;
	ssize_t len = io_recv_fds(l->fd, l->buf + l->len,
	    sizeof(l->buf) - l->len, l->fds + l->nfds, room, &n);

	if (len == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return fail(l, EX_TEMPFAIL, "no answer in time");
	if (len == -1)
		return fail(l, EX_PROTOCOL, "%s", strerror(errno));
	if (len == 0)
		return fail(l, EX_PROTOCOL,
		    "closed without an answer: is it the control socket "
		    "(control.listen, -S)?");
	l->nfds += n;
	l->len += (size_t)len;
	return true;
}

/* The next line into LINE, cut to CAP. */
static bool
next_line(struct link *l, char *line, size_t cap)
{
	char *end;
	size_t n;

	while ((end = memchr(l->buf, '\n', l->len)) == NULL) {
		if (l->len == sizeof(l->buf))
			return fail(l, EX_PROTOCOL, "its answer has no end");
		if (!receive(l))
			return false;
	}
	n = (size_t)(end - l->buf);
	(void)snprintf(line, cap, "%.*s", (int)n, l->buf);
	l->len -= n + 1;
	memmove(l->buf, end + 1, l->len);
	return true;
}

bool
link_ask(struct link *l, const char *path, const char *const *words, size_t n,
    int timeout_ms)
{
	char line[CTLMSG_ANSWER_MAX];
	struct ctlmsg_answer answer;

	*l = (struct link){ .fd = -1 };
	if (!connect_to(l, path, timeout_ms) || !send_order(l, words, n) ||
	    !next_line(l, line, sizeof(line)))
		return false;
	if (ctlmsg_get_answer(line, &answer) == -1)
		return fail(l, EX_PROTOCOL,
		    "%s: this is not a control socket of cgi-fpm", path);
	l->code = answer.code;
	(void)snprintf(l->text, sizeof(l->text), "%s", answer.text);
	return l->code == 0;
}

struct board *
link_board(struct link *l, char *name)
{
	struct board *b;
	int fd;

	if (!next_line(l, name, LINK_NAME_MAX))
		return NULL;
	if (l->nfds == 0) {
		(void)fail(l, EX_PROTOCOL, "a pool without a board");
		return NULL;
	}
	fd = l->fds[0];
	l->nfds--;
	memmove(l->fds, l->fds + 1, l->nfds * sizeof(l->fds[0]));
	b = board_attach(fd);
	(void)close(fd);
	if (b == NULL)
		(void)fail(l, EX_PROTOCOL,
		    "the board of pool %s is of another version of cgi-fpm: "
		    "use the cgi-fpmctl that came with it",
		    name);
	return b;
}

void
link_close(struct link *l)
{
	while (l->nfds > 0)
		(void)close(l->fds[--l->nfds]);
	io_close(&l->fd);
}
