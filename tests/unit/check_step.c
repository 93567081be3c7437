/* check_step.c - the steps of a start, between worker and master. */
#include <check.h>
#include <limits.h>
#include <stdlib.h>

#include "board/step.h"

START_TEST(a_step_arrives_as_it_was_meant)
{
	ck_assert_str_eq(step_text(step_code("chroot")), "chroot");
	ck_assert_str_eq(
	    step_text(step_code("execve")), "executing the program");
}
END_TEST

START_TEST(what_is_no_step_has_no_text)
{
	int64_t last = 1;

	ck_assert_int_eq(step_code("dancing"), 0);
	while (step_text(last + 1) != NULL)
		last++;
	ck_assert_int_ge(last, step_code("execve"));
	ck_assert_ptr_null(step_text(0));
	ck_assert_ptr_null(step_text(-1));
	ck_assert_ptr_null(step_text(INT64_MIN));
	ck_assert_ptr_null(step_text(INT64_MAX));
}
END_TEST

static Suite *
step_suite(void)
{
	Suite *s = suite_create("step");
	TCase *t = tcase_create("step");

	tcase_add_test(t, a_step_arrives_as_it_was_meant);
	tcase_add_test(t, what_is_no_step_has_no_text);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner *runner = srunner_create(step_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
