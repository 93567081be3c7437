/* check_pulse.c - who is stuck, and who only looks like it. */

#include "master/pulse.h"
#include "unit.h"

START_TEST(who_answers_is_asked_again_and_again)
{
	struct pulse p = { 0 };
	int i;

	for (i = 0; i < 100; i++) {
		ck_assert_int_eq(pulse_next(&p, true), PULSE_ASK);
		pulse_heard(&p);
	}
}
END_TEST

START_TEST(who_answers_late_is_fine)
{
	struct pulse p = { 0 };
	int i, k;

	for (i = 0; i < 10; i++) {
		ck_assert_int_eq(pulse_next(&p, true), PULSE_ASK);
		for (k = 1; k < PULSE_MISSES; k++)
			ck_assert_int_eq(pulse_next(&p, true), PULSE_FINE);
		pulse_heard(&p);
	}
}
END_TEST

START_TEST(who_never_answers_is_stuck)
{
	struct pulse p = { 0 };
	int k;

	ck_assert_int_eq(pulse_next(&p, true), PULSE_ASK);
	for (k = 1; k < PULSE_MISSES; k++)
		ck_assert_int_eq(pulse_next(&p, true), PULSE_FINE);
	ck_assert_int_eq(pulse_next(&p, true), PULSE_STUCK);
}
END_TEST

START_TEST(who_rests_is_not_asked)
{
	struct pulse p = { 0 };
	int i;

	for (i = 0; i < 10; i++)
		ck_assert_int_eq(pulse_next(&p, false), PULSE_FINE);
	ck_assert_int_eq(pulse_next(&p, true), PULSE_ASK);
	ck_assert_int_eq(pulse_next(&p, false), PULSE_FINE);
	ck_assert_int_eq(pulse_next(&p, true), PULSE_ASK);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("pulse");
	TCase *tc = tcase_create("whole");

	suite_add_tcase(s, tc);
	tcase_add_test(tc, who_answers_is_asked_again_and_again);
	tcase_add_test(tc, who_answers_late_is_fine);
	tcase_add_test(tc, who_never_answers_is_stuck);
	tcase_add_test(tc, who_rests_is_not_asked);
	return unit_run(s);
}
