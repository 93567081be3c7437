/* line.c - each line of the command line to the pools it is for. */
#include "conf/line.h"

#include <ctype.h>
#include <string.h>
#include <sysexits.h>

#include "conf/type.h"

#define WHERE "command line"

struct line {
	const char *name;
	const char *value;
	const char *where;            /* "command line: NAME" */
	const char *origin;           /* "command line" */
	const struct conf_pool *only; /* NULL: for all pools */
};

/* The next pool of the line from P on. */
static struct conf_pool *
next_pool(const struct line *line, struct conf_pool *p)
{
	while (p != NULL && line->only != NULL && p != line->only)
		p = p->next;
	return p;
}

static char *
trimmed(struct conf_mem *mem, const char *at, size_t len)
{
	while (len > 0 && isspace((unsigned char)*at)) {
		at++;
		len--;
	}
	while (len > 0 && isspace((unsigned char)at[len - 1]))
		len--;
	return conf_printf(mem, "%.*s", (int)len, at);
}

/* A bare value in double quotes, so that the reader takes it as it is, but
 * for ${NAME}, which stands for the same there as in a file. */
static const char *
quoted(struct conf_mem *mem, const char *value)
{
	char *copy, *to;

	if (*value == '"' || *value == '\'' || *value == '{')
		return value;
	copy = to = conf_alloc(mem, 2 * strlen(value) + 3);
	*to++ = '"';
	for (; *value != '\0'; value++) {
		if (*value == '"' || *value == '\\')
			*to++ = '\\';
		*to++ = *value;
	}
	*to = '"';
	return copy;
}

static int
split(struct conf_mem *mem, const char *text, struct line *line,
    struct conf_error *err)
{
	const char *equals = strchr(text, '=');

	if (equals == NULL)
		return conf_fail(err, EX_CONFIG, line->origin,
		    "'%s' is not NAME=VALUE", text);
	line->name = trimmed(mem, text, (size_t)(equals - text));
	line->value = trimmed(mem, equals + 1, strlen(equals + 1));
	line->value = quoted(mem, line->value);
	line->where = conf_printf(mem, "%s: %s", line->origin, line->name);
	return 0;
}

static int
apply_env(
    struct conf_data *data, const struct line *line, struct conf_error *err)
{
	const char *name = line->name + strlen("env.");
	struct conf_values values;
	struct conf_pool *p;

	if (conf_line_values(line->value, false, line->where, &values) == -1)
		return -1;
	for (p = next_pool(line, data->pools); p != NULL;
	     p = next_pool(line, p->next))
		if (conf_set_env(
			data, p, line->origin, name, values.at[0], err) == -1)
			return -1;
	return 0;
}

/* The first of the line replaces what a file said, the next ones add. */
static void
apply_listen(struct conf_data *data, const struct line *line,
    const struct conf_values *values, bool first)
{
	struct conf_pool *p;
	size_t i;

	for (p = next_pool(line, data->pools); p != NULL;
	     p = next_pool(line, p->next)) {
		if (first)
			p->listen = NULL;
		for (i = 0; i < values->n; i++)
			p->listen = conf_append_list(
			    &data->mem, p->listen, values->at[i]);
	}
}

static int
apply_known(struct conf_data *data, const struct conf_directive *d,
    const struct line *line, struct conf_error *err)
{
	struct conf_values values = { 0 };
	struct conf_pool *p;

	/* A section has no value to be read; conf_set() says so. */
	if (d->type != CONF_ENV &&
	    conf_line_values(line->value, conf_type_is_list(d->type),
		line->where, &values) == -1)
		return -1;
	if (d->where == CONF_GLOBAL)
		return conf_set(
		    data, d, &data->global, line->origin, values, err);
	for (p = next_pool(line, data->pools); p != NULL;
	     p = next_pool(line, p->next))
		if (conf_set(data, d, p, line->origin, values, err) == -1)
			return -1;
	return 0;
}

static int
apply(struct conf_data *data, const char *text, struct line *line,
    bool *listens, struct conf_error *err)
{
	const struct conf_directive *d;
	struct conf_values values;
	char hint[CONF_HINT_MAX];

	if (split(&data->mem, text, line, err) == -1)
		return -1;
	if (strncmp(line->name, "env.", 4) == 0)
		return apply_env(data, line, err);
	d = conf_table_named(line->name);
	if (d == NULL) {
		conf_table_hint(CONF_POOL, line->name, hint, sizeof(hint));
		return conf_fail(err, EX_CONFIG, line->origin,
		    "no directive '%s'%s", line->name, hint);
	}
	if (strcmp(line->name, "listen") != 0)
		return apply_known(data, d, line, err);
	if (conf_line_values(line->value, true, line->where, &values) == -1)
		return -1;
	apply_listen(data, line, &values, !*listens);
	*listens = true;
	return 0;
}

void
conf_line_pool(struct conf_data *data, const struct conf_source *src)
{
	struct conf_pool *p = conf_add_pool(data, NULL, WHERE);

	p->worker.command = src->command == NULL
	    ? NULL
	    : conf_copy_list(
		  &data->mem, src->command, conf_count_list(src->command));
}

/* After what it runs, with what a name cannot have replaced. */
static const char *
name_of(struct conf_mem *mem, const struct conf_pool *p)
{
	const char *path = "pool", *slash;
	char *name, *c;

	if (p->worker.command != NULL)
		path = p->worker.command[0];
	else if (p->worker.cgi_root != NULL)
		path = p->worker.cgi_root;
	slash = strrchr(path, '/');
	if (slash != NULL && slash[1] != '\0')
		path = slash + 1;
	name = conf_strdup(mem, path);
	for (c = name; *c != '\0'; c++)
		if (!isalnum((unsigned char)*c) && strchr("_.-", *c) == NULL)
			*c = '_';
	if (strlen(name) > CONF_POOL_NAME_MAX)
		name[CONF_POOL_NAME_MAX] = '\0';
	return name;
}

int
conf_line_apply(struct conf_data *data, const struct conf_source *src,
    struct conf_error *err)
{
	bool listens = false;
	size_t i;

	for (i = 0; i < src->nset; i++) {
		struct line line = { .origin = WHERE };

		if (apply(data, src->set[i], &line, &listens, err) == -1)
			return -1;
	}
	if (src->file == NULL)
		data->pools->pool.name = src->pool_name != NULL
		    ? conf_strdup(&data->mem, src->pool_name)
		    : name_of(&data->mem, data->pools);
	return 0;
}

int
conf_line_change(struct conf_data *data, const struct conf_source *src,
    struct conf_error *err)
{
	size_t i;

	for (i = 0; i < src->nchanges; i++) {
		const struct conf_change *c = &src->changes[i];
		struct line line = { .origin = "set" };
		bool listens = false;

		line.only = conf_find_pool(data, c->pool);
		if (line.only != NULL &&
		    apply(data, c->line, &line, &listens, err) == -1)
			return -1;
	}
	return 0;
}
