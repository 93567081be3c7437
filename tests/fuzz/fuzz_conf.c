/* A configuration file: it is refused with a reason, or what -tt prints of it
 * reads back as the same settings. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "conf/conf.h"
#include "fuzz.h"

static int
load(const void *text, size_t len, struct conf *c)
{
	struct conf_source src = { .stdin_fd = -1, .test = true };
	struct conf_error err;
	char path[64];
	int fd = memfd_create("conf", MFD_CLOEXEC), rc;

	MUST(fd != -1 && write(fd, text, len) == (ssize_t)len);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	src.file = path;
	rc = conf_load(&src, NULL, c, &err);
	MUST(rc == 0 || (err.code != 0 && err.text[0] != '\0'));
	(void)close(fd);
	return rc;
}

static char *
print(const struct conf *c, size_t *len)
{
	char *text = NULL;
	FILE *f = open_memstream(&text, len);

	MUST(f != NULL);
	conf_print(c, f);
	MUST(fclose(f) == 0);
	return text;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *first, *again;
	size_t len, again_len;
	struct conf c;

	/* No file of this machine is an input. */
	if (memmem(data, size, "include", 7) != NULL ||
	    load(data, size, &c) == -1)
		return 0;
	first = print(&c, &len);
	conf_clear(&c);
	MUST(load(first, len, &c) == 0);
	again = print(&c, &again_len);
	conf_clear(&c);
	MUST(len == again_len && memcmp(first, again, len) == 0);
	free(first);
	free(again);
	return 0;
}
