/* escape.h - foreign bytes made fit for one line of a log.
 *
 * Layer: base.  Pure.
 */
#ifndef BASE_ESCAPE_H
#define BASE_ESCAPE_H

#include <stddef.h>

/* The length of the printable character that SRC[0..LEN) begins with, in
 * UTF-8; 0: it begins with none.  LEN is at least 1. */
size_t escape_printable(const char *src, size_t len);

/* Write SRC[0..LEN) to DST, printable ASCII and bytes above 0x7f as they are
 * when they form UTF-8, everything else (controls, DEL, '\\', '"', broken
 * UTF-8) as \xNN.  Always NUL-terminates; what does not fit is cut at a
 * whole escape and marked by a final "..." .  Returns strlen(DST).
 * CAP is at least 8. */
size_t escape_line(char *dst, size_t cap, const char *src, size_t len);
/* The same for a line that is partly our own words: '"' stays as it is, and
 * so does a \xNN that is there already, as doing it twice helps nobody. */
size_t escape_text(char *dst, size_t cap, const char *src, size_t len);

/* As much of SRC as fits, as escape_text() writes it, without a mark.
 * Returns how many bytes of SRC that is, at least one of them. */
size_t escape_piece(char *dst, size_t cap, const char *src, size_t len);

/* For the inside of a JSON string: what JSON does not allow there, and bytes
 * that are no UTF-8, as \u00NN; cut at a whole character. */
size_t escape_json(char *dst, size_t cap, const char *src, size_t len);

#endif
