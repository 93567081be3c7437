#include <string.h>

#include "base/clock.h"
#include "master/stop.h"
#include "unit.h"

#define GRACE 10000
static struct stop st;

static void
setup(void)
{
	memset(&st, 0, sizeof(st));
}

START_TEST(nobody_stops_unasked)
{
	ck_assert_int_eq(stop_next(&st, GRACE, 1 << 30), STOP_WAIT);
	ck_assert_int_eq(stop_due(&st), CLOCK_NEVER);
}
END_TEST

START_TEST(a_stop_asks_then_insists_then_kills)
{
	stop_say(&st, 500);
	ck_assert_int_eq(stop_next(&st, GRACE, 500), STOP_RETIRE);
	ck_assert_int_eq(stop_next(&st, GRACE, 500), STOP_WAIT);
	ck_assert_int_eq(stop_due(&st), 10500);
	ck_assert_int_eq(stop_next(&st, GRACE, 10499), STOP_WAIT);
	ck_assert_int_eq(stop_next(&st, GRACE, 10500), STOP_END);
	ck_assert_int_eq(stop_next(&st, GRACE, 10500), STOP_WAIT);
	ck_assert_int_eq(stop_next(&st, GRACE, 10900), STOP_KILL);
	ck_assert_int_eq(stop_next(&st, GRACE, 10900), STOP_WAIT);
	/* Whoever was forked meanwhile gets it too. */
	ck_assert_int_eq(stop_next(&st, GRACE, 11900), STOP_KILL);
}
END_TEST

START_TEST(said_twice_it_insists_at_once)
{
	stop_say(&st, 0);
	ck_assert_int_eq(stop_next(&st, GRACE, 0), STOP_RETIRE);
	stop_say(&st, 100);
	ck_assert_int_eq(stop_next(&st, GRACE, 100), STOP_END);
	ck_assert_int_eq(stop_next(&st, GRACE, 100), STOP_WAIT);
	ck_assert_int_le(stop_due(&st), 300);
	ck_assert_int_eq(stop_next(&st, GRACE, 300), STOP_KILL);
}
END_TEST

START_TEST(said_three_times_it_kills_at_once)
{
	stop_say(&st, 0);
	(void)stop_next(&st, GRACE, 0);
	stop_say(&st, 1);
	(void)stop_next(&st, GRACE, 1);
	stop_say(&st, 2);
	ck_assert_int_eq(stop_next(&st, GRACE, 2), STOP_KILL);
}
END_TEST

START_TEST(said_twice_before_anybody_looked_it_insists_at_once)
{
	stop_say(&st, 0);
	stop_say(&st, 0);
	ck_assert_int_eq(stop_next(&st, GRACE, 0), STOP_END);
}
END_TEST

START_TEST(without_grace_it_insists_in_the_same_turn)
{
	stop_say(&st, 5);
	ck_assert_int_eq(stop_next(&st, 0, 5), STOP_RETIRE);
	ck_assert_int_eq(stop_next(&st, 0, 5), STOP_END);
	ck_assert_int_eq(stop_next(&st, 0, 5), STOP_WAIT);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("stop");
	TCase *tc = tcase_create("sequence");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, nobody_stops_unasked);
	tcase_add_test(tc, a_stop_asks_then_insists_then_kills);
	tcase_add_test(tc, said_twice_it_insists_at_once);
	tcase_add_test(tc, said_three_times_it_kills_at_once);
	tcase_add_test(tc, said_twice_before_anybody_looked_it_insists_at_once);
	tcase_add_test(tc, without_grace_it_insists_in_the_same_turn);
	return unit_run(s);
}
