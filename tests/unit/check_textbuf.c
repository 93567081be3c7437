#include <stdlib.h>
#include <string.h>

#include "base/textbuf.h"
#include "unit.h"

/* A buffer of exactly so many bytes, so that a sanitizer guards its end. */
static struct textbuf t;

static void
make(size_t cap)
{
	textbuf_init(&t, malloc(cap), cap);
}

static void
drop(void)
{
	free(t.at);
	t.at = NULL;
}

START_TEST(pieces_follow_each_other)
{
	make(64);
	ck_assert_str_eq(t.at, "");
	textbuf_add(&t, "a %d", 7);
	textbuf_add(&t, "%s", "");
	textbuf_add_line(&t, "b\n\"", 3);
	textbuf_add_json(&t, "c\n", 2);
	ck_assert_str_eq(t.at, "a 7b\\x0a\\x22c\\u000a");
	ck_assert_uint_eq(t.len, strlen(t.at));
}
END_TEST

START_TEST(what_does_not_fit_is_cut)
{
	size_t cap = (size_t)_i;

	make(cap);
	textbuf_add(&t, "0123456789");
	ck_assert_uint_eq(t.len, cap > 10 ? 10 : cap - 1);
	ck_assert_uint_eq(strlen(t.at), t.len);
	textbuf_add(&t, "0123456789");
	textbuf_add_line(&t, "0123456789\n\n\n", 13);
	textbuf_add_json(&t, "0123456789\n\n\n", 13);
	ck_assert_uint_lt(t.len, cap);
	ck_assert_uint_eq(strlen(t.at), t.len);
	ck_assert_int_eq(
	    strncmp(t.at, "01234567890123456789", t.len < 20 ? t.len : 20), 0);
}
END_TEST

START_TEST(foreign_bytes_are_cut_with_a_mark)
{
	make(12);
	textbuf_add_line(&t, "0123456789abcdef", 16);
	ck_assert_str_eq(t.at, "01234567...");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("textbuf");
	TCase *tc = tcase_create("buffer");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, NULL, drop);
	tcase_add_test(tc, pieces_follow_each_other);
	tcase_add_loop_test(tc, what_does_not_fit_is_cut, 1, 64);
	tcase_add_test(tc, foreign_bytes_are_cut_with_a_mark);
	return unit_run(s);
}
