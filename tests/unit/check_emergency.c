/* How many crashes within how long are too many. */
#include <string.h>

#include "master/emergency.h"
#include "unit.h"

static struct emergency e;
static const struct emergency_conf three = { 3, 1000 };

static void
setup(void)
{
	memset(&e, 0, sizeof(e));
}

START_TEST(without_a_threshold_nothing_happens)
{
	const struct emergency_conf none = { 0, 1000 };
	int i;

	for (i = 0; i < 9999; i++)
		ck_assert(!emergency_crashed(&e, &none, i));
}
END_TEST

START_TEST(so_many_within_the_interval_are_too_many)
{
	ck_assert(!emergency_crashed(&e, &three, 5000));
	ck_assert(!emergency_crashed(&e, &three, 5001));
	ck_assert(emergency_crashed(&e, &three, 6000));
}
END_TEST

START_TEST(spread_over_more_than_the_interval_they_are_not)
{
	int64_t now;

	for (now = 0; now < 100000; now += 501)
		ck_assert(!emergency_crashed(&e, &three, now));
	/* Two in time with the last one. */
	ck_assert(emergency_crashed(&e, &three, now - 500));
}
END_TEST

START_TEST(those_that_led_to_it_do_not_count_again)
{
	int i;

	for (i = 1; i <= 9; i++)
		ck_assert_int_eq(
		    emergency_crashed(&e, &three, 5000), i % 3 == 0);
}
END_TEST

START_TEST(one_is_enough_when_one_is_the_threshold)
{
	const struct emergency_conf first = { 1, 1 };

	ck_assert(emergency_crashed(&e, &first, 5));
	ck_assert(emergency_crashed(&e, &first, 5));
}
END_TEST

START_TEST(another_threshold_counts_anew)
{
	const struct emergency_conf most = { EMERGENCY_MAX, 1000 };
	int i;

	ck_assert(!emergency_crashed(&e, &three, 1));
	ck_assert(!emergency_crashed(&e, &three, 1));
	for (i = 1; i < EMERGENCY_MAX; i++)
		ck_assert(!emergency_crashed(&e, &most, 1));
	ck_assert(emergency_crashed(&e, &most, 1));
	ck_assert(!emergency_crashed(&e, &three, 1));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("emergency");
	TCase *tc = tcase_create("policy");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, without_a_threshold_nothing_happens);
	tcase_add_test(tc, so_many_within_the_interval_are_too_many);
	tcase_add_test(tc, spread_over_more_than_the_interval_they_are_not);
	tcase_add_test(tc, those_that_led_to_it_do_not_count_again);
	tcase_add_test(tc, one_is_enough_when_one_is_the_threshold);
	tcase_add_test(tc, another_threshold_counts_anew);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
