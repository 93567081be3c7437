#include "master/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "master/lograte.h"
#include "master/watch.h"

#define CLIENTS 8
#define LISTENER CLIENTS /* its place in watches */
#define BACKLOG 64
#define ACCEPTS_TURN 32
#define DEADLINE_MS 5000
#define LATER_MS 600000
#define FULL_MS 1000 /* out of descriptors: do not spin */

enum stage { FREE, READING, WAITING, ANSWERING };

struct control_later {
	struct control *control;
	unsigned place;
};

struct client {
	struct control_later later;
	enum stage stage;
	int fd; /* owned */
	unsigned serial;
	int64_t due_ms;
	struct peer peer;
	size_t in_len, out_len, out_at;
	size_t board, nboards; /* that are still to be sent */
	char in[CTLMSG_LINE_MAX];
	char out[CTLMSG_ANSWER_MAX];
};

struct control {
	struct control_conf conf;
	int fd; /* owned */
	dev_t dev;
	ino_t ino;
	unsigned serial;
	int64_t full_ms; /* look at the listener again then; 0: do look */
	struct lograte refused;
	struct client client[CLIENTS];
};

/* Clients */

static void
watch(struct control *c, struct client *cl, uint32_t events)
{
	const struct watch w = { .kind = WATCH_CONTROL,
		.place = (unsigned)(cl - c->client) };

	/* Should it fail, the deadline frees its place. */
	(void)watch_change(c->conf.epoll_fd, cl->fd, events, &w);
}

static void
drop(struct control *c, struct client *cl)
{
	if (cl->stage == FREE)
		return;
	if (cl->stage == WAITING)
		c->conf.ops.forget(c->conf.ops.arg, &cl->later);
	watch_del(c->conf.epoll_fd, cl->fd);
	io_close(&cl->fd);
	cl->stage = FREE;
}

/* True: it is gone; false: the socket is full. */
static bool
send_line(struct client *cl)
{
	while (cl->out_at < cl->out_len) {
		ssize_t n = send(cl->fd, cl->out + cl->out_at,
		    cl->out_len - cl->out_at, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n == -1)
			return errno != EAGAIN && errno != EINTR;
		cl->out_at += (size_t)n;
	}
	return true;
}

static bool
send_board(struct control *c, size_t i, int sock)
{
	char line[80];
	const char *name = "";
	int fd = c->conf.ops.board(c->conf.ops.arg, i, &name), rc, error;

	(void)snprintf(line, sizeof(line), "%s\n", name);
	rc = io_send_fds(sock, line, strlen(line), &fd, fd == -1 ? 0 : 1);
	error = errno;
	io_close(&fd);
	return rc == 0 || (error != EAGAIN && error != EINTR);
}

static void
pass_on(struct control *c, struct client *cl)
{
	bool gone = send_line(cl);

	for (; gone && cl->nboards > 0; cl->nboards--) {
		gone = send_board(c, cl->board, cl->fd);
		if (!gone)
			break;
		cl->board++;
	}
	if (gone)
		drop(c, cl);
	else
		watch(c, cl, EPOLLOUT);
}

static void
answer(struct control *c, struct client *cl, const struct ctlmsg_answer *text,
    int64_t now)
{
	cl->out_len = ctlmsg_put_answer(cl->out, sizeof(cl->out), text);
	cl->out_at = 0;
	cl->stage = ANSWERING;
	cl->due_ms = now + DEADLINE_MS;
	pass_on(c, cl);
}

static void
refuse(struct control *c, struct client *cl, int code, const char *text,
    int64_t now)
{
	const struct ctlmsg_answer no = { code, text };

	cl->nboards = 0;
	answer(c, cl, &no, now);
}

