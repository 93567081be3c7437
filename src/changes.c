#include "changes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

#define NAME_MAX_LEN 64

static size_t
name_len(const char *line)
{
	return strcspn(line, " \t=");
}

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

/* Where the name of LINE begins: "global." need not be written where pools
 * have nothing of that name. */
static const char *
bare(const char *line)
{
	static const char global[] = "global.";
	char name[NAME_MAX_LEN];

	if (strncmp(line, global, sizeof(global) - 1) != 0)
		return line;
	(void)changes_name(line + sizeof(global) - 1, name, sizeof(name));
	return conf_is_of_pools(name) ? line : line + sizeof(global) - 1;
}

static bool
is_global(const char *line)
{
	char name[NAME_MAX_LEN];

	(void)changes_name(line, name, sizeof(name));
	return strncmp(line, "env.", 4) != 0 && !conf_is_of_pools(name);
}

bool
changes_same_name(const char *line, const char *other)
{
	size_t len;

	line = bare(line);
	other = bare(other);
	len = name_len(line);
	return name_len(other) == len && strncmp(line, other, len) == 0;
}

int
changes_append(
    struct changes *c, const char *pool, const char *line, const char *file)
{
	struct change *at = &c->at[c->n];

	if (c->n == KEEPSAKE_MAX)
		return -1;
	*at = (struct change){ .pool = strdup(pool),
		.line = strdup(line),
		.file = strdup(file),
		.global = is_global(line) };
	c->n++; /* changes_clear() sees to it, whole or not */
	return at->pool == NULL || at->line == NULL || at->file == NULL ? -1
									: 0;
}

struct change *
changes_find(struct changes *c, const char *pool, const char *line)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if ((c->at[i].global || strcmp(c->at[i].pool, pool) == 0) &&
		    changes_same_name(c->at[i].line, line))
			return &c->at[i];
	return NULL;
}

void
changes_drop(struct changes *c, struct change *at)
{
	struct change gone = *at;

	c->n--;
	memmove(
	    at, at + 1, (size_t)(c->at + c->n - at) * sizeof(struct change));
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

		if (!at->same && (at->global || strcmp(at->pool, pool) == 0))
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
