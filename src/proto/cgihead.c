#include "proto/cgihead.h"

#include <string.h>
#include <strings.h>

void
cgihead_reset(struct cgihead *h)
{
	h->status = 0;
	h->head_len = 0;
	h->done = false;
	h->location = false;
	h->line_len = 0;
	h->any = false;
}

/* The value of the line under way when its field is NAME, else NULL.  The
 * line is NUL-terminated. */
static const char *
value_of(const struct cgihead *h, const char *name)
{
	size_t len = strlen(name);

	if (strncasecmp(h->line, name, len) != 0 || h->line[len] != ':')
		return NULL;
	return h->line + len + 1 + strspn(h->line + len + 1, " \t");
}

/* Three digits and no fourth, or 0. */
static int
code_of(const char *text)
{
	if (strspn(text, "0123456789") != 3 || text[0] == '0')
		return 0;
	return (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
}

static void
end_head(struct cgihead *h)
{
	h->done = true;
	if (h->status == 0)
		h->status = h->location ? 302 : 200;
}

static bool
blank(const struct cgihead *h)
{
	return h->line_len == 0 || (h->line_len == 1 && h->line[0] == '\r');
}

/* FIRST: nothing came before this line. */
static void
end_line(struct cgihead *h, bool first)
{
	const char *value;

	if (blank(h)) {
		if (!first)
			end_head(h);
		return;
	}
	h->any = true;
	h->line[h->line_len < CGIHEAD_LINE_MAX ? h->line_len
					       : CGIHEAD_LINE_MAX - 1] = '\0';
	/* The first Status is the one that counts, as for web servers. */
	if (h->status == 0 && (value = value_of(h, "Status")) != NULL)
		h->status = code_of(value);
	else if (value_of(h, "Location") != NULL)
		h->location = true;
}

size_t
cgihead_feed(struct cgihead *h, struct span in)
{
	size_t took = 0;

	while (!h->done && took < in.len) {
		const uint8_t *at = in.at + took;
		const uint8_t *nl = memchr(at, '\n', in.len - took);
		size_t n = nl != NULL ? (size_t)(nl - at) : in.len - took;
		size_t room = h->line_len < CGIHEAD_LINE_MAX
		    ? CGIHEAD_LINE_MAX - h->line_len
		    : 0;

		if (n > 0 && room > 0)
			memcpy(h->line + h->line_len, at, n < room ? n : room);
		h->line_len += n;
		took += n;
		h->head_len += n;
		if (nl == NULL)
			break;
		took++;
		h->head_len++;
		end_line(h, h->head_len == h->line_len + 1);
		h->line_len = 0;
	}
	return took;
}
