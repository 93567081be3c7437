#include "master/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/sockaddr.h"
#include "base/sockfile.h"
#include "master/heirs.h"
#include "master/lograte.h"
#include "master/talk.h"
#include "master/watch.h"
#include "master/will.h"

#define CLIENTS 8        /* HEIRS_ASKERS_MAX is more */
#define LISTENER CLIENTS /* its place in watches */
#define BACKLOG 64
#define ACCEPTS_TURN 32
#define FULL_MS 1000 /* nobody can be accepted: do not spin */

struct control {
	struct control_conf conf;
	int fd; /* owned */
	struct sock_addr addr;
	struct sockfile file;
	unsigned serial;
	int64_t full_ms; /* look at the listener again then; 0: do look */
	bool full_said;  /* and why, until somebody was accepted */
	struct lograte refused;
	struct talk client[CLIENTS];
};

/* The one in STAGE for longest. */
static struct talk *
oldest(struct control *c, enum talk_stage stage)
{
	struct talk *found = NULL;
	size_t i;

	for (i = 0; i < CLIENTS; i++) {
		struct talk *t = &c->client[i];

		if (t->stage == stage &&
		    (found == NULL || t->serial < found->serial))
			found = t;
	}
	return found;
}

/* Those who wait for an answer and left meanwhile: their events may come
 * later in this turn. */
static void
drop_gone(struct control *c)
{
	size_t i;

	for (i = 0; i < CLIENTS; i++)
		if (c->client[i].stage == TALK_WAITING &&
		    talk_is_gone(&c->client[i]))
			talk_drop(&c->client[i]);
}

/* A free place, or that of the one who has been silent for longest; NULL:
 * all wait for answers. */
static struct talk *
place_for(struct control *c, int64_t now)
{
	struct talk *t = oldest(c, TALK_FREE);

	if (t == NULL) {
		drop_gone(c);
		t = oldest(c, TALK_FREE);
	}
	if (t != NULL)
		return t;
	t = oldest(c, TALK_READING);
	if (t == NULL)
		t = oldest(c, TALK_ANSWERING);
	if (t != NULL)
		talk_put_off(t, "too many clients; try again", now);
	return t;
}

static bool
may_say_refused(struct control *c, int64_t now)
{
	unsigned left_out = 0;

	if (!lograte_allows(&c->refused, now, &left_out))
		return false;
	lograte_tell(NULL, "users refused by control.listen", left_out);
	return true;
}

