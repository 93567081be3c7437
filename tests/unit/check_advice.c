#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/advice.h"
#include "unit.h"

#define MINUTE INT64_C(60000000)

static struct snapshot *snap;

/* A pool that has lived for MINUTES; TAKE_US is how long each request took. */
static void
live(int minutes, const uint64_t *arrived, size_t n, int64_t take_us)
{
	size_t i;

	snap = calloc(1, sizeof(*snap));
	snap->now_us = 1000 * MINUTE;
	snap->pool.start_ms = (snap->now_us - minutes * MINUTE) / 1000;
	snap->pool.max_children = 4;
	snap->pool.pm = BOARD_DYNAMIC;
	for (i = 0; i < n; i++) {
		snap->minute[i].arrived = snap->minute[i].ended = arrived[i];
		snap->minute[i].busy_ms = arrived[i] * (uint64_t)take_us / 1000;
		snap->histogram[BOARD_DURATION]
		    .bucket[histogram_bucket(take_us)] += arrived[i];
		snap->histogram[BOARD_DURATION].sum_us +=
		    arrived[i] * (uint64_t)take_us;
		snap->counters[BOARD_PROGRAMS] += arrived[i];
		snap->counters[BOARD_MEMORY_KIB] += arrived[i] * 10240;
	}
	snap->memory_max_kib = 20480;
}

static void
teardown(void)
{
	free(snap);
	snap = NULL;
}

/* From Erlang's tables. */
static const struct {
	double load;
	unsigned c;
	double waits;
} known[] = { { 0.5, 1, 0.5 }, { 1, 2, 1.0 / 3 }, { 2, 3, 4.0 / 9 },
	{ 8, 10, 0.40918 }, { 10, 10, 1 }, { 20, 10, 1 }, { 0, 1, 0 } };

START_TEST(erlang_c_is_as_in_the_tables)
{
	ck_assert_double_eq_tol(advice_erlang_c(known[_i].load, known[_i].c),
	    known[_i].waits, 1e-4);
}
END_TEST

START_TEST(a_thousand_servers_do_not_overflow)
{
	ck_assert(isfinite(advice_erlang_c(900, 1000)));
	ck_assert_double_lt(advice_erlang_c(900, 1000), 0.01);
}
END_TEST

START_TEST(the_busiest_complete_minute_counts)
{
	/* The first is the one under way. */
	const uint64_t arrived[] = { 100000, 60, 600, 120 };
	struct advice a;

	live(4, arrived, 4, 500000);
	advice_give(snap, 0, &a);
	ck_assert(a.enough && a.busiest);
	ck_assert_double_eq_tol(a.arrivals_s, 10, 0.001);
	ck_assert_double_eq_tol(a.service_s, 0.5, 0.001);
	ck_assert_double_eq_tol(a.load, 5, 0.01);
	ck_assert_double_lt(a.waits, ADVICE_WAIT_MAX);
	ck_assert_double_ge(
	    advice_erlang_c(a.load, a.workers - 1), ADVICE_WAIT_MAX);
	ck_assert_double_eq(a.waits_now, 1);
	ck_assert_double_eq_tol(a.memory, 10240 * 1024, 1);
}
END_TEST

START_TEST(too_little_is_not_enough)
{
	static const uint64_t rows[] = { 0, 10, ADVICE_REQUESTS_MIN - 1 };
	const uint64_t arrived[] = { 0, rows[_i], 0 };
	struct advice a;

	live(3, arrived, 3, 1000);
	advice_give(snap, 0, &a);
	ck_assert(!a.enough);
}
END_TEST

START_TEST(a_young_pool_goes_by_all_its_time)
{
	const uint64_t arrived[] = { 600 };
	struct advice a;

	live(0, arrived, 1, 1000);
	snap->pool.start_ms -= 20000;
	advice_give(snap, 0, &a);
	ck_assert(a.enough && !a.busiest);
	ck_assert_double_eq_tol(a.arrivals_s, 30, 0.01);
	ck_assert_uint_ge(a.workers, 1);
}
END_TEST

START_TEST(memory_that_does_not_suffice_binds)
{
	const uint64_t arrived[] = { 0, 6000, 6000 };
	struct advice a;

	live(3, arrived, 3, 500000);
	advice_give(snap, 10 * 10240 * 1024, &a);
	ck_assert_uint_eq(a.fit, 10);
	ck_assert_uint_gt(a.workers, 10);
	ck_assert(a.memory_hit);
}
END_TEST

