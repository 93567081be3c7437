#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "unit.h"

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))

static const struct {
	const char *in;
	size_t len;
	const char *line;
	const char *text; /* NULL: as line */
} rows[] = {
	{ "", 0, "", NULL },
	{ "plain ~", 7, "plain ~", NULL },
	{ "a\nb", 3, "a\\x0ab", NULL },
	{ "\0", 1, "\\x00", NULL },
	{ "\x1b[31m", 5, "\\x1b[31m", NULL },
	{ "\x7f", 1, "\\x7f", NULL },
	{ "\\", 1, "\\x5c", NULL },
	{ "\"", 1, "\\x22", "\"" },
	{ "\\x0a", 4, "\\x5cx0a", "\\x0a" },
	{ "\\x0", 3, "\\x5cx0", NULL },
	{ "\\xZZ", 4, "\\x5cxZZ", NULL },
	{ "\xc3\xa9", 2, "\xc3\xa9", NULL },
	{ "\xe2\x82\xac", 3, "\xe2\x82\xac", NULL },
	{ "\xf0\x9f\x90\x98", 4, "\xf0\x9f\x90\x98", NULL },
	/* Cut sequences, a lone continuation, overlong forms, surrogates,
	 * beyond U+10FFFF, and a C1 control (CSI). */
	{ "\xc3", 1, "\\xc3", NULL },
	{ "\xe2\x82", 2, "\\xe2\\x82", NULL },
	{ "\xf0\x9f\x90", 3, "\\xf0\\x9f\\x90", NULL },
	{ "\x80", 1, "\\x80", NULL },
	{ "\xc0\xaf", 2, "\\xc0\\xaf", NULL },
	{ "\xe0\x80\xaf", 3, "\\xe0\\x80\\xaf", NULL },
	{ "\xed\xa0\x80", 3, "\\xed\\xa0\\x80", NULL },
	{ "\xf0\x80\x80\xaf", 4, "\\xf0\\x80\\x80\\xaf", NULL },
	{ "\xf4\x90\x80\x80", 4, "\\xf4\\x90\\x80\\x80", NULL },
	{ "\xff", 1, "\\xff", NULL },
	{ "\xc2\x9b", 2, "\\xc2\\x9b", NULL },
	{ "\xc2\xa0", 2, "\xc2\xa0", NULL },
	/* Not seen itself, and others not where they are: the other way
	 * round, on another line, without a width; and their neighbours. */
	{ "\xe2\x80\xae", 3, "\\xe2\\x80\\xae", NULL },
	{ "\xe2\x81\xa6", 3, "\\xe2\\x81\\xa6", NULL },
	{ "\xe2\x80\xa8", 3, "\\xe2\\x80\\xa8", NULL },
	{ "\xe2\x80\x8b", 3, "\\xe2\\x80\\x8b", NULL },
	{ "\xef\xbb\xbf", 3, "\\xef\\xbb\\xbf", NULL },
	{ "\xe2\x80\x8a", 3, "\xe2\x80\x8a", NULL },
	{ "\xe2\x80\xaf", 3, "\xe2\x80\xaf", NULL },
	{ "\xe2\x81\xb0", 3, "\xe2\x81\xb0", NULL },
	{ "\xef\xbb\xbe", 3, "\xef\xbb\xbe", NULL },
};

START_TEST(each_byte_is_kept_or_escaped)
{
	const char *text = rows[_i].text ? rows[_i].text : rows[_i].line;
	size_t room = rows[_i].len > 0 ? rows[_i].len : 1;
	char *in = malloc(room); /* exact: sanitizers guard its end */
	char out[64];
	size_t n;

	ck_assert_ptr_nonnull(in);
	memcpy(in, rows[_i].in, rows[_i].len);
	n = escape_line(out, sizeof(out), in, rows[_i].len);
	ck_assert_str_eq(out, rows[_i].line);
	ck_assert_uint_eq(n, strlen(rows[_i].line));
	n = escape_text(out, sizeof(out), in, rows[_i].len);
	ck_assert_str_eq(out, text);
	ck_assert_uint_eq(n, strlen(text));
	free(in);
}
END_TEST

/* "a" "\x0a" "e-acute" "bcdefgh": every room from the smallest up. */
START_TEST(what_does_not_fit_is_cut_between_units)
{
	static const char in[] = "a\n\xc3\xa9"
				 "bcdefgh";
	static const char whole[] = "a\\x0a\xc3\xa9"
				    "bcdefgh";
	size_t cap;

	for (cap = 8; cap <= sizeof(whole); cap++) {
		char *out = malloc(cap);
		size_t n, kept;

		ck_assert_ptr_nonnull(out);
		n = escape_line(out, cap, in, sizeof(in) - 1);
		ck_assert_uint_lt(n, cap);
		ck_assert_uint_eq(n, strlen(out));
		if (cap == sizeof(whole)) {
			ck_assert_str_eq(out, whole);
		} else {
			kept = n - 3;
			ck_assert_str_eq(out + kept, "...");
			ck_assert_int_eq(strncmp(out, whole, kept), 0);
			/* Not inside the escape or the character. */
			ck_assert(kept == 1 || kept == 5 || kept >= 7);
		}
		free(out);
	}
}
END_TEST

START_TEST(every_pair_of_bytes_becomes_printable)
{
	unsigned i;

	for (i = 0; i < 65536; i++) {
		char in[2] = { (char)(i >> 8), (char)i };
		char out[16];
		size_t n = escape_line(out, sizeof(out), in, 2);
		size_t k;

		for (k = 0; k < n; k++)
			ck_assert(
			    (unsigned char)out[k] >= ' ' && out[k] != 0x7f);
	}
}
END_TEST

START_TEST(a_long_text_comes_in_pieces_and_whole)
{
	static const char text[] = "a\nb\0\x1b\xc3\xa9 \\x0a \"q\" end";
	static const char want[] = "a\\x0ab\\x00\\x1b\xc3\xa9 \\x0a \"q\" end";
	size_t len = sizeof(text) - 1, at = 0, cap = (size_t)_i;
	char *piece = malloc(cap), all[128] = "";

	while (at < len) {
		size_t n = escape_piece(piece, cap, text + at, len - at);

		ck_assert_uint_gt(n, 0);
		ck_assert_uint_lt(strlen(piece), cap);
		(void)strcat(all, piece);
		at += n;
	}
	ck_assert_uint_eq(at, len);
	ck_assert_str_eq(all, want);
	free(piece);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("escape");
	TCase *tc = tcase_create("line");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, each_byte_is_kept_or_escaped, 0, N(rows));
	tcase_add_test(tc, what_does_not_fit_is_cut_between_units);
	tcase_add_test(tc, every_pair_of_bytes_becomes_printable);
	tcase_add_loop_test(tc, a_long_text_comes_in_pieces_and_whole, 5, 60);
	return unit_run(s);
}
