#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "master/channel.h"
#include "master/handoff.h"
#include "master/look.h"
#include "master/watch.h"

#define RETRY_MS 100
#define AGAIN_MAX 8

int
handoff_inherit(
    struct handoff *h, const struct handoff_conf *conf, int in_fd, int out_fd)
{
	const struct watch w = { .kind = WATCH_HANDOFF, .crew = conf->crew };

	*h = (struct handoff){ .conf = *conf,
		.look.channel_fd = -1,
		.in_fd = in_fd,
		.out_fd = out_fd };
	h->parking =
	    parking_new(conf->room[PARKING_KEPT], conf->room[PARKING_SILENT]);
	if (h->parking == NULL ||
	    watch_add(conf->epoll_fd, h->in_fd, 0, &w) == -1) {
		handoff_close(h);
		return -1;
	}
	return 0;
}

int
handoff_open(struct handoff *h, const struct handoff_conf *conf)
{
	int fds[2];

	*h = (struct handoff){
		.look.channel_fd = -1, .in_fd = -1, .out_fd = -1
	};
	if (channel_open(fds) == -1)
		return -1;
	return handoff_inherit(h, conf, fds[0], fds[1]);
}

void
handoff_close(struct handoff *h)
{
	if (h->parking != NULL)
		handoff_drop(h, NULL, NULL);
	parking_free(h->parking);
	h->parking = NULL;
	io_close(&h->in_fd);
	io_close(&h->out_fd);
}

int
handoff_reserve(struct handoff *h, const struct handoff_conf *conf)
{
	return parking_reserve(
	    &h->parking, conf->room[PARKING_KEPT], conf->room[PARKING_SILENT]);
}

void
handoff_change(struct handoff *h, const struct handoff_conf *conf)
{
	h->conf = *conf;
	parking_set_room(
	    h->parking, conf->room[PARKING_KEPT], conf->room[PARKING_SILENT]);
}

void
handoff_close_one(struct handoff *h, int place)
{
	const struct parked *parked = parking_get(h->parking, place);

	if (parked == NULL)
		return;
	if (!parked->ready || parked->cut)
		watch_del(h->conf.epoll_fd, parked->fd);
	(void)close(parked->fd);
	parking_remove(h->parking, place);
}

/* Its time began at SINCE, which is a worker's word: at most now. */
static int64_t
due_for(const struct handoff *h, enum parking_kind kind, int64_t since)
{
	int64_t limit = h->conf.limit_ms[kind];

	return limit > 0 ? since + limit : CLOCK_NEVER;
}

static bool
is_stream(int fd)
{
	int type = 0;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 &&
	    type == SOCK_STREAM;
}

bool
handoff_has_room(const struct handoff *h, enum parking_kind kind)
{
	return parking_has_room(h->parking, kind);
}

bool
handoff_adopt(
    struct handoff *h, int fd, const struct chan_msg *msg, int64_t now)
{
	struct watch w = { .kind = WATCH_PARKED, .crew = h->conf.crew };
	struct parked what = { .fd = fd };
	int place = -1;

	what.kind = msg->value == 0 ? PARKING_KEPT : PARKING_SILENT;
	what.since_ms = msg->since_ms;
	if (what.since_ms > now || what.since_ms < 0)
		what.since_ms = now;
	what.due_ms = due_for(h, what.kind, what.since_ms);
	if (is_stream(fd))
		place = parking_add(h->parking, &what);
	if (place == -1) {
		(void)close(fd);
		return false;
	}
	w.place = (unsigned)place;
	if (watch_add(h->conf.epoll_fd, fd, EPOLLIN | EPOLLRDHUP, &w) == -1) {
		parking_remove(h->parking, place);
		(void)close(fd);
		return false;
	}
	return true;
}

int
handoff_accept(struct handoff *h, int listen_fd, int most, int64_t now)
{
	const struct chan_msg msg = {
		.kind = CHAN_PARK, .value = 1, .since_ms = now
	};
	int n, fd;

	for (n = 0; n < most; n++) {
		if (!handoff_has_room(h, PARKING_SILENT)) {
			errno = ENOSPC;
			return n;
		}
		fd = accept4(
		    listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd == -1)
			return n;
		(void)handoff_adopt(h, fd, &msg, now);
	}
	errno = 0;
	return n;
}

/* Closed from the other side, and nothing left to read? */
static bool
is_dead(int fd, uint32_t events)
{
	int unread = 0;

	if ((events & HANDOFF_CLOSED) == 0)
		return false;
	return ioctl(fd, FIONREAD, &unread) == -1 || unread == 0;
}

void
handoff_event(struct handoff *h, int place, uint32_t events)
{
	const struct parked *parked = parking_get(h->parking, place);

	if (parked == NULL || (parked->ready && !parked->cut))
		return;
	if (is_dead(parked->fd, events)) {
		handoff_close_one(h, place);
		return;
	}
	if (parked->cut) {
		look_event(h, place, events);
		return;
	}
	/* Readable until somebody reads it: do not be told again. */
	watch_del(h->conf.epoll_fd, parked->fd);
	parking_set_ready(h->parking, place);
}

static int
give(const struct handoff *h, const struct parked *parked)
{
	const struct chan_msg msg = { .kind = CHAN_CONN,
		.value = parked->kind == PARKING_SILENT,
		.since_ms = parked->since_ms };

	return channel_put(h->in_fd, &msg, &parked->fd, 1);
}

/* TELL: somebody is to say when there is room; where something else is short,
 * there is, and only time helps. */
