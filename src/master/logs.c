#include <fcntl.h>
#include <string.h>

#include "master/logs.h"

/* /dev/stdout and /proc/self/fd/1 are links, and meant. */
static int
follow(const char *path)
{
	if (strncmp(path, "/dev/", 5) == 0 || strncmp(path, "/proc/", 6) == 0)
		return 0;
	return O_NOFOLLOW;
}

int
logs_open(const char *path)
{
	/* Non-blocking, for a fifo that nobody reads. */
	return open(path,
	    O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK |
		follow(path),
	    0640);
}
