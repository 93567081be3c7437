/* image.h - this program as it was started: its path, arguments, folder and
 * inherited listeners, for starting it (or what has taken its place) again.
 *
 * The new program finds what the old one left by an environment variable
 * that names a descriptor.
 *
 * Layer: top.  Called by main.c only.
 */
#ifndef IMAGE_H
#define IMAGE_H

#include <limits.h>

#include "base/activation.h"
#include "base/notify.h"
#include "master/master.h"

#define IMAGE_TRY "--upgrade-probe" /* only try: see image_say() */

struct image {
	char path[PATH_MAX];
	char folder[PATH_MAX]; /* "": unknown, and not gone back to */
	char option[sizeof(IMAGE_TRY)];
	char **argv;
	char **try_argv; /* owned */
	const struct activation *activation;
	int stdin_fd; /* the listener that was descriptor 0, or -1 */
	const struct notify *manager;
};

/* At the start.  0, or -1 with errno. */
int image_take(struct image *i, char **argv);
void image_free(struct image *i);
/* For the master; I, and what the caller has put into it, must outlive it. */
void image_describe(struct image *i, struct master_image *out);

/* The descriptor that an earlier program left its state in, taken out of the
 * environment; -1: there was none. */
int image_state(void);
/* The answer of a program that was only tried, on stdout. */
int image_say(const char *version);

#endif
