/* expand.c - $pool and the prefix, in the values of a pool.
 *
 * As in php-fpm: $pool stands for the pool's name in every value, and paths
 * that are not absolute begin at the prefix, $prefix in front of them or not.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sysexits.h>

#include "conf/build.h"
#include "conf/type.h"

#define NAME "$pool"
#define PREFIX "$prefix"

/* The place of D's value in P. */
static void *
place_of(struct conf_pool *p, const struct conf_directive *d)
{
	return (char *)p + d->offset;
}

static bool
is_given(const struct conf_pool *p, const char *name)
{
	char *const *at;

	for (at = p->given; at != NULL && *at != NULL; at++)
		if (strcmp(*at, name) == 0)
			return true;
	return false;
}

static size_t
count_names(const char *text)
{
	size_t n = 0;

	while ((text = strstr(text, NAME)) != NULL) {
		text += strlen(NAME);
		n++;
	}
	return n;
}

/* TEXT with the pool's name in it. */
static const char *
with_name(struct conf_mem *mem, const char *text, const char *name)
{
	size_t n = count_names(text), len = strlen(name);
	char *copy, *to;

	if (n == 0)
		return text;
	copy = to = conf_alloc(mem, strlen(text) + n * len + 1);
	for (; n > 0; n--) {
		size_t plain = (size_t)(strstr(text, NAME) - text);

		memcpy(to, text, plain);
		memcpy(to + plain, name, len);
		to += plain + len;
		text += plain + strlen(NAME);
	}
	memcpy(to, text, strlen(text) + 1);
	return copy;
}

static char *const *
list_with_name(struct conf_mem *mem, char *const *list, const char *name)
{
	char **copy = NULL;
	size_t i;

	for (i = 0; list != NULL && list[i] != NULL; i++)
		copy =
		    conf_append_list(mem, copy, with_name(mem, list[i], name));
	return copy;
}

/* What stands on the command line as PROGRAM [ARG...] is meant as it is. */
static bool
is_literal(const struct conf_pool *p, const struct conf_directive *d)
{
	return strcmp(d->name, "command") == 0 && !is_given(p, d->name);
}

static void
expand_name(
    struct conf_mem *mem, struct conf_pool *p, const struct conf_directive *d)
{
	const char *name = p->pool.name;

	if (d->type == CONF_STRING || d->type == CONF_PATH) {
		const char **at = place_of(p, d);

		if (*at != NULL)
			*at = with_name(mem, *at, name);
	} else if (conf_type_is_list(d->type) || d->type == CONF_ENV) {
		char *const **at = place_of(p, d);

		if (*at != NULL && !is_literal(p, d))
			*at = list_with_name(mem, *at, name);
	}
}

/* TEXT from the prefix on. */
static const char *
from_prefix(struct conf_mem *mem, const struct conf_pool *p, const char *text)
{
	size_t len = strlen(PREFIX);

	if (p->prefix == NULL || *text == '/')
		return text;
	if (strncmp(text, PREFIX, len) == 0 &&
	    (text[len] == '/' || text[len] == '\0'))
		text += len;
	return conf_printf(
	    mem, "%s%s%s", p->prefix, *text == '/' ? "" : "/", text);
}

/* "syslog" is no file of that name. */
static bool
is_choice(const struct conf_directive *d, const char *text)
{
	const struct conf_choice *c;

	for (c = d->choices; c != NULL && c->name != NULL; c++)
		if (strcmp(c->name, text) == 0)
			return true;
	return false;
}

static int
expand_path(struct conf_mem *mem, struct conf_pool *p,
    const struct conf_directive *d, struct conf_error *err)
{
	const char **at = place_of(p, d);

	if (d->type != CONF_PATH || *at == NULL || is_choice(d, *at))
		return 0;
	if (at != &p->prefix)
		*at = from_prefix(mem, p, *at);
	if (**at == '/')
		return 0;
	return conf_fail(err, EX_CONFIG, p->where,
	    "%s: '%s' is not an absolute path%s", d->name, *at,
	    at == &p->prefix ? "" : ", and there is no prefix");
}

/* A socket's path rather than a port or HOST:PORT. */
static const char *
expand_address(
    struct conf_mem *mem, const struct conf_pool *p, const char *text)
{
	const char *path = text;

	if (strncmp(text, "unix:", 5) == 0)
		path += 5;
	else if (strchr(text, ':') != NULL ||
	    text[strspn(text, "0123456789")] == '\0')
		return text;
	return from_prefix(mem, p, path);
}

static void
expand_addresses(struct conf_mem *mem, struct conf_pool *p)
{
	char **copy = NULL;
	size_t i;

	if (p->prefix == NULL)
		return;
	for (i = 0; p->listen != NULL && p->listen[i] != NULL; i++)
		copy = conf_append_list(
		    mem, copy, expand_address(mem, p, p->listen[i]));
	p->listen = copy;
	if (p->status_listen != NULL)
		p->status_listen = expand_address(mem, p, p->status_listen);
}

int
conf_expand(struct conf_data *data, struct conf_pool *p, struct conf_error *err)
{
	size_t i;

	for (i = 0; i < conf_table_count(); i++)
		if (conf_table_row(i)->where == CONF_POOL)
			expand_name(&data->mem, p, conf_table_row(i));
	for (i = 0; i < conf_table_count(); i++)
		if (conf_table_row(i)->where == CONF_POOL &&
		    expand_path(&data->mem, p, conf_table_row(i), err) == -1)
			return -1;
	expand_addresses(&data->mem, p);
	return 0;
}
