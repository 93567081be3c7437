#include "master/members.h"
#include "unit.h"

#define LIFE 8000
#define WORKERS 100

START_TEST(nobody_goes_before_his_time_or_long_after_it)
{
	pid_t pid;

	for (pid = 1; pid < 100000; pid += 37) {
		int64_t due = age_due(500, LIFE, pid);

		ck_assert_int_ge(due, 500 + LIFE);
		ck_assert_int_le(due, 500 + LIFE + LIFE / 8);
		ck_assert_int_eq(due, age_due(500, LIFE, pid));
	}
}
END_TEST

/* Processes that are born together have numbers in a row. */
START_TEST(those_born_together_do_not_go_together)
{
	int tenth[10] = { 0 }, i;

	for (i = 0; i < WORKERS; i++)
		tenth[(age_due(0, LIFE, 4000 + i) - LIFE) * 10 /
		    (LIFE / 8 + 1)]++;
	for (i = 0; i < 10; i++) {
		ck_assert_int_ge(tenth[i], WORKERS / 30);
		ck_assert_int_le(tenth[i], WORKERS / 4);
	}
}
END_TEST

START_TEST(the_shortest_life_has_no_eighth)
{
	ck_assert_int_eq(age_due(10, 1, 4711), 11);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("age");
	TCase *tc = tcase_create("due");

	suite_add_tcase(s, tc);
	tcase_add_test(tc, nobody_goes_before_his_time_or_long_after_it);
	tcase_add_test(tc, those_born_together_do_not_go_together);
	tcase_add_test(tc, the_shortest_life_has_no_eighth);
	return unit_run(s);
}
