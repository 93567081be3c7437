/* target.c - which texts are paths, and where they lead from here. */
#include "ctl/target.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

/* A port is digits alone; what has a colon is an address unless it cannot be
 * taken for one. */
static bool
is_relative(const char *text)
{
	if (begins(text, "./") || begins(text, "../"))
		return true;
	return *text != '\0' && *text != '/' && strchr(text, ':') == NULL &&
	    text[strspn(text, "0123456789")] != '\0';
}

int
target_parse(const char *text, struct sock_addr *out, struct sock_error *err)
{
	const char *path = begins(text, "unix:") ? text + 5 : text;
	char *folder, *whole;
	int rc = -1;

	if (path != text && *path == '/')
		return sock_parse(text, out, err);
	if (path == text && !is_relative(path))
		return sock_parse(text, out, err);
	folder = getcwd(NULL, 0);
	if (folder != NULL && asprintf(&whole, "%s/%s", folder, path) != -1) {
		rc = sock_parse(whole, out, err);
		free(whole);
	} else {
		(void)snprintf(
		    err->text, sizeof(err->text), "%s", strerror(errno));
	}
	free(folder);
	return rc;
}