/* FD is owned. */
static void
adopt(struct control *c, int fd, int64_t now)
{
	static const char full[] =
	    "error 75 too many clients wait for answers; try "
	    "again\n";
	struct talk *t = place_for(c, now);

	if (t == NULL) {
		(void)send(
		    fd, full, sizeof(full) - 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		(void)close(fd);
		return;
	}
	t->serial = ++c->serial;
	talk_open(t, &c->conf, (unsigned)(t - c->client), fd, now);
	if (t->stage != TALK_FREE && t->refused && may_say_refused(c, now))
		log_warn("control: process %d of user %u refused",
		    (int)t->peer.pid, (unsigned)t->peer.uid);
}

static int
listen_again(struct control *c, bool on)
{
	const struct watch w = { .kind = WATCH_CONTROL, .place = LISTENER };

	return watch_change(c->conf.epoll_fd, c->fd, on ? EPOLLIN : 0, &w);
}

/* Out of descriptors or whatever it is: trying again at once does not help,
 * and who waits goes on waiting. */
static void
take_a_break(struct control *c, int64_t now)
{
	if (!c->full_said)
		log_warn("control: cannot accept a client: %s; trying again",
		    strerror(errno));
	c->full_said = true;
	c->full_ms = now + FULL_MS;
	(void)listen_again(c, false);
}

static void
welcome(struct control *c, int64_t now)
{
	int i, fd;

	for (i = 0; i < ACCEPTS_TURN; i++) {
		fd = accept4(c->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd != -1) {
			c->full_said = false;
			adopt(c, fd, now);
			continue;
		}
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			take_a_break(c, now);
		break;
	}
}

void
control_event(struct control *c, unsigned place, uint32_t events, int64_t now)
{
	if (place == LISTENER)
		welcome(c, now);
	else if (place < CLIENTS)
		talk_event(&c->client[place], events, now);
}

int64_t
control_turn(struct control *c, int64_t now)
{
	int64_t due;
	size_t i;

	if (lograte_due(&c->refused) <= now)
		(void)may_say_refused(c, now);
	due = lograte_due(&c->refused);
	if (c->full_ms != 0 && c->full_ms <= now)
		c->full_ms = listen_again(c, true) == 0 ? 0 : now + FULL_MS;
	if (c->full_ms != 0)
		due = clock_sooner(due, c->full_ms);
	for (i = 0; i < CLIENTS; i++) {
		struct talk *t = &c->client[i];

		if (t->stage != TALK_FREE && t->due_ms <= now)
			talk_drop(t);
		if (t->stage != TALK_FREE && t->due_ms < due)
			due = t->due_ms;
	}
	return due;
}

void
control_answer(
    struct control_later *later, const struct ctlmsg_answer *text, int64_t now)
{
	if (later->talk->stage == TALK_WAITING)
		talk_answer(later->talk, text, now);
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

void
control_disown(struct heir_control *from)
{
	struct sock_error none;
	struct sock_addr addr;

	if (from->fd == -1)
		return;
	if (sock_parse(from->path, &addr, &none) == 0)
		sockfile_remove(&from->file, &addr);
	io_close(&from->fd);
}

/* The socket that an earlier program listened on.  One at another path, or
 * without its file, is of no use any more. */
static bool
take_over(struct control *c, struct heir_control *from)
{
	struct sock_error none;
	struct sock_addr addr;

	if (from == NULL || from->fd == -1 ||
	    sock_parse(from->path, &addr, &none) == -1)
		return false;
	if (!sock_same(&addr, &c->addr) ||
	    !sockfile_is_ours(&from->file, &addr)) {
		control_disown(from);
		return false;
	}
	c->fd = from->fd;
	c->file = from->file;
	from->fd = -1;
	(void)sock_change_perm(&addr, &c->conf.perm, &none);
	return true;
}

/* Without knowing which file it is, nobody would remove it later. */
static int
note(struct control *c, struct sock_error *err)
{
	if (sockfile_note(&c->file, &c->addr) == 0)
		return 0;
	(void)sockaddr_fail(err, "%s: %s", c->conf.path, strerror(errno));
	(void)unlink(sockfile_path(&c->addr));
	return -1;
}

static int
listen_at(struct control *c, struct sock_error *err)
{
	const struct watch w = { .kind = WATCH_CONTROL, .place = LISTENER };

	if (c->conf.make_dir)
		(void)make_folder(c->conf.path); /* bind() says it better */
	if (sock_parse(c->conf.path, &c->addr, err) == -1)
		return -1;
	if (!take_over(c, c->conf.heir)) {
		c->fd = sock_listen(&c->addr, BACKLOG, &c->conf.perm, err);
		if (c->fd == -1 || note(c, err) == -1)
			return -1;
	}
	if (io_nonblock(c->fd, true) == 0 &&
	    watch_add(c->conf.epoll_fd, c->fd, EPOLLIN, &w) == 0)
		return 0;
	(void)sockaddr_fail(err, "%s", strerror(errno));
	return -1;
}

static void
adopt_all(struct control *c, struct heir_control *from, int64_t now)
{
	for (; from != NULL && from->naskers > 0; from->naskers--)
		adopt(c, from->askers[from->naskers - 1], now);
}

struct control *
control_open(const struct control_conf *conf, struct sock_error *err)
{
	struct control *c = calloc(1, sizeof(*c));
	int error;

	if (c == NULL) {
		(void)sockaddr_fail(err, "%s", strerror(errno));
		return NULL;
	}
	c->conf = *conf;
	c->fd = -1;
	if (listen_at(c, err) == 0) {
		adopt_all(c, conf->heir, clock_ms());
		return c;
	}
	error = errno;
	control_close(c);
	errno = error;
	return NULL;
}

bool
control_owes(const struct control *c)
{
	size_t i;

	for (i = 0; i < CLIENTS; i++)
		if (c->client[i].stage == TALK_WAITING ||
		    c->client[i].stage == TALK_ANSWERING)
			return true;
	return false;
}

static void
leave_listener(const struct control *c, struct will *w)
{
	struct state_item item = { .kind = STATE_CONTROL };

	if (strchr(c->conf.path, '\n') != NULL)
		return; /* the state is made of lines */
	item.u.control.fd = c->fd;
	item.u.control.made = c->file.made;
	item.u.control.dev = c->file.dev;
	item.u.control.ino = c->file.ino;
	(void)snprintf(item.u.control.path, sizeof(item.u.control.path), "%s",
	    c->conf.path);
	will_add(w, &item);
}

void
control_bequeath(struct control *c, struct will *w, int64_t now)
{
	struct state_item item = { .kind = STATE_ASKER };
	size_t i;

	leave_listener(c, w);
	for (i = 0; i < CLIENTS; i++) {
		struct talk *t = &c->client[i];

		if (!talk_is_unheard(t)) {
			talk_put_off(
			    t, "an upgrade is under way; try again", now);
			continue;
		}
		item.u.asker.fd = t->fd;
		will_add(w, &item);
	}
}

void
control_close(struct control *c)
{
	size_t i;

	if (c == NULL)
		return;
	for (i = 0; i < CLIENTS; i++)
		talk_drop(&c->client[i]);
	sockfile_remove(&c->file, &c->addr);
	if (c->fd != -1)
		watch_del(c->conf.epoll_fd, c->fd);
	io_close(&c->fd);
	free(c);
}
