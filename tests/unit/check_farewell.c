#include <check.h>
#include <stdlib.h>

#include "base/clock.h"
#include "master/farewell.h"

#define GRACE 1000

static const struct farewell_view idle = { PEEK_IDLE, false };
static const struct farewell_view stopped = { PEEK_IDLE, true };
static const struct farewell_view busy = { PEEK_BUSY, false };
static const struct farewell_view caught = { PEEK_BUSY, true };
static const struct farewell_view unknown = { PEEK_UNKNOWN, false };

START_TEST(nobody_goes_unasked)
{
	struct farewell f = { 0 };

	ck_assert_int_eq(farewell_next(&f, &idle, 1 << 20), FAREWELL_WAIT);
	ck_assert_int_eq(farewell_due(&f), CLOCK_NEVER);
}
END_TEST

START_TEST(an_idle_one_is_held_looked_at_and_told)
{
	struct farewell f = { 0 };

	farewell_begin(&f, GRACE, 0);
	ck_assert_int_eq(farewell_due(&f), 0);
	ck_assert_int_eq(farewell_next(&f, &idle, 0), FAREWELL_HOLD);
	ck_assert_int_gt(farewell_due(&f), 0);
	ck_assert_int_le(farewell_due(&f), 5);
	ck_assert_int_eq(
	    farewell_next(&f, &stopped, farewell_due(&f)), FAREWELL_TELL);
	ck_assert_int_eq(farewell_due(&f), CLOCK_NEVER);
	ck_assert_int_eq(farewell_next(&f, &stopped, GRACE), FAREWELL_WAIT);
}
END_TEST

START_TEST(one_that_takes_a_connection_meanwhile_goes_on)
{
	struct farewell f = { 0 };
	int64_t now;

	farewell_begin(&f, GRACE, 0);
	(void)farewell_next(&f, &idle, 0);
	now = farewell_due(&f);
	ck_assert_int_eq(farewell_next(&f, &caught, now), FAREWELL_LET_GO);
	now = farewell_due(&f);
	ck_assert_int_eq(farewell_next(&f, &busy, now), FAREWELL_WAIT);
	now = farewell_due(&f);
	ck_assert_int_eq(farewell_next(&f, &idle, now), FAREWELL_HOLD);
}
END_TEST

START_TEST(who_is_seen_with_a_connection_is_waited_for)
{
	struct farewell f = { 0 };

	ck_assert(!farewell_waits(&f));
	farewell_begin(&f, GRACE, 0);
	ck_assert(!farewell_waits(&f)); /* nobody has looked */
	(void)farewell_next(&f, &unknown, farewell_due(&f));
	ck_assert(!farewell_waits(&f));
	(void)farewell_next(&f, &busy, farewell_due(&f));
	ck_assert(farewell_waits(&f));
	(void)farewell_next(&f, &idle, farewell_due(&f));
	ck_assert(!farewell_waits(&f));
	(void)farewell_next(&f, &stopped, farewell_due(&f));
	ck_assert(!farewell_waits(&f)); /* told, and not gone yet */
}
END_TEST

START_TEST(one_that_does_not_stop_is_not_held_for_long)
{
	struct farewell f = { 0 };
	enum farewell_act act = FAREWELL_WAIT;
	int64_t now = 0;

	farewell_begin(&f, GRACE, 0);
	(void)farewell_next(&f, &idle, 0);
	while (act == FAREWELL_WAIT) {
		now = farewell_due(&f);
		act = farewell_next(&f, &idle, now);
	}
	ck_assert_int_eq(act, FAREWELL_LET_GO);
	ck_assert_int_le(now, 60);
}
END_TEST

static const struct farewell_view *const never_idle[] = { &busy, &caught,
	&unknown };

START_TEST(after_the_grace_it_is_told_in_any_case)
{
	struct farewell f = { 0 };
	enum farewell_act act = FAREWELL_WAIT;
	int64_t now = 0;
	int looks = 0;

	farewell_begin(&f, GRACE, 0);
	for (; act != FAREWELL_TELL; looks++) {
		now = farewell_due(&f);
		act = farewell_next(&f, never_idle[_i], now);
		ck_assert_int_ne(act, FAREWELL_HOLD);
	}
	ck_assert_int_eq(now, GRACE);
	ck_assert_int_lt(looks, 40);
}
END_TEST

START_TEST(asked_again_it_has_no_more_time)
{
	struct farewell f = { 0 };

	farewell_begin(&f, GRACE, 0);
	(void)farewell_next(&f, &busy, 0);
	farewell_begin(&f, GRACE, 900);
	ck_assert_int_eq(farewell_next(&f, &busy, GRACE), FAREWELL_TELL);
}
END_TEST

static Suite *
farewell_suite(void)
{
	Suite *s = suite_create("farewell");
	TCase *t = tcase_create("farewell");

	tcase_add_test(t, nobody_goes_unasked);
	tcase_add_test(t, an_idle_one_is_held_looked_at_and_told);
	tcase_add_test(t, one_that_takes_a_connection_meanwhile_goes_on);
	tcase_add_test(t, who_is_seen_with_a_connection_is_waited_for);
	tcase_add_test(t, one_that_does_not_stop_is_not_held_for_long);
	tcase_add_loop_test(t, after_the_grace_it_is_told_in_any_case, 0, 3);
	tcase_add_test(t, asked_again_it_has_no_more_time);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner *r = srunner_create(farewell_suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
