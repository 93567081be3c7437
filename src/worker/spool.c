#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/io.h"
#include "worker/spool.h"

void
spool_init(struct spool *s)
{
	*s = (struct spool){ .fd = -1 };
}

size_t
spool_len(const struct spool *s)
{
	return (size_t)(s->end - s->start);
}

int
spool_put(struct spool *s, const char *dir, struct span in)
{
	if (s->fd == -1 &&
	    (s->fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600)) == -1)
		return -1;
	while (in.len > 0) {
		ssize_t n = pwrite(s->fd, in.at, in.len, s->end);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		s->end += n;
		in.at += n;
		in.len -= (size_t)n;
	}
	return 0;
}

ssize_t
spool_peek(const struct spool *s, uint8_t *buf, size_t cap)
{
	size_t len = spool_len(s) < cap ? spool_len(s) : cap;
	ssize_t n;

	if (len == 0)
		return 0;
	do
		n = pread(s->fd, buf, len, s->start);
	while (n == -1 && errno == EINTR);
	return n;
}

void
spool_drop(struct spool *s, size_t n)
{
	s->start += (off_t)n;
	if (s->start < s->end)
		return;
	/* Give the disk back at once; what is left is harmless if this
	 * fails, it is overwritten. */
	(void)ftruncate(s->fd, 0);
	s->start = 0;
	s->end = 0;
}

void
spool_close(struct spool *s)
{
	io_close(&s->fd);
	s->start = 0;
	s->end = 0;
}
