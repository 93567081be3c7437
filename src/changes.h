/* changes.h - the list of what was set on living pools since they were read.
 *
 * Pure but for memory.  Layer: top.  Called by: loader.c.
 */
#ifndef CHANGES_H
#define CHANGES_H

#include <stdbool.h>
#include <stddef.h>

#include "keepsake.h"

struct change {
	char *pool, *line; /* owned */
	char *file;        /* what the file says, "": nothing; owned */
	bool same;         /* which is the same */
	bool global;       /* of all pools; POOL is the one it was set on */
};

struct changes { /* zeroed: none */
	struct change at[KEEPSAKE_MAX];
	size_t n;
};

void changes_clear(struct changes *c);
/* 0, or -1: there is no room, or no memory. */
int changes_append(
    struct changes *c, const char *pool, const char *line, const char *file);
/* Do both lines, "NAME" or "NAME=VALUE", begin with the same name? */
bool changes_same_name(const char *line, const char *other);
/* The one of POOL (of any, if it is global) for the name that LINE begins
 * with, or NULL. */
struct change *changes_find(
    struct changes *c, const char *pool, const char *line);
/* The others stay in their order: the last one counts. */
void changes_drop(struct changes *c, struct change *at);
/* Those that the file says anyway. */
void changes_drop_same(struct changes *c);
int changes_copy(struct changes *to, const struct changes *from);
/* Those of POOL, and the global ones, that differ from the file, a line
 * each. */
void changes_tell(
    const struct changes *c, const char *pool, char *text, size_t cap);
/* The name that LINE begins with: into NAME, which is returned. */
const char *changes_name(const char *line, char *name, size_t cap);

#endif
