#include <check.h>
#include <stdlib.h>

#include "base/clock.h"
#include "master/idle.h"
#include "unit.h"

#define LIMIT 80000

static struct idle idle;
static struct idle_view view;

static void
setup(void)
{
	idle = (struct idle){ 0 };
	view = (struct idle_view){ 0 };
}

/* Look at every moment until END; the first at which it was long, or -1. */
static int64_t
watch(int64_t from, int64_t end)
{
	int64_t now;

	for (now = from; now < end; now += 100)
		if (idle_long(&idle, &view, LIMIT, now))
			return now;
	return -1;
}

START_TEST(without_a_limit_nothing_is_long)
{
	ck_assert(!idle_long(&idle, &view, 0, 1));
	ck_assert(!idle_long(&idle, &view, 0, INT64_C(1) << 40));
	ck_assert_int_eq(idle_due(&idle, 0), CLOCK_NEVER);
}
END_TEST

START_TEST(a_service_that_nobody_ever_used_is_idle_from_its_start)
{
	int64_t end = watch(5000, LIMIT * 2);

	ck_assert_int_ge(end, 5000 + LIMIT);
	ck_assert_int_le(end, 5000 + LIMIT + LIMIT / 4);
}
END_TEST

START_TEST(each_connection_begins_the_wait_anew)
{
	int64_t now, end;

	for (now = 0; now < LIMIT * 4; now += LIMIT / 2) {
		view.events++;
		ck_assert_int_eq(watch(now, now + LIMIT / 2), -1);
	}
	end = watch(now, now + LIMIT * 2);
	ck_assert_int_ge(end, now - LIMIT / 2 + LIMIT);
	ck_assert_int_le(end, now + LIMIT);
}
END_TEST

START_TEST(what_a_program_ran_begins_the_wait_anew)
{
	view.marks = UINT64_MAX;
	ck_assert_int_eq(watch(0, LIMIT - LIMIT / 8), -1);
	view.marks = 3; /* it is a mark, and no sum */
	ck_assert_int_eq(watch(LIMIT - LIMIT / 8, LIMIT + LIMIT / 2), -1);
	ck_assert_int_gt(watch(LIMIT + LIMIT / 2, LIMIT * 3), LIMIT);
}
END_TEST

START_TEST(a_request_that_runs_for_long_is_not_idle)
{
	view.active = true;
	ck_assert_int_eq(watch(0, LIMIT * 5), -1);
	view.active = false;
	ck_assert_int_gt(watch(LIMIT * 5, LIMIT * 7), LIMIT * 5 + LIMIT / 2);
}
END_TEST

START_TEST(it_looks_seldom_and_not_more_often_when_asked_more)
{
	ck_assert(!idle_long(&idle, &view, LIMIT, 0));
	ck_assert_int_eq(idle_due(&idle, LIMIT), LIMIT / 8 + 1);
	view.events = 7;
	ck_assert(!idle_long(&idle, &view, LIMIT, 1));
	ck_assert_uint_eq(idle.events, 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("idle");
	TCase *tc = tcase_create("idle");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, without_a_limit_nothing_is_long);
	tcase_add_test(
	    tc, a_service_that_nobody_ever_used_is_idle_from_its_start);
	tcase_add_test(tc, each_connection_begins_the_wait_anew);
	tcase_add_test(tc, what_a_program_ran_begins_the_wait_anew);
	tcase_add_test(tc, a_request_that_runs_for_long_is_not_idle);
	tcase_add_test(tc, it_looks_seldom_and_not_more_often_when_asked_more);
	return unit_run(s);
}
