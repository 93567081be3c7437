#include <string.h>

#include "board/histogram.h"
#include "unit.h"

START_TEST(a_bound_is_in_its_own_bucket_and_one_more_is_not)
{
	size_t i = (size_t)_i;

	ck_assert_uint_eq(histogram_bucket(histogram_bound_us(i)), i);
	ck_assert_uint_eq(histogram_bucket(histogram_bound_us(i) + 1), i + 1);
}
END_TEST

START_TEST(bounds_are_one_two_five)
{
	ck_assert_int_eq(histogram_bound_us(0), 100);
	ck_assert_int_eq(histogram_bound_us(1), 200);
	ck_assert_int_eq(histogram_bound_us(2), 500);
	ck_assert_int_eq(histogram_bound_us(3), 1000);
	ck_assert_int_eq(histogram_bound_us(HISTOGRAM_BUCKETS - 2), 500000000);
	ck_assert_int_eq(histogram_bound_us(HISTOGRAM_BUCKETS - 1), INT64_MAX);
}
END_TEST

START_TEST(any_duration_has_a_bucket)
{
	ck_assert_uint_eq(histogram_bucket(INT64_MIN), 0);
	ck_assert_uint_eq(histogram_bucket(0), 0);
	ck_assert_uint_eq(histogram_bucket(INT64_MAX), HISTOGRAM_BUCKETS - 1);
}
END_TEST

START_TEST(an_empty_one_has_no_mean_and_no_quantile)
{
	struct histogram h = { 0 };

	ck_assert_uint_eq(histogram_count(&h), 0);
	ck_assert_double_eq(histogram_mean_us(&h), 0);
	ck_assert_double_eq(histogram_quantile_us(&h, 0.5), 0);
}
END_TEST

START_TEST(quantiles_lie_within_their_bucket)
{
	struct histogram h = { 0 };
	int64_t us;

	for (us = 1; us <= 10000; us++) {
		h.bucket[histogram_bucket(us)]++;
		h.sum_us += (uint64_t)us;
	}
	ck_assert_uint_eq(histogram_count(&h), 10000);
	ck_assert_double_eq_tol(histogram_mean_us(&h), 5000.5, 0.1);
	ck_assert_double_eq_tol(histogram_quantile_us(&h, 0.5), 5000, 100);
	ck_assert_double_eq_tol(histogram_quantile_us(&h, 0.99), 9900, 100);
	ck_assert_double_eq_tol(histogram_quantile_us(&h, 1), 10000, 1);
}
END_TEST

START_TEST(what_is_above_all_bounds_is_at_least_the_last_one)
{
	struct histogram h = { 0 };

	h.bucket[HISTOGRAM_BUCKETS - 1] = 3;
	ck_assert_double_eq(histogram_quantile_us(&h, 0.5), 5e8);
}
END_TEST

START_TEST(two_are_merged)
{
	struct histogram a = { { 1, 2 }, 30 }, b = { { 4, 0, 5 }, 60 };

	histogram_merge(&a, &b);
	ck_assert_uint_eq(a.bucket[0], 5);
	ck_assert_uint_eq(a.bucket[1], 2);
	ck_assert_uint_eq(a.bucket[2], 5);
	ck_assert_uint_eq(a.sum_us, 90);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("histogram");
	TCase *tc = tcase_create("buckets");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc,
	    a_bound_is_in_its_own_bucket_and_one_more_is_not, 0,
	    HISTOGRAM_BUCKETS - 1);
	tcase_add_test(tc, bounds_are_one_two_five);
	tcase_add_test(tc, any_duration_has_a_bucket);
	tcase_add_test(tc, an_empty_one_has_no_mean_and_no_quantile);
	tcase_add_test(tc, quantiles_lie_within_their_bucket);
	tcase_add_test(tc, what_is_above_all_bounds_is_at_least_the_last_one);
	tcase_add_test(tc, two_are_merged);
	return unit_run(s);
}
