#include "keepsake.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "base/num.h"
#include "proto/ctlmsg.h"

#define VARIABLE "CGI_FPM_KEEPSAKE"
#define SETTINGS "settings"
#define LINE_CAP 16384 /* a change, and what the file says, escaped */

/* Writing */

static int
put_change(FILE *out, const struct keepsake_change *c)
{
	const char *words[] = { "set", c->pool, c->line, c->file };
	char line[LINE_CAP];
	size_t i, len = 0;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		len = ctlmsg_put(line, sizeof(line), len, words[i]);
		if (len == 0) {
			errno = EOVERFLOW;
			return -1;
		}
	}
	return fprintf(out, "%.*s\n", (int)len, line) < 0 ? -1 : 0;
}

static int
put_all(FILE *out, const struct keepsake_change *at, size_t n,
    const struct conf *settings)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (put_change(out, &at[i]) == -1)
			return -1;
	if (fputs(SETTINGS "\n", out) == EOF)
		return -1;
	conf_print(settings, out);
	return ferror(out) ? -1 : 0;
}

/* FD stays the caller's. */
static int
fill(int fd, const struct keepsake_change *at, size_t n,
    const struct conf *settings)
{
	int twin = fcntl(fd, F_DUPFD_CLOEXEC, 3), code;
	FILE *out = twin == -1 ? NULL : fdopen(twin, "w");

	if (out == NULL) {
		io_close(&twin);
		return -1;
	}
	code = put_all(out, at, n, settings);
	return fclose(out) == EOF ? -1 : code;
}

int
keepsake_leave(
    const struct keepsake_change *at, size_t n, const struct conf *settings)
{
	int fd = memfd_create("cgi-fpm-settings", 0);
	char number[16];

	if (fd == -1)
		return -1;
	(void)snprintf(number, sizeof(number), "%d", fd);
	if (fill(fd, at, n, settings) == 0 && setenv(VARIABLE, number, 1) == 0)
		return fd;
	io_close(&fd);
	return -1;
}

void
keepsake_take_back(int fd)
{
	(void)unsetenv(VARIABLE);
	io_close(&fd);
}

/* Reading */

/* LINE is cut into words, which stay where they are. */
static void
take_line(struct keepsake *k, char *line)
{
	const char *words[4];
	int n = ctlmsg_split(line, words, 4);

	if (n == 4 && strcmp(words[0], "set") == 0 && k->n < KEEPSAKE_MAX)
		k->at[k->n++] =
		    (struct keepsake_change){ words[1], words[2], words[3] };
}

static void
parse(struct keepsake *k)
{
	char *at = k->text, *end;

	for (; (end = strchr(at, '\n')) != NULL; at = end + 1) {
		*end = '\0';
		if (strcmp(at, SETTINGS) == 0) {
			k->settings = end + 1;
			return;
		}
		take_line(k, at);
	}
}

void
keepsake_read(struct keepsake *k)
{
	const char *text = getenv(VARIABLE);
	int64_t number;
	int fd;

	memset(k, 0, sizeof(*k));
	if (text == NULL)
		return;
	if (num_int(text, 3, INT32_MAX, &number) == 0 &&
	    fcntl((int)number, F_GETFD) != -1) {
		fd = (int)number;
		k->text = io_read_file(fd);
		io_close(&fd);
	}
	(void)unsetenv(VARIABLE);
	if (k->text != NULL)
		parse(k);
}

void
keepsake_free(struct keepsake *k)
{
	free(k->text);
	memset(k, 0, sizeof(*k));
}

int
keepsake_file(const struct keepsake *k)
{
	int fd = memfd_create("cgi-fpm-settings", MFD_CLOEXEC);
	size_t len = strlen(k->settings);

	if (fd != -1 && write(fd, k->settings, len) == (ssize_t)len)
		return fd;
	io_close(&fd);
	return -1;
}