static void
run(struct control *c, struct client *cl, int64_t now)
{
	const char *words[CTLMSG_WORDS_MAX];
	struct control_reply reply = { .code = 0 };
	struct control_order order = { .words = words, .from = cl->peer };
	struct ctlmsg_answer text;
	int n = ctlmsg_split(cl->in, words, CTLMSG_WORDS_MAX);

	if (n < 1) {
		refuse(c, cl, EX_PROTOCOL, "this is no order", now);
		return;
	}
	order.n = (size_t)n;
	order.later = &cl->later;
	/* From here on: the answer may come before run() returns. */
	cl->stage = WAITING;
	cl->due_ms = now + LATER_MS;
	watch(c, cl, EPOLLRDHUP);
	c->conf.ops.run(c->conf.ops.arg, &order, &reply, now);
	if (reply.later || cl->stage != WAITING)
		return;
	cl->board = reply.first;
	cl->nboards = reply.nboards;
	text = (struct ctlmsg_answer){ reply.code, reply.text };
	answer(c, cl, &text, now);
}

/* Until its newline; what follows that is nobody's. */
static void
receive(struct control *c, struct client *cl, int64_t now)
{
	ssize_t n = recv(cl->fd, cl->in + cl->in_len,
	    sizeof(cl->in) - cl->in_len, MSG_DONTWAIT);
	char *end;

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop(c, cl);
		return;
	}
	end = memchr(cl->in + cl->in_len, '\n', (size_t)n);
	cl->in_len += (size_t)n;
	if (end != NULL) {
		*end = '\0';
		if (strlen(cl->in) == (size_t)(end - cl->in))
			run(c, cl, now);
		else
			refuse(c, cl, EX_PROTOCOL, "this is no order", now);
	} else if (cl->in_len == sizeof(cl->in))
		refuse(c, cl, EX_USAGE, "the line is too long", now);
}

/* A free place, or that of the one who has been silent for longest; NULL:
 * all wait for answers. */
static struct client *
place_for(struct control *c)
{
	struct client *oldest = NULL;
	size_t i;

	for (i = 0; i < CLIENTS; i++) {
		struct client *cl = &c->client[i];

		if (cl->stage == FREE)
			return cl;
		if (cl->stage != WAITING &&
		    (oldest == NULL || cl->serial < oldest->serial))
			oldest = cl;
	}
	if (oldest != NULL)
		drop(c, oldest);
	return oldest;
}

static void
stranger(struct control *c, struct client *cl, int64_t now)
{
	unsigned left_out;

	if (lograte_allows(&c->refused, now, &left_out))
		log_warn("control: process %d of user %u refused",
		    (int)cl->peer.pid, (unsigned)cl->peer.uid);
	refuse(c, cl, EX_NOPERM,
	    "only root and the user of the master may; try sudo", now);
}

/* FD is owned. */
static void
adopt(struct control *c, int fd, int64_t now)
{
	struct peer_rule rule = { .owner = c->conf.perm.uid,
		.group = (c->conf.perm.mode & 0060) != 0 ? c->conf.perm.gid
							 : (gid_t)-1 };
	struct client *cl = place_for(c);
	struct watch w = { .kind = WATCH_CONTROL };

	if (cl == NULL) {
		(void)close(fd);
		return;
	}
	cl->fd = fd;
	cl->later = (struct control_later){ c, (unsigned)(cl - c->client) };
	cl->stage = READING;
	cl->serial = ++c->serial;
	cl->due_ms = now + DEADLINE_MS;
	cl->in_len = cl->nboards = 0;
	w.place = (unsigned)(cl - c->client);
	if (watch_add(c->conf.epoll_fd, fd, EPOLLIN, &w) == -1)
		drop(c, cl);
	else if (peer_allowed(fd, &rule, &cl->peer))
		receive(c, cl, now);
	else
		stranger(c, cl, now);
}

static void
listen_again(struct control *c, bool on)
{
	const struct watch w = { .kind = WATCH_CONTROL, .place = LISTENER };

	(void)watch_change(c->conf.epoll_fd, c->fd, on ? EPOLLIN : 0, &w);
}

