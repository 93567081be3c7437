/* textbuf.h - text put together in a buffer of fixed size.
 *
 * What does not fit is cut, nothing is ever written beyond the buffer, and a
 * NUL always ends it.  Layer: base.  Pure.
 */
#ifndef BASE_TEXTBUF_H
#define BASE_TEXTBUF_H

#include <stddef.h>

struct textbuf {
	char *at; /* the caller's */
	size_t cap, len;
};

/* Empty, in the CAP bytes (at least one) at AT. */
void textbuf_init(struct textbuf *t, char *at, size_t cap);
void textbuf_add(struct textbuf *t, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* Foreign bytes, as escape_line() and escape_json() write them; none where
 * there is no room for as much as a mark of the cut. */
void textbuf_add_line(struct textbuf *t, const char *s, size_t len);
void textbuf_add_json(struct textbuf *t, const char *s, size_t len);

#endif
