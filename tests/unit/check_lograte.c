#include "base/clock.h"
#include "master/lograte.h"
#include "unit.h"

START_TEST(a_loop_of_failures_logs_a_line_a_second)
{
	struct lograte rate = { 0 };
	unsigned left_out = 0, left_sum = 0;
	int64_t now;
	int lines = 0;

	for (now = 0; now < 60000; now += 10) {
		left_out = 0;
		if (lograte_allows(&rate, now, &left_out))
			lines++;
		left_sum += left_out;
	}
	ck_assert_int_le(lines, 70);
	ck_assert_int_ge(lines, 60);
	ck_assert_uint_ge(left_sum, 5900 - 100);
}
END_TEST

START_TEST(a_few_lines_pass_at_once_and_again_after_a_rest)
{
	struct lograte rate = { 0 };
	unsigned left_out;
	int i, n = 0;

	for (i = 0; i < 20; i++)
		n += lograte_allows(&rate, 0, &left_out);
	ck_assert_int_eq(n, 10);
	ck_assert(lograte_allows(&rate, 100000, &left_out));
	ck_assert_uint_eq(left_out, 10);
	for (i = 0; i < 20; i++)
		n += lograte_allows(&rate, 100000, &left_out);
	ck_assert_int_eq(n, 19);
}
END_TEST

START_TEST(what_was_left_out_is_said_once)
{
	struct lograte rate = { 0 };
	unsigned left_out;
	int i;

	for (i = 0; i < 15; i++)
		(void)lograte_allows(&rate, 0, &left_out);
	ck_assert(lograte_allows(&rate, 1000, &left_out));
	ck_assert_uint_eq(left_out, 5);
	ck_assert(lograte_allows(&rate, 2000, &left_out));
	ck_assert_uint_eq(left_out, 0);
}
END_TEST

START_TEST(what_was_left_out_is_due_when_a_line_may_be_written)
{
	struct lograte rate = { 0 };
	unsigned left_out = 0;
	int i;

	ck_assert_int_eq(lograte_due(&rate), CLOCK_NEVER);
	for (i = 0; i < 10; i++)
		(void)lograte_allows(&rate, 500, &left_out);
	ck_assert_int_eq(lograte_due(&rate), CLOCK_NEVER);
	for (i = 0; i < 3; i++)
		ck_assert(!lograte_allows(&rate, 700, &left_out));
	ck_assert_int_eq(lograte_due(&rate), 1500);
	ck_assert(lograte_allows(&rate, lograte_due(&rate), &left_out));
	ck_assert_uint_eq(left_out, 3);
	ck_assert_int_eq(lograte_due(&rate), CLOCK_NEVER);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("lograte");
	TCase *tc = tcase_create("rate");

	suite_add_tcase(s, tc);
	tcase_add_test(tc, a_loop_of_failures_logs_a_line_a_second);
	tcase_add_test(tc, a_few_lines_pass_at_once_and_again_after_a_rest);
	tcase_add_test(tc, what_was_left_out_is_said_once);
	tcase_add_test(tc, what_was_left_out_is_due_when_a_line_may_be_written);
	return unit_run(s);
}
