/* mend.c - a listener that one of the programs has spoilt.
 *
 * All programs of a pool share the listener with the master, and any of them
 * can shut it down, shorten its queue or remove its file.  Then nobody gets
 * through, and no process has died of it.  So it is looked at once a second;
 * what helps is done at once and not only at the next reload.
 */
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "master/members.h"

static bool
is_shut(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLRDHUP };
	int listening = 0;
	socklen_t len = sizeof(listening);

	if (getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 &&
	    !listening)
		return true;
	/* A unix socket goes on to say that it listens, and refuses everybody
	 * as soon as it is shut for reading. */
	return poll(&p, 1, 0) == 1 &&
	    (p.revents & (POLLRDHUP | POLLHUP | POLLERR | POLLNVAL)) != 0;
}

/* Is the file gone?  Another in its place is somebody's who took over. */
static bool
is_removed(const struct crew *c)
{
	return sockfile_is_gone(
	    &c->listeners.files[0], &c->pool->listen[0].addr);
}

/* A new one in the place of the old, whose number stays. */
static int
replace(struct crew *c, struct sock_error *why)
{
	const struct pool_listen *conf = &c->pool->listen[0];
	int fd = sock_listen(&conf->addr, conf->backlog, &conf->perm, why);
	size_t i;

	if (fd == -1)
		return -1;
	/* Programs have the old one still: epoll would not forget it. */
	muster_unwatch(c);
	(void)dup3(fd, c->listeners.fds[0], O_CLOEXEC);
	(void)close(fd);
	(void)sockfile_note(&c->listeners.files[0], &conf->addr);
	c->listeners.marks[0] = c->listeners.files[0];
	/* Those that died of it have not failed. */
	c->restart = (struct restart){ 0 };
	for (i = 0; i < c->slots.n; i++)
		if (!c->slots.at[i].aide)
			muster_retire(&c->slots.at[i]);
	return 0;
}

/* What happened is in WHAT. */
static void
act(struct crew *c, const char *what)
{
	const struct pool_listen *conf = &c->pool->listen[0];
	struct sock_error why;

	if (c->natives->spoilt)
		return;
	c->natives->spoilt = true;
	if (conf->fd != -1 && !conf->stored)
		log_about(LOG_LEVEL_ERROR,
		    &(struct log_about){ .pool = c->pool->name },
		    "pool %s: a program has %s the listener %s, which "
		    "was inherited: restart whoever made it",
		    c->pool->name, what, conf->addr.name);
	else if (replace(c, &why) == -1)
		log_about(LOG_LEVEL_ERROR,
		    &(struct log_about){ .pool = c->pool->name },
		    "pool %s: a program has %s the listener %s: %s",
		    c->pool->name, what, conf->addr.name, why.text);
	else
		log_about(LOG_LEVEL_ERROR,
		    &(struct log_about){ .pool = c->pool->name },
		    "pool %s: a program has %s the listener %s: it and "
		    "the programs are replaced",
		    c->pool->name, what, conf->addr.name);
}

/* The length of its queue cannot be seen, but set; what somebody else made is
 * not ours to change as long as it listens. */
static void
lengthen(const struct crew *c)
{
	const struct pool_listen *conf = &c->pool->listen[0];
	int fd = c->listeners.fds[0];
	bool shut = is_shut(fd);

	if (conf->fd != -1 && !conf->stored && !shut)
		return;
	if (listen(fd, conf->backlog) == 0 && shut && !is_shut(fd))
		/* A TCP socket can be had back so. */
		log_about(LOG_LEVEL_ERROR,
		    &(struct log_about){ .pool = c->pool->name },
		    "pool %s: a program has shut down the listener %s: "
		    "it listens again",
		    c->pool->name, conf->addr.name);
}

void
mend(struct crew *c)
{
	if (c->retired || c->trying)
		return;
	lengthen(c);
	if (is_shut(c->listeners.fds[0]))
		act(c, "shut down");
	else if (is_removed(c))
		act(c, "removed");
	else
		c->natives->spoilt = false;
}
