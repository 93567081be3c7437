/* print.c - the effective settings, as a file that reads back. */
#include "conf/build.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/type.h"

/* In single quotes only the quote and the backslash are special, so that
 * nothing is expanded when it is read again. */
static void
put_quoted(const char *text, size_t len, FILE *out)
{
	size_t i;

	fputc('\'', out);
	for (i = 0; i < len; i++) {
		if (text[i] == '\'' || text[i] == '\\')
			fputc('\\', out);
		fputc(text[i], out);
	}
	fputc('\'', out);
}

static bool
put_list(const char *indent, const char *name, char *const *list, FILE *out)
{
	size_t i;

	if (list == NULL)
		return false;
	fprintf(out, "%s%s = {", indent, name);
	for (i = 0; list[i] != NULL; i++) {
		fputs(i == 0 ? "" : ", ", out);
		put_quoted(list[i], strlen(list[i]), out);
	}
	fputs("}\n", out);
	return true;
}

static void
put_env(const char *indent, const char *name, char *const *env, FILE *out)
{
	size_t i;

	if (env == NULL)
		return;
	fprintf(out, "%s%s {\n", indent, name);
	for (i = 0; env[i] != NULL; i++) {
		size_t len = strcspn(env[i], "=");

		fprintf(out, "%s    %.*s = ", indent, (int)len, env[i]);
		put_quoted(env[i] + len + 1, strlen(env[i] + len + 1), out);
		fputc('\n', out);
	}
	fprintf(out, "%s}\n", indent);
}

/* False: it has no value. */
static bool
put_directive(const struct conf_directive *d, const void *base,
    const char *indent, FILE *out)
{
	const void *at = (const char *)base + d->offset;
	const char *string;
	char text[64];

	if (d->type == CONF_STRING || d->type == CONF_PATH) {
		string = *(const char *const *)at;
		if (string == NULL)
			return false;
		fprintf(out, "%s%s = ", indent, d->name);
		put_quoted(string, strlen(string), out);
		fputc('\n', out);
	} else if (conf_type_is_list(d->type)) {
		return put_list(
		    indent, d->name, *(char *const *const *)at, out);
	} else if (d->type == CONF_ENV) {
		put_env(indent, d->name, *(char *const *const *)at, out);
	} else if (conf_type_text(d, base, text, sizeof(text))) {
		fprintf(out, "%s%s = %s\n", indent, d->name, text);
	} else {
		return false;
	}
	return true;
}

/* With what could be set and is not, so that nothing is hidden. */
static void
put_any(const struct conf_directive *d, const void *base, const char *indent,
    FILE *out)
{
	if (!put_directive(d, base, indent, out))
		fprintf(out, "%s# %s is not set\n", indent, d->name);
}

static void
put_global(const struct conf_global *g, FILE *out)
{
	size_t i;

	for (i = 0; i < conf_table_count(); i++)
		if (conf_table_row(i)->where == CONF_GLOBAL)
			put_any(conf_table_row(i), g, "", out);
}

/* Without what its mode would refuse when it is read again. */
static void
put_pool(const struct conf_pool *p, FILE *out)
{
	size_t i;

	for (i = 0; i < conf_table_count(); i++)
		if (conf_table_row(i)->where == CONF_POOL &&
		    conf_mode_has(p, conf_table_row(i)))
			put_any(conf_table_row(i), p, "    ", out);
}

void
conf_print(const struct conf *c, FILE *out)
{
	const struct conf_pool *p;

	put_global(&c->data->global, out);
	for (p = c->data->pools; p != NULL; p = p->next) {
		fprintf(out, "\npool '%s' {\n", p->pool.name);
		put_pool(p, out);
		fputs("}\n", out);
	}
}

/* TEXT is "NAME = VALUE\n", or nothing where it is not set. */
static char *
value_of(char *text)
{
	char *at = strstr(text, " = ");
	size_t len;

	if (at == NULL)
		return strcpy(text, "");
	len = strlen(at + 3);
	memmove(text, at + 3, len);
	text[len - 1] = '\0';
	return text;
}

/* What the variable NAME is in POOL's env, "": not set. */
static char *
env_value(const struct conf_pool *p, const char *name)
{
	const struct conf_directive *d = conf_table_find(CONF_POOL, "env");
	const void *at = (const char *)p + d->offset;
	char *const *env = *(char *const *const *)at;
	size_t len = strlen(name);

	for (; env != NULL && *env != NULL; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return strdup(*env + len + 1);
	return strdup("");
}

char *
conf_value(const struct conf *c, const char *pool, const char *name)
{
	const struct conf_directive *d = conf_table_named(name);
	const struct conf_pool *p = conf_find_pool(c->data, pool);
	const void *base = p;
	char *text = NULL;
	size_t len;
	FILE *out;

	if (p != NULL && strncmp(name, "env.", 4) == 0)
		return env_value(p, name + 4);
	if (d != NULL && d->where == CONF_GLOBAL)
		base = &c->data->global;
	if (d == NULL || p == NULL || d->type == CONF_ENV ||
	    (out = open_memstream(&text, &len)) == NULL)
		return NULL;
	(void)put_directive(d, base, "", out);
	if (fclose(out) == 0)
		return value_of(text);
	free(text);
	return NULL;
}

char *
conf_file(const struct conf *c, const char *pool)
{
	const struct conf_pool *p = conf_find_pool(c->data, pool);
	const char *end;

	/* "FILE: pool 'NAME'" */
	if (p == NULL || (end = strstr(p->where, ": pool '")) == NULL)
		return NULL;
	return strndup(p->where, (size_t)(end - p->where));
}

bool
conf_is_of_pools(const char *name)
{
	return conf_table_find(CONF_POOL, name) != NULL;
}
