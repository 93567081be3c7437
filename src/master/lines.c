#include <string.h>

#include "master/lines.h"

static void
drop(struct span *in, size_t n)
{
	in->at += n;
	in->len -= n;
}

static size_t
limit(const struct lines *l)
{
	return l->max == 0 ? LINES_MAX : l->max;
}

/* Move bytes of IN up to the end of its line, as far as there is room. */
static void
gather(struct lines *l, struct span *in)
{
	const uint8_t *end = memchr(in->at, '\n', in->len);
	size_t len = end == NULL ? in->len : (size_t)(end - in->at);

	if (len > limit(l) - l->len)
		len = limit(l) - l->len;
	memcpy(l->text + l->len, in->at, len);
	l->len += len;
	drop(in, len);
}

static bool
take(struct lines *l, struct span *line)
{
	line->at = l->text;
	line->len = l->len;
	l->len = 0;
	if (line->len > 0 && line->at[line->len - 1] == '\r')
		line->len--;
	return line->len > 0;
}

bool
lines_next(struct lines *l, struct span *in, struct span *line)
{
	while (in->len > 0) {
		gather(l, in);
		if (in->len == 0 && l->len < limit(l))
			return false;
		/* Full just before its end: that belongs to it, too. */
		if (in->len > 0 && in->at[0] == '\n')
			drop(in, 1);
		if (take(l, line))
			return true;
	}
	return false;
}

bool
lines_last(struct lines *l, struct span *line)
{
	return take(l, line);
}