static void
welcome(struct control *c, int64_t now)
{
	int i, fd;

	for (i = 0; i < ACCEPTS_TURN; i++) {
		fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd != -1) {
			adopt(c, fd, now);
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
		    errno == ENOBUFS) {
			c->full_ms = now + FULL_MS;
			listen_again(c, false);
		}
		break;
	}
}

void
control_event(struct control *c, unsigned place, uint32_t events, int64_t now)
{
	struct client *cl;

	if (place == LISTENER) {
		welcome(c, now);
		return;
	}
	cl = &c->client[place < CLIENTS ? place : 0];
	switch (cl->stage) {
	case FREE:
		break;
	case READING:
		receive(c, cl, now);
		break;
	case WAITING:
		if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
			drop(c, cl);
		break;
	case ANSWERING:
		pass_on(c, cl);
		break;
	}
}

int64_t
control_turn(struct control *c, int64_t now)
{
	int64_t due = CLOCK_NEVER;
	size_t i;

	if (c->full_ms != 0 && c->full_ms <= now) {
		c->full_ms = 0;
		listen_again(c, true);
	}
	if (c->full_ms != 0)
		due = c->full_ms;
	for (i = 0; i < CLIENTS; i++) {
		struct client *cl = &c->client[i];

		if (cl->stage != FREE && cl->due_ms <= now)
			drop(c, cl);
		if (cl->stage != FREE && cl->due_ms < due)
			due = cl->due_ms;
	}
	return due;
}

void
control_answer(
    struct control_later *later, const struct ctlmsg_answer *text, int64_t now)
{
	struct client *cl = &later->control->client[later->place];

	if (cl->stage == WAITING)
		answer(later->control, cl, text, now);
}

/* The socket */

static int
make_folder(const char *path)
{
	char dir[108];
	const char *slash = strrchr(path, '/');

	if (slash == NULL || slash == path)
		return 0;
	(void)snprintf(dir, sizeof(dir), "%.*s", (int)(slash - path), path);
	return mkdir(dir, 0755) == -1 && errno != EEXIST ? -1 : 0;
}

static int
listen_at(struct control *c, struct sock_error *err)
{
	const struct watch w = { .kind = WATCH_CONTROL, .place = LISTENER };
	struct sock_addr addr;
	struct stat st;

	if (c->conf.make_dir)
		(void)make_folder(c->conf.path); /* bind() says it better */
	if (sock_parse(c->conf.path, &addr, err) == -1)
		return -1;
	c->fd = sock_listen(&addr, BACKLOG, &c->conf.perm, err);
	if (c->fd == -1)
		return -1;
	if (lstat(c->conf.path, &st) == 0) {
		c->dev = st.st_dev;
		c->ino = st.st_ino;
	}
	if (io_nonblock(c->fd, true) == 0 &&
	    watch_add(c->conf.epoll_fd, c->fd, EPOLLIN, &w) == 0)
		return 0;
	(void)snprintf(err->text, sizeof(err->text), "%s", strerror(errno));
	return -1;
}

struct control *
control_open(const struct control_conf *conf, struct sock_error *err)
{
	struct control *c = calloc(1, sizeof(*c));

	if (c == NULL) {
		(void)snprintf(
		    err->text, sizeof(err->text), "%s", strerror(errno));
		return NULL;
	}
	c->conf = *conf;
	c->fd = -1;
	if (listen_at(c, err) == 0)
		return c;
	control_close(c);
	return NULL;
}

void
control_close(struct control *c)
{
	struct stat st;
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < CLIENTS; i++)
		drop(c, &c->client[i]);
	if (c->fd != -1 && lstat(c->conf.path, &st) == 0 &&
	    st.st_dev == c->dev && st.st_ino == c->ino)
		(void)unlink(c->conf.path);
	if (c->fd != -1)
		watch_del(c->conf.epoll_fd, c->fd);
	io_close(&c->fd);
	free(c);
}