/* Nothing fits: one is tried all the same, and the rest agrees with it. */
START_TEST(what_is_advised_fits_together_whatever_the_memory)
{
	const uint64_t arrived[] = { 0, 6000, 6000 };
	struct advice a;

	live(3, arrived, 3, 500000);
	advice_give(snap, (uint64_t)_i * 10240 * 1024 + 1, &a);
	ck_assert_uint_eq(a.fit, (unsigned)_i);
	ck_assert_uint_ge(a.advised, 1);
	ck_assert_uint_le(a.advised, a.fit > 1 ? a.fit : 1);
	ck_assert_uint_le(a.max_spare, a.advised);
	ck_assert_uint_le(a.min_spare, a.start);
	ck_assert_uint_le(a.start, a.max_spare);
}
END_TEST

START_TEST(bursts_are_seen_that_a_minute_hides)
{
	const uint64_t arrived[] = { 0, 100, 100 };
	struct advice a;

	live(3, arrived, 3, 1000000);
	snap->max_active = 4;
	snap->queue_max = 96;
	advice_give(snap, 0, &a);
	ck_assert(a.enough);
	ck_assert_uint_eq(a.peak, 100);
	ck_assert_uint_lt(a.workers, a.peak);
	ck_assert(a.limit_hit);
}
END_TEST

START_TEST(the_spare_ones_hold_together)
{
	const uint64_t arrived[] = { 0, (uint64_t)1 << _i, (uint64_t)1 << _i };
	struct advice a;

	live(3, arrived, 3, 300000);
	advice_give(snap, 0, &a);
	if (!a.enough)
		return;
	ck_assert_uint_ge(a.min_spare, 1);
	ck_assert_uint_le(a.min_spare, a.max_spare);
	ck_assert_uint_le(a.min_spare, a.start);
	ck_assert_uint_le(a.start, a.max_spare);
	ck_assert_uint_le(a.max_spare, a.workers);
}
END_TEST

/* The proof: a queue with random arrivals and service times, simulated. */

static double
exponential(unsigned short seed[3], double mean)
{
	return -mean * log(1 - erand48(seed));
}

/* Share of N arrivals that found all C servers busy. */
static double
simulate(double arrivals_s, double service_s, unsigned c, int n)
{
	unsigned short seed[3] = { 1, 2, 3 };
	double *free_at = calloc(c, sizeof(*free_at)), now = 0;
	int waited = 0, i;

	for (i = 0; i < n; i++) {
		unsigned k, first = 0;

		now += exponential(seed, 1 / arrivals_s);
		for (k = 1; k < c; k++)
			if (free_at[k] < free_at[first])
				first = k;
		if (free_at[first] > now)
			waited++;
		else
			free_at[first] = now;
		free_at[first] += exponential(seed, service_s);
	}
	free(free_at);
	return (double)waited / n;
}

static const struct {
	uint64_t a_minute;
	int64_t take_us;
} queues[] = { { 600, 100000 }, { 600, 500000 }, { 3000, 200000 },
	{ 6000, 1000000 }, { 120, 30000 } };

START_TEST(a_simulated_queue_agrees)
{
	const uint64_t n = queues[_i].a_minute;
	const uint64_t arrived[] = { n, n, n, n };
	struct advice a;
	double share;

	live(4, arrived, 4, queues[_i].take_us);
	advice_give(snap, 0, &a);
	share = simulate(a.arrivals_s, a.service_s, a.workers, 400000);
	ck_assert_double_lt(share, ADVICE_WAIT_MAX * 1.15);
	ck_assert_double_eq_tol(share, a.waits, 0.003);
	if (a.workers < 2)
		return;
	share = simulate(a.arrivals_s, a.service_s, a.workers - 1, 400000);
	ck_assert_double_ge(share, ADVICE_WAIT_MAX * 0.85);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("advice");
	TCase *tc = tcase_create("erlang");

	suite_add_tcase(s, tc);
	tcase_set_timeout(tc, 30);
	tcase_add_checked_fixture(tc, NULL, teardown);
	tcase_add_loop_test(tc, erlang_c_is_as_in_the_tables, 0,
	    sizeof(known) / sizeof(known[0]));
	tcase_add_test(tc, a_thousand_servers_do_not_overflow);
	tcase_add_test(tc, the_busiest_complete_minute_counts);
	tcase_add_loop_test(tc, too_little_is_not_enough, 0, 3);
	tcase_add_test(tc, a_young_pool_goes_by_all_its_time);
	tcase_add_test(tc, memory_that_does_not_suffice_binds);
	tcase_add_loop_test(
	    tc, what_is_advised_fits_together_whatever_the_memory, 0, 12);
	tcase_add_test(tc, bursts_are_seen_that_a_minute_hides);
	tcase_add_loop_test(tc, the_spare_ones_hold_together, 6, 16);
	tcase_add_loop_test(tc, a_simulated_queue_agrees, 0,
	    sizeof(queues) / sizeof(queues[0]));
	return unit_run(s);
}
