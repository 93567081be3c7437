#include "base/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"

#define LENGTH 8 /* bytes of a binary field's length */

void
journal_begin(struct journal *j, char *at, size_t cap)
{
	*j = (struct journal){ .at = at, .cap = cap };
}

static void
append(struct journal *j, const char *bytes, size_t len)
{
	memcpy(j->at + j->len, bytes, len);
	j->len += len;
}

static void
append_length(struct journal *j, uint64_t len)
{
	unsigned i;

	for (i = 0; i < LENGTH; i++, len >>= 8)
		j->at[j->len++] = (char)(len & 0xff);
}

bool
journal_put(struct journal *j, const char *name, const char *value, size_t len)
{
	size_t room = j->cap - j->len, rest;
	bool binary;

	if (len > room)
		return false;
	binary = len > 0 && memchr(value, '\n', len) != NULL;
	/* The name, a sign and a newline, and the length. */
	rest = strlen(name) + 2 + (binary ? LENGTH : 0);
	if (rest > room || len > room - rest)
		return false;
	append(j, name, strlen(name));
	append(j, binary ? "\n" : "=", 1);
	if (binary)
		append_length(j, len);
	if (len > 0)
		append(j, value, len);
	append(j, "\n", 1);
	return true;
}

bool
journal_put_number(struct journal *j, const char *name, long n)
{
	char text[24];
	int len = snprintf(text, sizeof(text), "%ld", n);

	return len > 0 && journal_put(j, name, text, (size_t)len);
}

/* The journal takes nothing that could still change. */
static int
seal(int fd)
{
	return fcntl(fd, F_ADD_SEALS,
	    F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
}

static int
send_as_file(int fd, const char *at, size_t len)
{
	int file =
	    memfd_create("cgi-fpm-journal", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int rc = -1, error;

	if (file == -1)
		return -1;
	if (write(file, at, len) == (ssize_t)len && seal(file) == 0)
		rc = io_send_fds(fd, "", 0, &file, 1);
	error = errno;
	(void)close(file);
	errno = error;
	return rc;
}

int
journal_send(int fd, const char *at, size_t len)
{
	if (send(fd, at, len, MSG_DONTWAIT | MSG_NOSIGNAL) != -1)
		return 0;
	return errno == EMSGSIZE ? send_as_file(fd, at, len) : -1;
}
