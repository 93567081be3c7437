#include "changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
changes_clear(struct changes *c)
{
	while (c->n > 0) {
		struct change *last = &c->at[--c->n];

		free(last->pool);
		free(last->line);
		free(last->file);
	}
}

int
changes_append(
    struct changes *c, const char *pool, const char *line, const char *file)
{
	struct change *at = &c->at[c->n];

	if (c->n == KEEPSAKE_MAX)
		return -1;
	*at =
	    (struct change){ strdup(pool), strdup(line), strdup(file), false };
	c->n++; /* changes_clear() sees to it, whole or not */
	return at->pool == NULL || at->line == NULL || at->file == NULL ? -1
									: 0;
}

static size_t
name_len(const char *line)
{
	return strcspn(line, " \t=");
}

struct change *
changes_find(struct changes *c, const char *pool, const char *line)
{
	size_t i, len = name_len(line);

	for (i = 0; i < c->n; i++)
		if (strcmp(c->at[i].pool, pool) == 0 &&
		    name_len(c->at[i].line) == len &&
		    strncmp(c->at[i].line, line, len) == 0)
			return &c->at[i];
	return NULL;
}

void
changes_drop(struct changes *c, struct change *at)
{
	struct change gone = *at;

	*at = c->at[--c->n];
	free(gone.pool);
	free(gone.line);
	free(gone.file);
}

void
changes_drop_same(struct changes *c)
{
	size_t i = 0;

	while (i < c->n)
		if (c->at[i].same)
			changes_drop(c, &c->at[i]);
		else
			i++;
}

int
changes_copy(struct changes *to, const struct changes *from)
{
	size_t i;

	for (i = 0; i < from->n; i++) {
		const struct change *at = &from->at[i];

		if (changes_append(to, at->pool, at->line, at->file) == -1)
			return -1;
		to->at[to->n - 1].same = at->same;
	}
	return 0;
}

void
changes_tell(const struct changes *c, const char *pool, char *text, size_t cap)
{
	size_t i, used = 0;

	text[0] = '\0';
	for (i = 0; i < c->n && used < cap; i++) {
		const struct change *at = &c->at[i];

		if (strcmp(at->pool, pool) == 0 && !at->same)
			used += (size_t)snprintf(text + used, cap - used,
			    "%s (file: %s)\n", at->line,
			    at->file[0] == '\0' ? "not set" : at->file);
	}
}

const char *
changes_name(const char *line, char *name, size_t cap)
{
	(void)snprintf(name, cap, "%.*s", (int)name_len(line), line);
	return name;
}
