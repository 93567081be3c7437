#include "ctl/rewrite.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/io.h"

#define FILE_MAX (16 << 20)
#define LOCK_TRIES 100 /* of 50 ms */
#define LOCK_PAUSE_MS 50
#define XATTR_MAX 65536

static bool
fail(struct rewrite *r, const char *why)
{
	(void)snprintf(r->why, sizeof(r->why), "%s", why);
	return false;
}

static bool
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
	    a->st_size == b->st_size &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

/* Who has rewritten it while we waited left another file in its place. */
static bool
lock(struct rewrite *r)
{
	struct stat now;
	int tries;

	for (tries = 0; tries < LOCK_TRIES; tries++) {
		io_close(&r->lock_fd);
		r->lock_fd =
		    open(r->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
		if (r->lock_fd == -1 || fstat(r->lock_fd, &r->st) == -1)
			return fail(r, strerror(errno));
		if (flock(r->lock_fd, LOCK_EX | LOCK_NB) == 0 &&
		    stat(r->path, &now) == 0 && now.st_ino == r->st.st_ino)
			return true;
		(void)poll(NULL, 0, LOCK_PAUSE_MS);
	}
	return fail(r, "somebody else is writing it; try again");
}

static bool
read_text(struct rewrite *r)
{
	size_t size = (size_t)r->st.st_size, len = 0;
	ssize_t n = 0;

	if (!S_ISREG(r->st.st_mode) || r->st.st_size >= FILE_MAX)
		return fail(r, "it is no text file");
	r->text = malloc(size + 1);
	if (r->text == NULL)
		return fail(r, strerror(errno));
	while (
	    len < size && (n = read(r->lock_fd, r->text + len, size - len)) > 0)
		len += (size_t)n;
	r->text[len] = '\0';
	if (n == -1)
		return fail(r, strerror(errno));
	if (strlen(r->text) != size)
		return fail(r, "it has a NUL in it, or is being written to");
	return true;
}

bool
rewrite_open(struct rewrite *r, const char *path)
{
	*r = (struct rewrite){ .lock_fd = -1 };
	r->path = realpath(path, NULL);
	if (r->path == NULL)
		return fail(r, strerror(errno));
	return lock(r) && read_text(r);
}

/* The access list and what else there is beside the mode, from FROM to TO. */
static int
copy_attributes(int from, int to)
{
	char names[4096], value[XATTR_MAX];
	ssize_t len = flistxattr(from, names, sizeof(names)), n;
	const char *name;

	if (len == -1)
		return errno == ENOTSUP ? 0 : -1;
	for (name = names; name < names + len; name += strlen(name) + 1) {
		n = fgetxattr(from, name, value, sizeof(value));
		if (n == -1 || fsetxattr(to, name, value, (size_t)n, 0) == -1)
			return -1;
	}
	return 0;
}

/* FD gets what the old file has, who is not root must be its owner. */
static int
copy_rights(const struct rewrite *r, int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return -1;
	if ((st.st_uid != r->st.st_uid || st.st_gid != r->st.st_gid) &&
	    fchown(fd, r->st.st_uid, r->st.st_gid) == -1)
		return -1;
	if (fchmod(fd, r->st.st_mode & 07777) == -1)
		return -1;
	return copy_attributes(r->lock_fd, fd);
}

static int
write_all(int fd, const char *text)
{
	size_t len = strlen(text);
	ssize_t n;

	for (; len > 0; text += n, len -= (size_t)n) {
		n = write(fd, text, len);
		if (n == -1 && errno != EINTR)
			return -1;
		n = n > 0 ? n : 0;
	}
	return fsync(fd);
}

bool
rewrite_put(struct rewrite *r, const char *text)
{
	char temp[4200];
	struct stat now;
	int fd, error;

	if (stat(r->path, &now) == -1 || !is_same(&now, &r->st))
		return fail(r, "somebody has changed it meanwhile; try again");
	(void)snprintf(temp, sizeof(temp), "%.4000s.XXXXXX", r->path);
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd == -1)
		return fail(r, strerror(errno));
	/* Locked before anybody can find it: it may have to be put back. */
	if (copy_rights(r, fd) == 0 && write_all(fd, text) == 0 &&
	    flock(fd, LOCK_EX | LOCK_NB) == 0 && fstat(fd, &now) == 0 &&
	    rename(temp, r->path) == 0) {
		r->st = now;
		io_close(&r->lock_fd);
		r->lock_fd = fd;
		return true;
	}
	error = errno;
	(void)unlink(temp);
	io_close(&fd);
	return fail(r, strerror(error));
}

void
rewrite_close(struct rewrite *r)
{
	io_close(&r->lock_fd);
	free(r->path);
	free(r->text);
	r->path = r->text = NULL;
}
