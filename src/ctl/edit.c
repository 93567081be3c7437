#include "ctl/edit.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a section was found to have. */
struct place {
	const char *from, *to; /* the value to replace; NULL: none */
	const char *last;      /* an assignment, for its indentation */
	const char *end;       /* the section's closing brace */
};

/* Behind white space and comments. */
static const char *
skip(const char *at)
{
	for (;;) {
		at += strspn(at, " \t\r\n\f\v");
		if (*at == '#' || strncmp(at, "//", 2) == 0) {
			at += strcspn(at, "\n");
		} else if (strncmp(at, "/*", 2) == 0) {
			const char *end = strstr(at + 2, "*/");

			at = end == NULL ? at + strlen(at) : end + 2;
		} else {
			return at;
		}
	}
}

/* Behind the string at AT, which begins with a quote. */
static const char *
string(const char *at)
{
	char quote = *at++;

	while (*at != '\0' && *at != quote)
		at += *at == '\\' && at[1] != '\0' ? 2 : 1;
	return *at == '\0' ? at : at + 1;
}

/* A character of a word, or a whole ${NAME:-default}. */
static size_t
step(const char *at)
{
	size_t len = strcspn(at, "}\n");

	if (strncmp(at, "${", 2) != 0)
		return 1;
	return at[len] == '}' ? len + 1 : len;
}

/* Behind an unquoted word; AT itself: there is none. */
static const char *
word(const char *at)
{
	while (*at != '\0' && strchr(" \t\r\n\f\v\"'#=(){},+*", *at) == NULL &&
	    strncmp(at, "//", 2) != 0 && strncmp(at, "/*", 2) != 0)
		at += step(at);
	return at;
}

static const char *
token(const char *at)
{
	const char *end;

	if (*at == '"' || *at == '\'')
		return string(at);
	end = word(at);
	return end != at || *at == '\0' ? end : at + 1;
}

/* Behind the braces that open at AT. */
static const char *
braces(const char *at)
{
	int depth = 0;

	do {
		if (*at == '{')
			depth++;
		if (*at == '}')
			depth--;
		at = token(at);
		if (depth > 0)
			at = skip(at);
	} while (depth > 0 && *at != '\0');
	return at;
}

/* Is it TEXT, quoted or not? */
static bool
is(const char *at, const char *end, const char *text)
{
	if (at < end && (*at == '"' || *at == '\'')) {
		at++;
		end--;
	}
	return (size_t)(end - at) == strlen(text) &&
	    strncmp(at, text, strlen(text)) == 0;
}

/* Into the section of POOL, behind its opening brace; NULL: none. */
static const char *
find_pool(const char *at, const char *pool)
{
	for (at = skip(at); *at != '\0'; at = skip(at)) {
		const char *end = token(at), *title = skip(end);
		const char *title_end = token(title), *open = skip(title_end);

		if (is(at, end, "pool") && *open == '{' &&
		    is(title, title_end, pool))
			return open + 1;
		at = *at == '{' ? braces(at) : end;
	}
	return NULL;
}

/* Behind what stands after a name: "= VALUE", "{ ... }", "'x' { ... }". */
static const char *
value_end(const char *at)
{
	return *at == '{' ? braces(at) : token(at);
}

/* All of the section that AT is in; false: NAME is added to with +=. */
static bool
look(const char *at, const char *name, struct place *place)
{
	bool adds = false;

	for (at = skip(at); *at != '\0' && *at != '}'; at = skip(at)) {
		const char *begin = at, *end = token(at), *value;
		bool same = is(begin, end, name);

		at = skip(end);
		if (*at == '+' && at[1] == '=') {
			adds = adds || same;
			at++;
		}
		if (*at != '=') {
			if (*at == '{')
				at = braces(at);
			continue;
		}
		value = skip(at + 1);
		at = value_end(value);
		place->last = begin;
		if (same) {
			place->from = value;
			place->to = at;
		}
	}
	place->end = at;
	return !adds;
}

/* As it has to be written to mean the same as with -o.  To be freed. */
static char *
quoted(const char *value)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._-";
	char *copy = malloc(2 * strlen(value) + 3), *to = copy;

	if (copy == NULL)
		return NULL;
	if (*value == '"' || *value == '\'' || *value == '{' ||
	    (*value != '\0' && value[strspn(value, plain)] == '\0'))
		return strcpy(copy, value);
	*to++ = '"';
	for (; *value != '\0'; value++) {
		if (*value == '"' || *value == '\\')
			*to++ = '\\';
		*to++ = *value;
	}
	*to++ = '"';
	*to = '\0';
	return copy;
}

static const char *
line_begin(const char *text, const char *at)
{
	while (at > text && at[-1] != '\n')
		at--;
	return at;
}

/* TEXT with NEW in place of FROM..TO. */
static char *
splice(const char *text, const char *from, const char *to, const char *new)
{
	size_t size = strlen(text) + strlen(new) + 1;
	char *out = malloc(size);

	if (out != NULL)
		(void)snprintf(
		    out, size, "%.*s%s%s", (int)(from - text), text, new, to);
	return out;
}

/* As the first line of TEXT ends. */
static const char *
line_end(const char *text)
{
	const char *end = strchr(text, '\n');

	return end != NULL && end > text && end[-1] == '\r' ? "\r\n" : "\n";
}

/* A line before the closing brace. */
static char *
insert(const char *text, const struct place *place, const char *name,
    const char *value)
{
	const char *brace = line_begin(text, place->end), *indent = brace;
	size_t indent_len = 0, size = strlen(name) + strlen(value) + 80;
	const char *ends = line_end(text);
	bool alone = skip(brace) == place->end;
	char *line, *out;

	if (place->last != NULL) {
		indent = line_begin(text, place->last);
		indent_len = strspn(indent, " \t");
	}
	line = malloc(size + indent_len);
	if (line == NULL)
		return NULL;
	(void)snprintf(line, size + indent_len, "%s%.*s%s = %s%s",
	    alone ? "" : ends, indent_len > 0 ? (int)indent_len : 4,
	    indent_len > 0 ? indent : "    ", name, value, ends);
	out = splice(
	    text, alone ? brace : place->end, alone ? brace : place->end, line);
	free(line);
	return out;
}

char *
edit_set(const char *text, const char *pool, const char *name,
    const char *value, const char **why)
{
	const char *section = find_pool(text, pool);
	struct place place = { 0 };
	char *written, *out;

	*why = "out of memory";
	if (section == NULL) {
		*why = "the file has no section for the pool";
		return NULL;
	}
	if (!look(section, name, &place) || *place.end != '}') {
		*why = *place.end == '}'
		    ? "the file adds to it with +=; edit it yourself"
		    : "the pool's section has no end";
		return NULL;
	}
	written = quoted(value);
	if (written == NULL)
		return NULL;
	out = place.from != NULL ? splice(text, place.from, place.to, written)
				 : insert(text, &place, name, written);
	free(written);
	return out;
}
