/* keepsake.h - settings that an upgrade carries over.
 *
 * What was set on living pools since they were read, which no file has; and,
 * as text that reads back, all settings that serve: should the files have
 * become unreadable since the new program was tried, it goes on with those.
 *
 * A file in memory that an environment variable names:
 *
 *   set POOL LINE FILE    a change each, words as on the control socket
 *   settings
 *   (the rest is a configuration file)
 *
 * Layer: top.  Called by: loader.c (writes), main.c (reads).
 */
#ifndef KEEPSAKE_H
#define KEEPSAKE_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/conf.h"

#define KEEPSAKE_MAX 64 /* changes of all pools together */

struct keepsake_change {
	const char *pool, *line;
	const char *file; /* what the file says, "": nothing */
};

struct keepsake {
	char *text; /* owned; all others point into it; NULL: there is none */
	struct keepsake_change at[KEEPSAKE_MAX];
	size_t n;
	const char *settings; /* NULL: there are none */
};

/* Write it, and have the next program find it.  The descriptor, which an exec
 * leaves open, or -1 with errno. */
int keepsake_leave(
    const struct keepsake_change *at, size_t n, const struct conf *settings);
/* There is no next program: close FD again. */
void keepsake_take_back(int fd);

/* At the start: what an earlier program left.  Whatever cannot be understood
 * is not there. */
void keepsake_read(struct keepsake *k);
void keepsake_free(struct keepsake *k);
/* A file with its settings that can be opened as /proc/self/fd/N; -1, errno.
 */
int keepsake_file(const struct keepsake *k);

#endif
