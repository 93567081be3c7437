/* io.c - the few things done to descriptors in more than one place. */
#include "base/io.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define SEND_MAX 2
#define RECV_MAX 16 /* more than anybody sends: surplus ones are seen */

int
io_nonblock(int fd, bool on)
{
	int flags, wanted;

	flags = fcntl(fd, F_GETFL);
	if (flags == -1)
		return -1;
	wanted = on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK;
	return wanted == flags ? 0 : fcntl(fd, F_SETFL, wanted);
}

void
io_close(int *fd)
{
	/* Not again after EINTR: Linux has released the number already. */
	if (*fd >= 0)
		(void)close(*fd);
	*fd = -1;
}

int
io_fill_std(void)
{
	int fd;

	for (fd = 0; fd <= 2; fd++) {
		if (fcntl(fd, F_GETFD) != -1)
			continue;
		/* The lowest free number is FD, as those below are open. */
		if (open("/dev/null", O_RDWR) == -1)
			return -1;
	}
	return 0;
}

static void
set_cloexec(int fd)
{
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
}

static void
close_one(int fd)
{
	(void)close(fd);
}

/* Do WITH to the open descriptors from FROM to TO, for kernels and sandboxes
 * without close_range(2). */
static int
each_listed(unsigned from, unsigned to, void (*with)(int fd))
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;

	if (dir == NULL)
		return -1;
	while ((entry = readdir(dir)) != NULL) {
		unsigned long fd = strtoul(entry->d_name, NULL, 10);

		if (entry->d_name[0] != '.' && fd >= from && fd <= to &&
		    (int)fd != dirfd(dir))
			with((int)fd);
	}
	(void)closedir(dir);
	return 0;
}

int
io_cloexec_from(int from)
{
	if (close_range((unsigned)from, ~0U, CLOSE_RANGE_CLOEXEC) == 0)
		return 0;
	return each_listed((unsigned)from, ~0U, set_cloexec);
}

static int
compare(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* Close FROM..TO, both included. */
static void
close_span(unsigned from, unsigned to)
{
	if (from <= to && close_range(from, to, 0) == -1)
		(void)each_listed(from, to, close_one);
}

void
io_close_others(int *keep, size_t n)
{
	unsigned from = 0;
	size_t i;

	qsort(keep, n, sizeof(keep[0]), compare);
	for (i = 0; i < n; i++) {
		if (keep[i] < 0 || (unsigned)keep[i] < from)
			continue;
		if ((unsigned)keep[i] > from)
			close_span(from, (unsigned)keep[i] - 1);
		from = (unsigned)keep[i] + 1;
	}
	close_span(from, ~0U);
}

char *
io_read_file(int fd)
{
	struct stat st;
	char *text;
	ssize_t n;

	if (fstat(fd, &st) == -1 || st.st_size < 0)
		return NULL;
	text = malloc((size_t)st.st_size + 1);
	if (text == NULL)
		return NULL;
	do {
		n = pread(fd, text, (size_t)st.st_size, 0);
	} while (n == -1 && errno == EINTR);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

int
io_send_fds(int sock, const void *buf, size_t len, const int *fds, size_t n)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(SEND_MAX * sizeof(int))];
	} control;
	struct iovec iov = { .iov_len = len };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	ssize_t sent;

	if (n > SEND_MAX) {
		errno = EINVAL;
		return -1;
	}
	/* sendmsg() does not write there; iovec has no const. */
	memcpy(&iov.iov_base, &buf, sizeof(buf));
	if (n > 0) {
		struct cmsghdr *c;

		memset(&control, 0, sizeof(control));
		msg.msg_control = control.bytes;
		msg.msg_controllen = CMSG_SPACE(n * sizeof(int));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(n * sizeof(int));
		memcpy(CMSG_DATA(c), fds, n * sizeof(int));
	}
	do {
		sent = sendmsg(sock, &msg, MSG_DONTWAIT | MSG_NOSIGNAL);
	} while (sent == -1 && errno == EINTR);
	return sent == -1 ? -1 : 0;
}

/* Move the descriptors of MSG to FDS, close those beyond MAX. */
static size_t
take_fds(struct msghdr *msg, int *fds, size_t max)
{
	struct cmsghdr *c;
	size_t n = 0;

	for (c = CMSG_FIRSTHDR(msg); c != NULL; c = CMSG_NXTHDR(msg, c)) {
		size_t i, got;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		got = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (i = 0; i < got; i++) {
			int fd;

			memcpy(
			    &fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (n < max)
				fds[n++] = fd;
			else
				(void)close(fd);
		}
	}
	return n;
}

ssize_t
io_recv_fds(int sock, void *buf, size_t cap, int *fds, size_t max, size_t *n)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(RECV_MAX * sizeof(int))];
	} control;
	struct iovec iov = { .iov_base = buf, .iov_len = cap };
	struct msghdr msg = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes) };
	ssize_t got;

	*n = 0;
	do {
		got = recvmsg(sock, &msg, MSG_CMSG_CLOEXEC);
	} while (got == -1 && errno == EINTR);
	if (got == -1)
		return -1;
	*n = take_fds(&msg, fds, max);
	if ((msg.msg_flags & MSG_TRUNC) != 0) {
		while (*n > 0)
			(void)close(fds[--*n]);
		errno = EMSGSIZE;
		return -1;
	}
	return got;
}
