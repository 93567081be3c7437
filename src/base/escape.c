/* escape.c - see escape.h.  One unit at a time: what is kept, or four bytes
 * of \xNN; a line is only ever cut between two units. */
#include "base/escape.h"

#include <stdbool.h>
#include <string.h>

#define HEX_LEN 4 /* \xNN */
#define MARK "..."
#define MARK_LEN (sizeof(MARK) - 1)

static bool
follows(const unsigned char *p, size_t i)
{
	return (p[i] & 0xc0) == 0x80;
}

/* Is it one that is not seen itself, but changes what is seen of others: the
 * order of writing (U+202A to 202E, 2066 to 2069), ends of lines (2028, 2029)
 * and characters without a width (200B to 200F, 2060 to 206F, FEFF)? */
static bool
misleads(const unsigned char *p)
{
	if (p[0] == 0xef)
		return p[1] == 0xbb && p[2] == 0xbf;
	if (p[0] != 0xe2)
		return false;
	if (p[1] == 0x80)
		return (p[2] >= 0x8b && p[2] <= 0x8f) ||
		    (p[2] >= 0xa8 && p[2] <= 0xae);
	return p[1] == 0x81 && p[2] >= 0xa0 && p[2] <= 0xaf;
}

/* The length of the well-formed UTF-8 sequence of a printable character at
 * P, or 0.  Unicode 15, table 3-7: no overlong forms, no surrogates, nothing
 * above U+10FFFF; C1 controls are left out because terminals obey them. */
static size_t
utf8_len(const unsigned char *p, size_t len)
{
	if (len >= 2 && p[0] >= 0xc2 && p[0] <= 0xdf && follows(p, 1))
		return p[0] == 0xc2 && p[1] < 0xa0 ? 0 : 2;
	if (len >= 3 && (p[0] & 0xf0) == 0xe0 && follows(p, 1) &&
	    follows(p, 2)) {
		if ((p[0] == 0xe0 && p[1] < 0xa0) ||
		    (p[0] == 0xed && p[1] > 0x9f) || misleads(p))
			return 0;
		return 3;
	}
	if (len >= 4 && p[0] >= 0xf0 && p[0] <= 0xf4 && follows(p, 1) &&
	    follows(p, 2) && follows(p, 3)) {
		if ((p[0] == 0xf0 && p[1] < 0x90) ||
		    (p[0] == 0xf4 && p[1] > 0x8f))
			return 0;
		return 4;
	}
	return 0;
}

size_t
escape_printable(const char *src, size_t len)
{
	const unsigned char *p = (const unsigned char *)src;

	if (p[0] >= 0x80)
		return utf8_len(p, len);
	return p[0] >= ' ' && p[0] <= '~' ? 1 : 0;
}

static bool
is_hex(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

static bool
is_escape(const unsigned char *p, size_t len)
{
	return len >= 4 && p[1] == 'x' && is_hex(p[2]) && is_hex(p[3]);
}

/* How many bytes at P may stay as they are, 0 when the first must not. */
static size_t
kept(const unsigned char *p, size_t len, bool own_words)
{
	if (p[0] == '\\')
		return own_words && is_escape(p, len) ? 4 : 0;
	if (p[0] == '"')
		return own_words ? 1 : 0;
	return escape_printable((const char *)p, len);
}

enum style { FOREIGN, OWN_WORDS, JSON };

/* \xNN, or for JSON \u00NN; its length. */
static size_t
put_hex(char *dst, enum style style, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	const char *lead = style == JSON ? "\\u00" : "\\x";
	size_t n = strlen(lead);

	memcpy(dst, lead, n);
	dst[n] = hex[c >> 4];
	dst[n + 1] = hex[c & 15];
	return n + 2;
}

static size_t
escape(char *dst, size_t cap, const char *src, size_t len, enum style style)
{
	size_t in = 0, out = 0, cut = 0;

	while (in < len) {
		const unsigned char *p = (const unsigned char *)src + in;
		size_t keep = kept(p, len - in, style == OWN_WORDS);
		size_t unit = keep > 0 ? keep : style == JSON ? 6 : 4;

		if (unit > cap - 1 - out) {
			memcpy(dst + cut, MARK, MARK_LEN);
			out = cut + MARK_LEN;
			break;
		}
		if (keep > 0)
			memcpy(dst + out, p, keep);
		else
			(void)put_hex(dst + out, style, *p);
		out += unit;
		in += keep > 0 ? keep : 1;
		/* The last place where the mark would still fit. */
		if (out + MARK_LEN <= cap - 1)
			cut = out;
	}
	dst[out] = '\0';
	return out;
}

/* One unit of SRC to DST, if it fits into ROOM bytes; how many bytes that are
 * there, and *TOOK of SRC. */
static size_t
put_unit(char *dst, size_t room, const char *src, size_t len, size_t *took)
{
	const unsigned char *p = (const unsigned char *)src;
	size_t keep = kept(p, len, true);

	*took = keep > 0 ? keep : 1;
	if ((keep > 0 ? keep : HEX_LEN) > room)
		return 0;
	if (keep == 0)
		return put_hex(dst, OWN_WORDS, *p);
	memcpy(dst, src, keep);
	return keep;
}

size_t
escape_piece(char *dst, size_t cap, const char *src, size_t len)
{
	size_t in = 0, out = 0, n, took;

	for (; in < len; in += took, out += n) {
		n = put_unit(
		    dst + out, cap - 1 - out, src + in, len - in, &took);
		if (n == 0)
			break;
	}
	dst[out] = '\0';
	return in;
}

size_t
escape_line(char *dst, size_t cap, const char *src, size_t len)
{
	return escape(dst, cap, src, len, FOREIGN);
}

size_t
escape_text(char *dst, size_t cap, const char *src, size_t len)
{
	return escape(dst, cap, src, len, OWN_WORDS);
}

size_t
escape_json(char *dst, size_t cap, const char *src, size_t len)
{
	return escape(dst, cap, src, len, JSON);
}
