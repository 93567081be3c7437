/* Workers of all pools together: who may have how many. */
#include <limits.h>

#include "master/ration.h"
#include "unit.h"

static struct ration_claim
of(int have)
{
	return (
	    struct ration_claim){ .have = have, .wants = true, .always = true };
}

static void
count(struct ration *r, int have, bool wants)
{
	const struct ration_claim c = { .have = have, .wants = wants };

	ration_count(r, &c);
}

/* A stock of MAX with two pools that have A and B. */
static struct ration
stock(int max, int a, int b)
{
	struct ration r = { .max = max };

	count(&r, a, true);
	count(&r, b, true);
	return r;
}

START_TEST(without_a_bound_all_may_be_had)
{
	const struct ration r = stock(0, 1000, 1000);
	const struct ration_claim c = of(1000);

	ck_assert_int_eq(ration_room(&r, &c), INT_MAX);
}
END_TEST

START_TEST(what_others_have_is_not_there)
{
	const struct ration r = stock(10, 3, 4);
	const struct ration_claim c = of(3);

	ck_assert_int_eq(ration_room(&r, &c), 3);
}
END_TEST

START_TEST(a_pool_without_any_is_left_one)
{
	struct ration r = stock(10, 3, 0);
	const struct ration_claim a = of(3), b = of(0);

	ck_assert_int_eq(ration_room(&r, &a), 6);
	ck_assert_int_eq(ration_room(&r, &b), 7);
	ration_take(&r, &b);
	ck_assert_int_eq(ration_room(&r, &a), 6);
}
END_TEST

START_TEST(one_that_wants_none_is_left_none)
{
	struct ration r = { .max = 10 };
	const struct ration_claim a = of(3);

	count(&r, 3, true);
	count(&r, 0, false); /* drained */
	ck_assert_int_eq(ration_room(&r, &a), 7);
}
END_TEST

START_TEST(a_start_is_counted_at_once)
{
	struct ration r = stock(4, 1, 1);
	const struct ration_claim a = of(1);

	ration_take(&r, &a);
	ck_assert_int_eq(ration_room(&r, &a), 1);
	ration_take(&r, &a);
	ck_assert_int_eq(ration_room(&r, &a), 0);
}
END_TEST

START_TEST(who_has_none_gets_one_also_when_there_are_too_many)
{
	/* As after a reload with a smaller number. */
	const struct ration r = stock(4, 9, 0);
	const struct ration_claim a = of(9), b = of(0);

	ck_assert_int_eq(ration_room(&r, &a), 0);
	ck_assert_int_eq(ration_room(&r, &b), 1);
}
END_TEST

START_TEST(one_on_demand_waits_for_the_next_that_is_to_be_had)
{
	struct ration r = { .max = 4 };
	const struct ration_claim a = of(4), b = { .wants = true };

	count(&r, 4, true);
	ration_count(&r, &b);
	ck_assert_int_eq(ration_room(&r, &b), 0);
	r.taken--;
	ck_assert_int_eq(ration_room(&r, &a), 0);
	ck_assert_int_eq(ration_room(&r, &b), 1);
}
END_TEST

START_TEST(a_new_generation_can_begin_beside_the_old_one)
{
	const struct ration r = stock(4, 2, 2);
	const struct ration_claim first = { .have = 2, .replaces = true };
	const struct ration_claim next = of(3);

	ck_assert_int_eq(ration_room(&r, &first), 1);
	ck_assert_int_eq(ration_room(&r, &next), 0);
}
END_TEST

/* Whatever pools want and in which order they come, there are never more
 * than the bound says, and each has one. */
START_TEST(pools_that_start_together_stay_within_the_bound)
{
	int wants[] = { 10, 1, 5, 0, 30 }, have[5] = { 0 }, turn, i, sum = 0;
	const int max = _i + 4;
	struct ration r = { .max = max };

	for (i = 0; i < 5; i++)
		count(&r, 0, wants[i] > 0);
	for (turn = 0; turn < 40; turn++)
		for (i = 0; i < 5; i++) {
			const struct ration_claim c = of(have[i]);

			if (have[i] == wants[i] || ration_room(&r, &c) < 1)
				continue;
			ration_take(&r, &c);
			have[i]++;
			sum++;
		}
	ck_assert_int_eq(sum, max < 46 ? max : 46);
	for (i = 0; i < 5; i++)
		ck_assert(have[i] > 0 || wants[i] == 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ration");
	TCase *tc = tcase_create("policy");

	tcase_add_test(tc, without_a_bound_all_may_be_had);
	tcase_add_test(tc, what_others_have_is_not_there);
	tcase_add_test(tc, a_pool_without_any_is_left_one);
	tcase_add_test(tc, one_that_wants_none_is_left_none);
	tcase_add_test(tc, a_start_is_counted_at_once);
	tcase_add_test(tc, who_has_none_gets_one_also_when_there_are_too_many);
	tcase_add_test(tc, one_on_demand_waits_for_the_next_that_is_to_be_had);
	tcase_add_test(tc, a_new_generation_can_begin_beside_the_old_one);
	tcase_add_loop_test(
	    tc, pools_that_start_together_stay_within_the_bound, 0, 50);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
