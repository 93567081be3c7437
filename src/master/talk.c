#include "master/talk.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sysexits.h>

#include "base/io.h"
#include "master/watch.h"

#define DEADLINE_MS 5000
#define LATER_MS 600000

static int
watch(const struct talk *t, uint32_t events)
{
	const struct watch w = { .kind = WATCH_CONTROL, .place = t->place };

	return watch_change(t->conf->epoll_fd, t->fd, events, &w);
}

void
talk_drop(struct talk *t)
{
	if (t->stage == TALK_FREE)
		return;
	if (t->stage == TALK_WAITING)
		t->conf->ops.forget(t->conf->ops.arg, &t->later);
	watch_del(t->conf->epoll_fd, t->fd);
	io_close(&t->fd);
	t->stage = TALK_FREE;
}

/* True: it is gone; false: the socket is full. */
static bool
send_line(struct talk *t)
{
	while (t->out_at < t->out_len) {
		ssize_t n = send(t->fd, t->out + t->out_at,
		    t->out_len - t->out_at, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n == -1)
			return errno != EAGAIN && errno != EINTR;
		t->out_at += (size_t)n;
	}
	return true;
}

static bool
send_board(const struct talk *t)
{
	const struct control_ops *ops = &t->conf->ops;
	char line[80];
	const char *name = "";
	int fd = ops->board(ops->arg, t->board, &name), rc, error;

	(void)snprintf(line, sizeof(line), "%s\n", name);
	rc = io_send_fds(t->fd, line, strlen(line), &fd, fd == -1 ? 0 : 1);
	error = errno;
	io_close(&fd);
	return rc == 0 || (error != EAGAIN && error != EINTR);
}

/* What is still to be sent, as far as there is room. */
static void
pass_on(struct talk *t)
{
	if (!send_line(t))
		return;
	for (; t->nboards > 0; t->nboards--, t->board++)
		if (!send_board(t))
			return;
	talk_drop(t);
}

void
talk_answer(struct talk *t, const struct ctlmsg_answer *text, int64_t now)
{
	if (t->stage == TALK_FREE || t->stage == TALK_ANSWERING)
		return;
	t->out_len = ctlmsg_put_answer(t->out, sizeof(t->out), text);
	t->out_at = 0;
	t->stage = TALK_ANSWERING;
	t->due_ms = now + DEADLINE_MS;
	if (watch(t, EPOLLOUT) == 0)
		return;
	/* Nobody will say when there is room: now, or never. */
	pass_on(t);
	talk_drop(t);
}

static void
refuse(struct talk *t, int code, const char *text, int64_t now)
{
	const struct ctlmsg_answer no = { code, text };

	t->nboards = 0;
	talk_answer(t, &no, now);
}

static void
run(struct talk *t, int64_t now)
{
	const char *words[CTLMSG_WORDS_MAX];
	struct control_reply reply = { .code = 0 };
	struct control_order order = { .words = words, .from = t->peer };
	struct ctlmsg_answer text;
	int n = ctlmsg_split(t->in, words, CTLMSG_WORDS_MAX);

	if (n < 1) {
		refuse(t, EX_PROTOCOL, "this is not an order", now);
		return;
	}
	order.n = (size_t)n;
	order.later = &t->later;
	/* From here on: the answer may come before run() returns. */
	t->stage = TALK_WAITING;
	t->due_ms = now + LATER_MS;
	(void)watch(t, EPOLLRDHUP); /* that it left shows at the latest later */
	t->conf->ops.run(t->conf->ops.arg, &order, &reply, now);
	if (reply.later || t->stage != TALK_WAITING)
		return;
	t->board = reply.first;
	t->nboards = reply.nboards;
	text = (struct ctlmsg_answer){ reply.code, reply.text };
	talk_answer(t, &text, now);
}

/* Until its newline; what follows that is nobody's. */
static void
receive(struct talk *t, int64_t now)
{
	ssize_t n = recv(
	    t->fd, t->in + t->in_len, sizeof(t->in) - t->in_len, MSG_DONTWAIT);
	char *end;

	if (n == -1 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		talk_drop(t);
		return;
	}
	end = memchr(t->in + t->in_len, '\n', (size_t)n);
	t->in_len += (size_t)n;
	if (end != NULL) {
		*end = '\0';
		if (strlen(t->in) == (size_t)(end - t->in))
			run(t, now);
		else
			refuse(t, EX_PROTOCOL, "this is not an order", now);
	} else if (t->in_len == sizeof(t->in))
		refuse(t, EX_USAGE, "the line is too long", now);
}

void
talk_open(struct talk *t, const struct control_conf *conf, unsigned place,
    int fd, int64_t now)
{
	const struct watch w = { .kind = WATCH_CONTROL, .place = place };
	const struct peer_rule rule = { .owner = conf->perm.uid,
		.group = (conf->perm.mode & 0060) != 0 ? conf->perm.gid
						       : (gid_t)-1 };

	t->conf = conf;
	t->place = place;
	t->later.talk = t;
	t->fd = fd;
	t->due_ms = now + DEADLINE_MS;
	t->in_len = t->nboards = 0;
	t->refused = false;
	t->stage = TALK_READING;
	if (watch_add(conf->epoll_fd, fd, EPOLLIN, &w) == -1)
		refuse(t, EX_TEMPFAIL,
		    "the master is short of memory; try again", now);
	else if (peer_allowed(fd, &rule, &t->peer))
		receive(t, now);
	else {
		t->refused = true;
		refuse(t, EX_NOPERM,
		    "only root and the user of the master may connect; try sudo",
		    now);
	}
}

bool
talk_is_gone(const struct talk *t)
{
	char c;

	return recv(t->fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

bool
talk_is_unheard(const struct talk *t)
{
	return t->stage == TALK_READING && t->in_len == 0;
}

void
talk_put_off(struct talk *t, const char *why, int64_t now)
{
	if (t->stage == TALK_FREE)
		return;
	if (t->stage != TALK_ANSWERING)
		refuse(t, EX_TEMPFAIL, why, now);
	pass_on(t);
	talk_drop(t);
}

void
talk_event(struct talk *t, uint32_t events, int64_t now)
{
	switch (t->stage) {
	case TALK_FREE:
		break;
	case TALK_READING:
		receive(t, now);
		break;
	case TALK_WAITING:
		if ((events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0)
			talk_drop(t);
		break;
	case TALK_ANSWERING:
		if (events != 0)
			pass_on(t);
		break;
	}
}
