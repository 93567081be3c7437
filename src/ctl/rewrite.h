/* rewrite.h - a text file with something changed in it, whole or not at all.
 *
 * Whoever reads it meanwhile sees the old file or the new one, which has its
 * owner, mode, access list and name, links to it followed.  One rewrites it
 * at a time; what an editor did since it was read is not lost.
 *
 * Layer: ctl.  Called by: set.c.
 */
#ifndef CTL_REWRITE_H
#define CTL_REWRITE_H

#include <stdbool.h>
#include <sys/stat.h>

struct rewrite {
	char *path; /* where the links lead; owned */
	char *text; /* what was in it; owned */
	struct stat st;
	int lock_fd;
	char why[256];
};

/* False: WHY.  To be closed in any case. */
bool rewrite_open(struct rewrite *r, const char *path);
/* TEXT takes the place of what is there.  False: WHY, and nothing changed. */
bool rewrite_put(struct rewrite *r, const char *text);
void rewrite_close(struct rewrite *r);

#endif