static void
set_full(struct handoff *h, bool full, bool tell, int64_t now)
{
	const struct watch w = { .kind = WATCH_HANDOFF, .crew = h->conf.crew };

	if (full)
		h->retry_ms = now + RETRY_MS;
	h->full = full;
	if (tell == h->told)
		return;
	h->told = tell;
	/* Should it fail, retry_ms helps. */
	(void)watch_change(h->conf.epoll_fd, h->in_fd, tell ? EPOLLOUT : 0, &w);
}

/* Who is next, or -1. */
static int
next(struct handoff *h)
{
	int place = parking_first_ready(h->parking);

	return place != -1 ? place : look_release(h);
}

void
handoff_turn(struct handoff *h, int64_t now)
{
	bool full = false, tell = false;
	int place;

	while ((place = parking_overdue(h->parking, now)) != -1)
		handoff_close_one(h, place);
	look_overdue(h, now);
	while (!full && (place = next(h)) != -1) {
		if (look_ask(h, place, now))
			continue;
		/* Whatever the reason: it keeps its place and its turn. */
		if (give(h, parking_get(h->parking, place)) == 0) {
			handoff_close_one(h, place);
			continue;
		}
		full = true;
		tell = errno == EAGAIN;
	}
	set_full(h, full, tell, now);
}

int
handoff_untaken(const struct handoff *h)
{
	int n = 0;

	return ioctl(h->out_fd, FIONREAD, &n) == -1 ? 0 : n / CHAN_LEN;
}

/* A connection that was handed over and not taken yet. */
static bool
take_back(const struct handoff *h, struct chan_msg *msg, int *fd)
{
	uint8_t buf[CHAN_LEN];
	struct span in = { .at = buf, .len = sizeof(buf) };
	size_t n;

	return h->out_fd != -1 &&
	    io_recv_fds(h->out_fd, buf, sizeof(buf), fd, 1, &n) ==
	    (ssize_t)sizeof(buf) &&
	    n == 1 && chan_get(in, msg) == 0;
}

void
handoff_again(struct handoff *h, int64_t now)
{
	struct chan_msg msg[AGAIN_MAX];
	int fds[AGAIN_MAX];
	size_t i, n = 0;

	while (n < AGAIN_MAX && take_back(h, &msg[n], &fds[n]))
		n++;
	for (i = 0; i < n; i++) {
		if (channel_put(h->in_fd, &msg[i], &fds[i], 1) == 0)
			(void)close(fds[i]);
		else
			(void)handoff_adopt(h, fds[i], &msg[i], now);
	}
}

/* Events may not have been told of yet. */
static void
look_again(struct handoff *h, int place)
{
	struct pollfd p = { .fd = parking_get(h->parking, place)->fd,
		.events = POLLIN | POLLRDHUP };

	if (poll(&p, 1, 0) == 1)
		handoff_event(h, place, (uint32_t)p.revents);
}

void
handoff_thin(struct handoff *h, bool silent,
    void (*leave)(void *arg, int fd, bool silent), void *arg)
{
	int place;

	for (place = 0; place < parking_places(h->parking); place++) {
		const struct parked *p = parking_get(h->parking, place);

		if (p == NULL || p->ready)
			continue;
		if (p->kind == PARKING_SILENT && !silent)
			continue;
		look_again(h, place);
		p = parking_get(h->parking, place);
		if (p == NULL || p->ready)
			continue;
		leave(arg, p->fd, p->kind == PARKING_SILENT);
		handoff_close_one(h, place);
	}
}

bool
handoff_has_parked(const struct handoff *h)
{
	return parking_any(h->parking) != -1;
}

void
handoff_drop(
    struct handoff *h, void (*leave)(void *arg, int fd, bool silent), void *arg)
{
	struct chan_msg msg;
	int place, fd;

	while ((place = parking_any(h->parking)) != -1) {
		const struct parked *p = parking_get(h->parking, place);

		if (leave != NULL)
			leave(arg, p->fd, p->kind == PARKING_SILENT);
		handoff_close_one(h, place);
	}
	while (take_back(h, &msg, &fd)) {
		if (leave != NULL)
			leave(arg, fd, msg.value != 0);
		(void)close(fd);
	}
}

int64_t
handoff_due(const struct handoff *h)
{
	int64_t due = parking_due(h->parking);

	if (h->full)
		return h->retry_ms < due ? h->retry_ms : due;
	if (look_due(h) < due)
		due = look_due(h);
	return parking_first_ready(h->parking) != -1 ? 0 : due;
}

void
handoff_each(const struct handoff *h,
    void (*with)(void *arg, const struct parked *parked), void *arg)
{
	int place;

	for (place = 0; place < parking_places(h->parking); place++)
		if (parking_get(h->parking, place) != NULL)
			with(arg, parking_get(h->parking, place));
}

size_t
handoff_waiting(const struct handoff *h)
{
	int handed = 0;

	if (ioctl(h->out_fd, FIONREAD, &handed) == -1 || handed < 0)
		handed = 0;
	return parking_waiting(h->parking) + (size_t)handed / CHAN_LEN;
}

size_t
handoff_kept(const struct handoff *h)
{
	return parking_count(h->parking, PARKING_KEPT);
}

bool
handoff_is_empty(const struct handoff *h)
{
	struct pollfd p = { .fd = h->out_fd, .events = POLLIN };

	return parking_count(h->parking, PARKING_KEPT) == 0 &&
	    parking_count(h->parking, PARKING_SILENT) == 0 &&
	    poll(&p, 1, 0) == 0;
}
