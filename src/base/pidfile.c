/* pidfile.c - see pidfile.h. */
#include "base/pidfile.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"

static int
fill(int fd, pid_t pid)
{
	char text[32];
	int len = snprintf(text, sizeof(text), "%ld\n", (long)pid);
	ssize_t wrote = write(fd, text, (size_t)len);

	if (wrote != len) {
		if (wrote != -1)
			errno = ENOSPC;
		return -1;
	}
	/* mkostemp() makes it ours alone, and the umask does not count. */
	return fchmod(fd, 0644);
}

int
pidfile_write(const char *path, pid_t pid)
{
	char temp[PATH_MAX];
	int fd, code, saved;

	/* Beside its place, as rename() works within one file system. */
	code = snprintf(temp, sizeof(temp), "%s.XXXXXX", path);
	if (code < 0 || (size_t)code >= sizeof(temp)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = mkostemp(temp, O_CLOEXEC); /* O_EXCL follows no link */
	if (fd == -1)
		return -1;
	code = fill(fd, pid);
	saved = errno;
	if (close(fd) == -1 && code == 0) {
		saved = errno;
		code = -1;
	}
	if (code == 0 && rename(temp, path) == -1) {
		saved = errno;
		code = -1;
	}
	if (code == -1)
		(void)unlink(temp);
	errno = saved;
	return code;
}

/* The number that FD's file holds, or -1. */
static int64_t
read_pid(int fd)
{
	char text[32];
	struct stat st;
	int64_t pid;
	ssize_t len;

	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode))
		return -1;
	len = read(fd, text, sizeof(text) - 1);
	if (len <= 0)
		return -1;
	text[len] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return num_int(text, 1, INT32_MAX, &pid) == 0 ? pid : -1;
}

void
pidfile_remove(const char *path, pid_t pid)
{
	int fd = open(
	    path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	if (fd == -1)
		return;
	if (read_pid(fd) == (int64_t)pid)
		(void)unlink(path);
	(void)close(fd);
}
