#include "base/logfile.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TAIL_MAX 64

/* /dev/stdout and /proc/self/fd/1 are links, and meant. */
static int
follow(const char *path)
{
	if (strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0)
		return 0;
	return O_NOFOLLOW;
}

int
logfile_open(const char *path)
{
	int flags = O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
	    follow(path);
	struct stat st;
	int fd = -1;

	/* A fifo open for both would never say that nobody reads it. */
	if (stat(path, &st) == -1 || S_ISREG(st.st_mode))
		fd = open(path, O_RDWR | flags, 0640);
	return fd != -1 ? fd : open(path, O_WRONLY | flags, 0640);
}

const char *
logfile_strerror(int error)
{
	return error == ENXIO ? "nobody reads it: a fifo needs its reader first"
			      : strerror(error);
}

bool
logfile_take_back(int fd, const char *end, size_t wrote)
{
	size_t n = wrote < TAIL_MAX ? wrote : TAIL_MAX;
	char tail[TAIL_MAX];
	struct stat st;

	if (fstat(fd, &st) == -1 || st.st_size < (off_t)wrote)
		return false;
	/* Others append to it, too: is that still ours? */
	if (pread(fd, tail, n, st.st_size - (off_t)n) != (ssize_t)n ||
	    memcmp(tail, end - n, n) != 0)
		return false;
	return ftruncate(fd, st.st_size - (off_t)wrote) == 0;
}
