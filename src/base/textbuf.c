#include "base/textbuf.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/escape.h"

#define ESCAPE_MIN 8 /* what the functions of escape.h need */

void
textbuf_init(struct textbuf *t, char *at, size_t cap)
{
	*t = (struct textbuf){ .at = at, .cap = cap };
	at[0] = '\0';
}

void
textbuf_add(struct textbuf *t, const char *fmt, ...)
{
	size_t room = t->cap - t->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->at + t->len, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len += (size_t)n < room ? (size_t)n : room - 1;
}

void
textbuf_add_line(struct textbuf *t, const char *s, size_t len)
{
	size_t room = t->cap - t->len;

	if (room >= ESCAPE_MIN)
		t->len += escape_line(t->at + t->len, room, s, len);
}

void
textbuf_add_json(struct textbuf *t, const char *s, size_t len)
{
	size_t room = t->cap - t->len;

	if (room >= ESCAPE_MIN)
		t->len += escape_json(t->at + t->len, room, s, len);
}
