#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "master/lines.h"

static struct lines lines;
static char got[8 * LINES_MAX]; /* each line behind a '|' */

static void
note(const struct span *line)
{
	size_t len = strlen(got);

	ck_assert_uint_le(line->len, LINES_MAX);
	got[len] = '|';
	memcpy(got + len + 1, line->at, line->len);
	got[len + 1 + line->len] = '\0';
}

static void
feed(const char *text, size_t len)
{
	struct span in = { .at = (const uint8_t *)text, .len = len }, line;

	while (lines_next(&lines, &in, &line))
		note(&line);
	ck_assert_uint_eq(in.len, 0);
}

static void
end(void)
{
	struct span line;

	if (lines_last(&lines, &line))
		note(&line);
	ck_assert(!lines_last(&lines, &line));
}

static void
setup(void)
{
	memset(&lines, 0, sizeof(lines));
	got[0] = '\0';
}

START_TEST(lines_come_without_their_ends)
{
	feed("one\ntwo\r\n\n\r\nthree", 18);
	ck_assert_str_eq(got, "|one|two");
	end();
	ck_assert_str_eq(got, "|one|two|three");
}
END_TEST

START_TEST(lines_are_the_same_however_they_are_cut)
{
	static const char text[] = "first\nsecond\r\n\nlast\n";
	size_t cut;

	for (cut = 0; cut < sizeof(text); cut++) {
		char *a = malloc(cut + 1), *b = malloc(sizeof(text) - cut);

		memcpy(a, text, cut);
		memcpy(b, text + cut, sizeof(text) - 1 - cut);
		setup();
		feed(a, cut);
		feed(b, sizeof(text) - 1 - cut);
		end();
		ck_assert_str_eq(got, "|first|second|last");
		free(a);
		free(b);
	}
}
END_TEST

START_TEST(a_long_line_goes_on_as_another)
{
	static char text[2 * LINES_MAX + 3];

	memset(text, 'x', sizeof(text));
	text[LINES_MAX] = '\n';         /* exactly full: one line */
	text[2 * LINES_MAX + 2] = '\n'; /* one byte too many: two */
	feed(text, sizeof(text));
	ck_assert_uint_eq(strlen(got), 2 * LINES_MAX + 1 + 3);
	ck_assert_int_eq(got[0], '|');
	ck_assert_int_eq(got[LINES_MAX + 1], '|');
	ck_assert_str_eq(got + 2 * LINES_MAX + 2, "|x");
}
END_TEST

static Suite *
lines_suite(void)
{
	Suite *s = suite_create("lines");
	TCase *t = tcase_create("lines");

	tcase_add_checked_fixture(t, setup, NULL);
	tcase_add_test(t, lines_come_without_their_ends);
	tcase_add_test(t, lines_are_the_same_however_they_are_cut);
	tcase_add_test(t, a_long_line_goes_on_as_another);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner *r = srunner_create(lines_suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
