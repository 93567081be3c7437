#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sockaddr.h"
#include "master/listeners.h"

static int
fail(struct sock_error *err, const char *name, const char *why)
{
	return sockaddr_fail(err, "%s: %s", name, why);
}

/* Somebody removed or replaced the file: nobody can come in any more. */
static bool
lost(const struct listeners *l, size_t j)
{
	return l->files[j].made &&
	    !sockfile_is_ours(&l->files[j], &l->addrs[j]);
}

/* The table and place of the socket for ADDR; each is lent once. */
static struct listeners *
find(const struct listeners_from *from, const struct sock_addr *addr, size_t *j)
{
	size_t i;

	for (i = 0; i < from->n; i++)
		for (*j = 0; *j < from->at[i]->n; (*j)++)
			if (!from->at[i]->lent[*j] && !lost(from->at[i], *j) &&
			    sock_same(&from->at[i]->addrs[*j], addr))
				return from->at[i];
	return NULL;
}

static int
duplicate(int fd, const char *name, struct sock_error *err)
{
	int copy = fcntl(fd, F_DUPFD_CLOEXEC, 3);

	return copy != -1 ? copy : fail(err, name, strerror(errno));
}

/* Where the Ith has its file, MADE by us or by somebody else. */
static void
mark(struct listeners *l, size_t i, const struct sockfile *made)
{
	l->marks[i] = *made;
	if (!made->made)
		(void)sockfile_note(&l->marks[i], &l->addrs[i]);
}

static int
keep(struct listeners *l, struct listeners *old, size_t j,
    struct sock_error *err)
{
	/* Whether it blocks is the same for all who share it. */
	if (old->native != l->native) {
		errno = EINVAL;
		return fail(err, old->addrs[j].name,
		    "the mode of its pool changes, which needs a restart");
	}
	l->fds[l->n] = duplicate(old->fds[j], old->addrs[j].name, err);
	if (l->fds[l->n] == -1)
		return -1;
	l->own[l->n] = old->own[j];
	l->marks[l->n] = old->marks[j];
	if (!l->marks[l->n].made)
		mark(l, l->n, &old->files[j]);
	l->kept[l->n] = old->lent[j] = true;
	return 0;
}

static int
apply(int fd, const struct pool_listen *to, struct sock_error *err)
{
	if (listen(fd, to->backlog) == -1)
		return fail(err, to->addr.name, strerror(errno));
	if (sockfile_path(&to->addr) == NULL)
		return 0;
	return sock_change_perm(&to->addr, &to->perm, err);
}

/* Without knowing which file it is, nobody would remove it later. */
static int
note(struct listeners *l, size_t i, const struct pool_listen *conf,
    struct sock_error *err)
{
	int error;

	if (sockfile_note(&l->files[i], &conf->addr) == 0 || conf->fd != -1)
		return 0;
	error = errno;
	(void)unlink(sockfile_path(&conf->addr));
	errno = error;
	(void)fail(err, conf->addr.name, strerror(error));
	return -1;
}

static int
open_one(struct listeners *l, const struct pool_listen *conf,
    const struct listeners_from *from, struct sock_error *err)
{
	size_t j, i = l->n;
	struct listeners *old = find(from, &conf->addr, &j);

	l->addrs[i] = conf->addr;
	if (old != NULL)
		return keep(l, old, j, err);
	l->own[i] = conf->fd == -1 || conf->stored;
	if (conf->fd != -1)
		l->fds[i] = duplicate(conf->fd, conf->addr.name, err);
	else
		l->fds[i] =
		    sock_listen(&conf->addr, conf->backlog, &conf->perm, err);
	if (l->fds[i] == -1)
		return -1;
	if (l->own[i] && note(l, i, conf, err) == -1) {
		io_close(&l->fds[i]);
		return -1;
	}
	mark(l, i, &l->files[i]);
	if (!conf->stored || apply(l->fds[i], conf, err) == 0)
		return 0;
	io_close(&l->fds[i]);
	return -1;
}

