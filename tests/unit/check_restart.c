#include <string.h>

#include "master/restart.h"
#include "unit.h"

static const struct restart_conf conf = { .delay_ms = 100,
	.delay_max_ms = 1000 };
static const struct restart_conf native = {
	.delay_ms = 100, .delay_max_ms = 1000, .kill_is_failure = true
};
static struct restart r;

static void
setup(void)
{
	memset(&r, 0, sizeof(r));
}

static void
die(enum restart_end end, int64_t born, int64_t now, bool settled)
{
	const struct restart_life life = {
		.end = end, .born_ms = born, .settled = settled
	};

	restart_died(&r, &conf, &life, now);
}

/* A worker is started when that is allowed and dies 1 ms later; the pause
 * that follows. */
static int64_t
young_death(int64_t *now)
{
	if (restart_due(&r) > *now)
		*now = restart_due(&r);
	restart_born(&r, *now);
	*now += 1;
	die(RESTART_FAILED, *now - 1, *now, false);
	return restart_due(&r) > *now ? restart_due(&r) - *now : 0;
}

START_TEST(a_healthy_pool_starts_at_once)
{
	ck_assert_int_eq(restart_due(&r), 0);
	ck_assert(!restart_troubled(&r));
}
END_TEST

START_TEST(the_first_young_death_is_replaced_at_once)
{
	int64_t now = 5000;

	ck_assert_int_eq(young_death(&now), 0);
	ck_assert(restart_troubled(&r));
}
END_TEST

START_TEST(pauses_double_up_to_the_longest)
{
	const int64_t want[] = { 0, 100, 200, 400, 800, 1000, 1000 };
	int64_t now = 5000;
	size_t i;

	for (i = 0; i < sizeof(want) / sizeof(want[0]); i++)
		ck_assert_int_eq(young_death(&now), want[i]);
}
END_TEST

START_TEST(workers_that_die_together_double_once)
{
	int i;

	for (i = 0; i < 8; i++)
		die(RESTART_FAILED, 5000, 5001, false);
	ck_assert_int_eq(restart_due(&r), 5101);
}
END_TEST

START_TEST(one_is_tried_for_each_pause)
{
	die(RESTART_FAILED, 0, 1, false);
	die(RESTART_FAILED, 0, 1, false);
	ck_assert_int_eq(restart_due(&r), 101);
	restart_born(&r, 101);
	ck_assert_int_eq(restart_due(&r), 201);
}
END_TEST

START_TEST(a_worker_that_settles_forgives_everything)
{
	int64_t now = 5000;
	int i;

	for (i = 0; i < 5; i++)
		(void)young_death(&now);
	restart_settled(&r, now + 1000, 1000);
	ck_assert_int_eq(restart_due(&r), 0);
	ck_assert(!restart_troubled(&r));
}
END_TEST

START_TEST(one_that_settled_before_the_trouble_forgives_nothing)
{
	int64_t now = 5000;

	(void)young_death(&now);
	(void)young_death(&now);
	restart_settled(&r, 3000, 1000);
	ck_assert(restart_troubled(&r));
}
END_TEST

START_TEST(one_that_dies_settled_is_replaced_at_once)
{
	int64_t now = 5000;
	int i;

	for (i = 0; i < 4; i++)
		(void)young_death(&now);
	die(RESTART_FAILED, now, now + 2000, true);
	ck_assert_int_eq(restart_due(&r), 0);
}
END_TEST

START_TEST(retiring_settled_is_no_failure)
{
	die(RESTART_RETIRED, 0, 2000, true);
	die(RESTART_RETIRED, 0, 2000, true);
	ck_assert_int_eq(restart_due(&r), 0);
	ck_assert(!restart_troubled(&r));
}
END_TEST

START_TEST(retiring_young_and_unserved_is_a_failure)
{
	die(RESTART_RETIRED, 0, 1, false);
	die(RESTART_RETIRED, 0, 1, false);
	ck_assert_int_eq(restart_due(&r), 101);
}
END_TEST

START_TEST(exit_78_waits_the_longest_pause)
{
	die(RESTART_CONFIG, 0, 1, false);
	ck_assert_int_eq(restart_due(&r), 1001);
}
END_TEST

START_TEST(who_kills_workers_does_not_slow_the_pool)
{
	int i;

	for (i = 0; i < 1000; i++)
		die(RESTART_KILLED, i, i + 1, false);
	ck_assert_int_eq(restart_due(&r), 0);
}
END_TEST

START_TEST(a_native_program_that_is_killed_young_failed)
{
	const struct restart_life life = { .end = RESTART_KILLED };

	restart_died(&r, &native, &life, 1);
	restart_died(&r, &native, &life, 1);
	ck_assert_int_eq(restart_due(&r), 101);
}
END_TEST

START_TEST(a_failing_fork_backs_off_and_never_gives_up)
{
	int64_t now = 1;
	int i;

	for (i = 0; i < 100; i++) {
		restart_unborn(&r, &conf, now);
		ck_assert_int_gt(restart_due(&r), now);
		ck_assert_int_le(restart_due(&r), now + 1000);
		now = restart_due(&r);
	}
	ck_assert_int_gt(now, 90000);
}
END_TEST

START_TEST(without_a_delay_it_still_does_not_spin)
{
	const struct restart_conf none = { .delay_max_ms = 50 };
	const struct restart_life life = { .end = RESTART_FAILED };

	restart_died(&r, &none, &life, 1);
	restart_died(&r, &none, &life, 1);
	ck_assert_int_gt(restart_due(&r), 1);
}
END_TEST

START_TEST(a_crash_loop_of_eight_starts_at_most_twenty_a_minute)
{
	const struct restart_conf usual = { .delay_ms = 100,
		.delay_max_ms = 60000 };
	int64_t now = 1000, end = now + 60000;
	int i, starts = 8;

	for (i = 0; i < 8; i++) {
		const struct restart_life life = { .end = RESTART_FAILED,
			.born_ms = now };

		restart_died(&r, &usual, &life, now + 2);
	}
	while ((now = restart_due(&r)) < end) {
		const struct restart_life life = { .end = RESTART_FAILED,
			.born_ms = now };

		restart_born(&r, now);
		starts++;
		restart_died(&r, &usual, &life, now + 2);
	}
	ck_assert_int_le(starts, 20);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("restart");
	TCase *tc = tcase_create("policy");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, a_healthy_pool_starts_at_once);
	tcase_add_test(tc, the_first_young_death_is_replaced_at_once);
	tcase_add_test(tc, pauses_double_up_to_the_longest);
	tcase_add_test(tc, workers_that_die_together_double_once);
	tcase_add_test(tc, one_is_tried_for_each_pause);
	tcase_add_test(tc, a_worker_that_settles_forgives_everything);
	tcase_add_test(
	    tc, one_that_settled_before_the_trouble_forgives_nothing);
	tcase_add_test(tc, one_that_dies_settled_is_replaced_at_once);
	tcase_add_test(tc, retiring_settled_is_no_failure);
	tcase_add_test(tc, retiring_young_and_unserved_is_a_failure);
	tcase_add_test(tc, exit_78_waits_the_longest_pause);
	tcase_add_test(tc, who_kills_workers_does_not_slow_the_pool);
	tcase_add_test(tc, a_native_program_that_is_killed_young_failed);
	tcase_add_test(tc, a_failing_fork_backs_off_and_never_gives_up);
	tcase_add_test(tc, without_a_delay_it_still_does_not_spin);
	tcase_add_test(
	    tc, a_crash_loop_of_eight_starts_at_most_twenty_a_minute);
	return unit_run(s);
}
