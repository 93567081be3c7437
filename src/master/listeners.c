#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/io.h"
#include "master/listeners.h"

/* The file of a unix socket that has one, else NULL. */
static const char *
file_of(const struct sock_addr *addr)
{
	const void *sa = &addr->sa;
	const struct sockaddr_un *sun = sa;

	if (!sock_is_unix(addr) || sun->sun_path[0] == '\0')
		return NULL;
	return sun->sun_path;
}

static void
remember(struct listener_file *file, const struct sock_addr *addr)
{
	const char *path = file_of(addr);
	struct stat st;

	memset(file, 0, sizeof(*file));
	if (path == NULL || lstat(path, &st) == -1)
		return;
	file->made = true;
	file->dev = st.st_dev;
	file->ino = st.st_ino;
}

static int
open_one(
    struct listeners *l, const struct pool_listen *conf, struct sock_error *err)
{
	int fd = conf->fd;

	memset(&l->files[l->n], 0, sizeof(l->files[l->n]));
	if (fd == -1) {
		fd = sock_listen(&conf->addr, conf->backlog, &conf->perm, err);
		if (fd == -1)
			return -1;
		remember(&l->files[l->n], &conf->addr);
	}
	l->fds[l->n++] = fd;
	return fd;
}

int
listeners_open(struct listeners *l, const struct pool_conf *conf,
    struct sock_error *err, int *code)
{
	size_t i;

	l->n = 0;
	for (i = 0; i < conf->nlisten; i++) {
		int fd = open_one(l, &conf->listen[i], err);

		if (fd != -1 && io_nonblock(fd, !conf->native) == 0)
			continue;
		*code =
		    errno == EACCES || errno == EPERM ? EX_NOPERM : EX_OSERR;
		if (fd != -1)
			(void)snprintf(err->text, sizeof(err->text), "%s: %s",
			    conf->listen[i].addr.name, strerror(errno));
		listeners_close(l, conf);
		return -1;
	}
	return 0;
}

void
listeners_unlink(struct listeners *l, const struct pool_conf *conf)
{
	size_t i;

	for (i = 0; i < l->n; i++) {
		struct listener_file *file = &l->files[i];
		const char *path = file_of(&conf->listen[i].addr);
		struct stat st;

		if (file->made && path != NULL && lstat(path, &st) == 0 &&
		    st.st_dev == file->dev && st.st_ino == file->ino)
			(void)unlink(path);
		file->made = false;
	}
}

void
listeners_close(struct listeners *l, const struct pool_conf *conf)
{
	listeners_unlink(l, conf);
	while (l->n > 0)
		io_close(&l->fds[--l->n]);
}