/* What was taken from others can be had by somebody else. */
static void
give_back(const struct listeners *l, const struct listeners_from *from)
{
	size_t i, j, k;

	for (i = 0; i < l->n; i++)
		for (j = 0; l->kept[i] && j < from->n; j++)
			for (k = 0; k < from->at[j]->n; k++)
				if (sock_same(
					&from->at[j]->addrs[k], &l->addrs[i]))
					from->at[j]->lent[k] = false;
}

int
listeners_open(struct listeners *l, const struct pool_conf *conf,
    const struct listeners_from *from, struct sock_error *err, int *code)
{
	size_t i;

	memset(l, 0, sizeof(*l));
	l->native = conf->native;
	for (i = 0; i < conf->nlisten; i++) {
		if (open_one(l, &conf->listen[i], from, err) == 0) {
			l->n++;
			if (io_nonblock(l->fds[i], !conf->native) == 0)
				continue;
			(void)fail(err, l->addrs[i].name, strerror(errno));
		}
		*code =
		    errno == EACCES || errno == EPERM ? EX_NOPERM : EX_OSERR;
		give_back(l, from);
		listeners_close(l);
		return -1;
	}
	return 0;
}

void
listeners_pass(struct listeners *old, struct listeners *now)
{
	size_t i, j;

	for (i = 0; i < now->n; i++)
		for (j = 0; j < old->n; j++) {
			if (!now->kept[i] || !old->lent[j] ||
			    !sock_same(&now->addrs[i], &old->addrs[j]))
				continue;
			now->files[i] = old->files[j];
			now->kept[i] = old->lent[j] = false;
			old->files[j].made = old->own[j] = false;
		}
}

void
listeners_regain(struct listeners *old)
{
	memset(old->lent, 0, sizeof(old->lent));
}

int
listeners_apply(const struct listeners *l, const struct pool_conf *conf,
    struct sock_error *err)
{
	int code = 0;
	size_t i;

	for (i = 0; i < l->n; i++) {
		const struct pool_listen *to = &conf->listen[i];

		if (to->fd != -1)
			continue;
		if (listen(l->fds[i], to->backlog) == -1)
			code = fail(err, to->addr.name, strerror(errno));
		if (sockfile_is_ours(&l->files[i], &to->addr) &&
		    sock_change_perm(&to->addr, &to->perm, err) == -1)
			code = -1;
	}
	return code;
}

uint32_t
listeners_lost(const struct listeners *l)
{
	uint32_t lost = 0;
	size_t i;

	for (i = 0; i < l->n; i++)
		if (l->marks[i].made &&
		    !sockfile_is_ours(&l->marks[i], &l->addrs[i]))
			lost |= (uint32_t)1 << i;
	return lost;
}

void
listeners_leave(struct listeners *l, size_t i)
{
	l->files[i].made = l->own[i] = false;
}

bool
listeners_goes(const struct listeners *l, size_t i)
{
	return l->own[i] && !l->kept[i];
}

bool
listeners_bar(struct listeners *l, size_t n)
{
	bool pending = false;
	size_t i;

	for (i = 0; i < n; i++) {
		if (!listeners_goes(l, i) || l->shared[i])
			continue;
		/* A program that is in accept() there would see it fail. */
		if (l->native && sock_is_unix(&l->addrs[i]))
			continue;
		l->barred[i] = sock_bar(l->fds[i], &l->addrs[i]) == 0;
		pending = pending || !sock_is_unix(&l->addrs[i]);
	}
	return pending;
}

void
listeners_shut(const struct listeners *l, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (listeners_goes(l, i) && !l->shared[i])
			sock_shut(l->fds[i]);
}

void
listeners_unlink(struct listeners *l)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		sockfile_remove(&l->files[i], &l->addrs[i]);
}

void
listeners_close(struct listeners *l)
{
	listeners_unlink(l);
	while (l->n > 0)
		io_close(&l->fds[--l->n]);
}
