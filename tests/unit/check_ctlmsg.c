#include <string.h>

#include "proto/ctlmsg.h"
#include "unit.h"

static const char *words[CTLMSG_WORDS_MAX];

START_TEST(an_order_is_taken_apart)
{
	char line[] = "scale git%20hub 5";

	ck_assert_int_eq(ctlmsg_split(line, words, 8), 3);
	ck_assert_str_eq(words[0], "scale");
	ck_assert_str_eq(words[1], "git hub");
	ck_assert_str_eq(words[2], "5");
}
END_TEST

static const char *const broken[] = { "", " ", "a ", " a", "a  b", "a %",
	"a %4", "a %4g", "a %00", "a b%", "1 2 3 4 5 6 7 8 9" };
static const bool fine[] = { [5] = true }; /* an empty argument */

START_TEST(what_is_no_order_is_refused)
{
	char line[64];
	int n;

	(void)strcpy(line, broken[_i]);
	n = ctlmsg_split(line, words, 8);
	if ((size_t)_i < sizeof(fine) && fine[_i])
		ck_assert_int_gt(n, 0);
	else
		ck_assert_int_eq(n, -1);
}
END_TEST

START_TEST(any_word_comes_back)
{
	char line[1200] = "x", word[256];
	size_t len, i;

	for (i = 0; i < 255; i++)
		word[i] = (char)(i + 1);
	word[255] = '\0';
	len = ctlmsg_put(line, sizeof(line), 1, word);
	ck_assert_uint_gt(len, 255);
	len = ctlmsg_put(line, sizeof(line), len, "");
	ck_assert_uint_eq(len, strlen(line));
	ck_assert_uint_eq(strcspn(line, "\n"), len);
	ck_assert_int_eq(ctlmsg_split(line, words, 8), 3);
	ck_assert_str_eq(words[1], word);
	ck_assert_str_eq(words[2], "");
}
END_TEST

START_TEST(what_does_not_fit_is_refused)
{
	char line[8];
	size_t cap;

	for (cap = 0; cap < sizeof(line); cap++)
		ck_assert_uint_eq(ctlmsg_put(line, cap, 0, "a b"), 0);
	ck_assert_uint_eq(ctlmsg_put(line, sizeof(line), 0, "abc"), 3);
}
END_TEST

START_TEST(an_answer_is_one_line_and_comes_back)
{
	struct ctlmsg_answer in = { _i == 0 ? 0 : 69, "two\nlines\33[m" }, out;
	char line[64];
	size_t len = ctlmsg_put_answer(line, sizeof(line), &in);

	ck_assert_uint_eq(len, strlen(line));
	ck_assert_uint_eq(strcspn(line, "\n"), len - 1);
	line[len - 1] = '\0';
	ck_assert_int_eq(ctlmsg_get_answer(line, &out), 0);
	ck_assert_int_eq(out.code, in.code);
	ck_assert_str_eq(out.text, "two lines [m");
}
END_TEST

START_TEST(a_long_answer_is_cut)
{
	static char text[5000];
	struct ctlmsg_answer in = { 1, text };
	char line[32];

	memset(text, 'x', sizeof(text) - 1);
	ck_assert_uint_eq(ctlmsg_put_answer(line, sizeof(line), &in), 31);
	ck_assert_int_eq(line[30], '\n');
}
END_TEST

START_TEST(what_is_no_answer_is_refused)
{
	static const char *const rows[] = { "", "okay", "error", "error x",
		"error 0 x", "error 256 x", "error 1", "fine" };
	struct ctlmsg_answer out;

	ck_assert_int_eq(ctlmsg_get_answer(rows[_i], &out), -1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ctlmsg");
	TCase *tc = tcase_create("lines");

	suite_add_tcase(s, tc);
	tcase_add_test(tc, an_order_is_taken_apart);
	tcase_add_loop_test(tc, what_is_no_order_is_refused, 0,
	    sizeof(broken) / sizeof(broken[0]));
	tcase_add_test(tc, any_word_comes_back);
	tcase_add_test(tc, what_does_not_fit_is_refused);
	tcase_add_loop_test(tc, an_answer_is_one_line_and_comes_back, 0, 2);
	tcase_add_test(tc, a_long_answer_is_cut);
	tcase_add_loop_test(tc, what_is_no_answer_is_refused, 0, 8);
	return unit_run(s);
}
