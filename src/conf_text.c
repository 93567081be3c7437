/* conf_text.c - read a file whole. */
#include "conf_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "conf_build.h"

#define TEXT_MAX (4U << 20)

/* Bytes read into BUF, -1 with errno; EFBIG when CAP was not enough. */
static ssize_t
read_all(int fd, char *buf, size_t cap)
{
	size_t len = 0;

	while (len < cap) {
		ssize_t n = read(fd, buf + len, cap - len);

		if (n == 0)
			return (ssize_t)len;
		if (n > 0)
			len += (size_t)n;
		else if (errno != EINTR)
			return -1;
	}
	errno = EFBIG;
	return -1;
}

char *
conf_text_read(const char *path, struct conf_error *err)
{
	char *buf = malloc(TEXT_MAX + 1);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = -1;

	if (fd != -1 && buf != NULL)
		len = read_all(fd, buf, TEXT_MAX);
	if (len == -1)
		(void)conf_fail(err, EX_NOINPUT, path, "%s", strerror(errno));
	else if (memchr(buf, '\0', (size_t)len) != NULL)
		(void)conf_fail(
		    err, EX_CONFIG, path, "is not a text: it has a NUL byte");
	else
		buf[len] = '\0';
	if (fd != -1)
		(void)close(fd);
	if (err->code == 0)
		return buf;
	free(buf);
	return NULL;
}
