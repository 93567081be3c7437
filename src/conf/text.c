/* text.c - read a file whole. */
#include "conf/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "conf/build.h"

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
		(void)conf_fail(err, EX_CONFIG, path,
		    "is not a text file: it has a NUL byte");
	else
		buf[len] = '\0';
	if (fd != -1)
		(void)close(fd);
	if (err->code == 0)
		return buf;
	free(buf);
	return NULL;
}

/* Behind the quoted string, or the comment, that begins at AT; AT when
 * neither does. */
static const char *
skip(const char *at)
{
	char quote = *at;

	if (quote == '"' || quote == '\'') {
		for (at++; *at != '\0' && *at != quote; at++)
			if (*at == '\\' && at[1] != '\0')
				at++;
		return at + (*at != '\0');
	}
	if (*at == '#' || strncmp(at, "//", 2) == 0)
		return at + strcspn(at, "\n");
	if (strncmp(at, "/*", 2) != 0)
		return at;
	at = strstr(at + 2, "*/");
	return at == NULL ? "" : at + 2;
}

const char *
conf_text_star(const char *text)
{
	while (*text != '\0') {
		const char *behind = skip(text);

		if (behind == text && *text == '*')
			return text;
		text = behind == text ? text + 1 : behind;
	}
	return NULL;
}
