
#include "base/clock.h"
#include "master/scale.h"
#include "unit.h"

#define LIMIT 40
static const struct pool_conf fixed = { .pm = POOL_STATIC, .max_children = 5 };
static const struct pool_conf dynamic = { .pm = POOL_DYNAMIC,
	.max_children = 20,
	.start_servers = 3,
	.min_spare_servers = 2,
	.max_spare_servers = 4,
	.max_spawn_rate = 32 };
static const struct pool_conf ondemand = {
	.pm = POOL_ONDEMAND, .max_children = 20, .max_spawn_rate = 32
};
/* At most three workers within a window. */
static const struct pool_conf slow = { .pm = POOL_DYNAMIC,
	.max_children = 20,
	.start_servers = 2,
	.min_spare_servers = 2,
	.max_spare_servers = 4,
	.max_spawn_rate = 3 };
static struct scale s;

static struct scale_view
view(int have, int starting, int idle)
{
	return (struct scale_view){
		.have = have, .starting = starting, .idle = idle, .waiting = -1
	};
}

static void
demand(const struct pool_conf *conf, struct scale_view v, int64_t now)
{
	scale_demand(&s, conf, &v, now);
}

static void
tick(const struct pool_conf *conf, struct scale_view v)
{
	scale_tick(&s, conf, &v, s.tick_ms);
}

START_TEST(each_manager_begins_with_its_own_number)
{
	scale_init(&s, &fixed, LIMIT, 0);
	ck_assert_int_eq(s.goal, 5);
	scale_init(&s, &dynamic, LIMIT, 0);
	ck_assert_int_eq(s.goal, 3);
	scale_init(&s, &ondemand, LIMIT, 0);
	ck_assert_int_eq(s.goal, 0);
}
END_TEST

START_TEST(a_static_pool_never_changes)
{
	const struct scale_view busy = view(5, 0, 0);

	scale_init(&s, &fixed, LIMIT, 0);
	ck_assert(!scale_watches(&s, &fixed, &busy));
	demand(&fixed, busy, 1);
	tick(&fixed, view(5, 0, 5));
	ck_assert_int_eq(s.goal, 5);
	ck_assert_int_eq(scale_due(&s, &fixed), CLOCK_NEVER);
}
END_TEST

START_TEST(the_listeners_are_watched_only_when_that_can_help)
{
	struct scale_view v;

	scale_init(&s, &dynamic, LIMIT, 0);
	v = view(3, 0, 0);
	ck_assert(scale_watches(&s, &dynamic, &v));
	v = view(3, 0, 1); /* that one will take it */
	ck_assert(!scale_watches(&s, &dynamic, &v));
	v = view(3, 1, 0); /* one is coming */
	ck_assert(!scale_watches(&s, &dynamic, &v));
	v = view(2, 0, 0); /* one is wanted already */
	ck_assert(!scale_watches(&s, &dynamic, &v));
	s.goal = 20;
	v = view(20, 0, 0); /* no room */
	ck_assert(!scale_watches(&s, &dynamic, &v));
}
END_TEST

START_TEST(a_burst_finds_all_workers_in_a_few_rounds)
{
	int64_t now = 5000;
	int rounds = 0;

	scale_init(&s, &dynamic, LIMIT, 0);
	while (s.goal < 20) {
		demand(&dynamic, view(s.goal, 0, 0), now);
		now += 5;
		rounds++;
	}
	ck_assert_int_eq(s.goal, 20);
	ck_assert_int_le(rounds, 5);
}
END_TEST

START_TEST(who_still_waits_gets_a_worker_each)
{
	struct scale_view v = view(3, 0, 0);
	int64_t now = 5000;

	scale_init(&s, &dynamic, LIMIT, 0);
	v.waiting = 9; /* which may be over in a moment */
	demand(&dynamic, v, now);
	ck_assert_int_eq(s.goal, 5);
	v.have = 5;
	v.waiting = 7;
	demand(&dynamic, v, now + 15);
	ck_assert_int_eq(s.goal, 12);
	/* Nobody waits, but the last idle one is busy: no more than at first,
	 * however large the step before was. */
	v.have = 12;
	v.waiting = 0;
	demand(&dynamic, v, now + 30);
	ck_assert_int_eq(s.goal, 14);
}
END_TEST

static void
resume(const struct pool_conf *conf, struct scale_view v, int64_t now)
{
	scale_resume(&s, conf, &v, now);
}

START_TEST(in_one_window_no_more_are_added_than_the_rate_allows)
{
	struct scale_view v = view(2, 0, 0);

	scale_init(&s, &slow, LIMIT, 4900);
	demand(&slow, v, 5000);
	ck_assert_int_eq(s.goal, 4);
	v = view(4, 0, 0);
	v.waiting = 8;
	demand(&slow, v, 5002);
	ck_assert_int_eq(s.goal, 5);
	ck_assert_int_eq(s.rest, 7);
	/* The next windows have the rest, and nobody watches meanwhile. */
	v = view(5, 0, 0);
	ck_assert(!scale_watches(&s, &slow, &v));
	ck_assert_int_eq(scale_due(&s, &slow), 5000 + SCALE_WINDOW_MS);
	resume(&slow, v, 5009);
	ck_assert_int_eq(s.goal, 5);
	/* Also while those of the last one are not ready yet. */
	resume(&slow, view(5, 1, 0), 5010);
	ck_assert_int_eq(s.goal, 8);
	resume(&slow, view(8, 3, 0), 5015);
	ck_assert_int_eq(s.goal, 8);
	resume(&slow, view(8, 3, 0), 5020);
	resume(&slow, view(11, 3, 0), 5030);
	ck_assert_int_eq(s.goal, 12);
	ck_assert_int_eq(s.rest, 0);
}
END_TEST

START_TEST(what_is_not_needed_any_more_is_not_added_later)
{
	struct scale_view v = view(4, 0, 0);

	scale_init(&s, &slow, LIMIT, 0);
	demand(&slow, view(2, 0, 0), 5000);
	v.waiting = 8;
	demand(&slow, v, 5001);
	ck_assert_int_eq(s.rest, 7);
	resume(&slow, view(5, 0, 2), 5012);
	ck_assert_int_eq(s.goal, 5);
	ck_assert_int_eq(s.rest, 0);
}
END_TEST

START_TEST(no_rest_is_left_beyond_the_limit)
{
	struct scale_view v = view(19, 0, 0);

	scale_init(&s, &slow, LIMIT, 4900);
	s.goal = 19;
	s.grown_ms = 4999;
	v.waiting = 8;
	demand(&slow, v, 5000);
	ck_assert_int_eq(s.goal, 20);
	ck_assert_int_eq(s.rest, 0);
}
END_TEST

START_TEST(the_rate_holds_for_spare_ones_too)
{
	static const struct pool_conf wide = { .pm = POOL_DYNAMIC,
		.max_children = 20,
		.min_spare_servers = 9,
		.max_spare_servers = 20,
		.start_servers = 9,
		.max_spawn_rate = 3 };

	scale_init(&s, &wide, LIMIT, 0);
	tick(&wide, view(9, 0, 1));
	ck_assert_int_eq(s.goal, 12);
}
END_TEST

START_TEST(on_demand_begins_with_one)
{
	scale_init(&s, &ondemand, LIMIT, 0);
	demand(&ondemand, view(0, 0, 0), 5000);
	ck_assert_int_eq(s.goal, 1);
	demand(&ondemand, view(1, 0, 0), 5001);
	ck_assert_int_eq(s.goal, 3);
	/* After a calm it begins small again. */
	demand(&ondemand, view(3, 0, 0), 9000);
	ck_assert_int_eq(s.goal, 4);
}
END_TEST

START_TEST(nothing_grows_while_one_is_coming)
{
	scale_init(&s, &ondemand, LIMIT, 0);
	demand(&ondemand, view(0, 0, 0), 5000);
	demand(&ondemand, view(1, 1, 0), 5001);
	ck_assert_int_eq(s.goal, 1);
}
END_TEST

START_TEST(spare_workers_are_filled_up_on_the_tick)
{
	scale_init(&s, &dynamic, LIMIT, 0);
	tick(&dynamic, view(3, 0, 1));
	ck_assert_int_eq(s.goal, 4);
	tick(&dynamic, view(4, 1, 1)); /* the new one is not ready yet */
	ck_assert_int_eq(s.goal, 4);
}
END_TEST

START_TEST(spare_workers_too_many_go_one_for_each_tick)
{
	scale_init(&s, &dynamic, LIMIT, 0);
	s.goal = 12;
	tick(&dynamic, view(12, 0, 12));
	ck_assert_int_eq(s.goal, 11);
	tick(&dynamic, view(12, 0, 12)); /* not gone yet: not twice */
	ck_assert_int_eq(s.goal, 11);
	tick(&dynamic, view(5, 0, 4));
	ck_assert_int_eq(s.goal, 11);
}
END_TEST

START_TEST(a_pool_that_has_just_grown_does_not_shrink)
{
	int64_t now = 20000;

	scale_init(&s, &dynamic, LIMIT, 0);
	s.tick_ms = now;
	demand(&dynamic, view(3, 0, 0), now);
	ck_assert_int_eq(s.goal, 5);
	while (s.tick_ms < now + 3000) {
		tick(&dynamic, view(5, 0, 5));
		ck_assert_int_eq(s.goal, 5);
	}
	tick(&dynamic, view(5, 0, 5));
	ck_assert_int_eq(s.goal, 4);
}
END_TEST

START_TEST(between_ticks_nothing_shrinks)
{
	const struct scale_view v = view(12, 0, 12);

	scale_init(&s, &dynamic, LIMIT, 0);
	s.goal = 12;
	scale_tick(&s, &dynamic, &v, s.tick_ms - 1);
	ck_assert_int_eq(s.goal, 12);
}
END_TEST

START_TEST(on_demand_lets_go_of_those_long_idle)
{
	struct scale_view v = view(7, 0, 5);

	scale_init(&s, &ondemand, LIMIT, 0);
	s.goal = 7;
	v.overdue = 3;
	scale_tick(&s, &ondemand, &v, s.tick_ms);
	ck_assert_int_eq(s.goal, 4);
}
END_TEST

START_TEST(on_demand_a_dead_worker_is_not_replaced_unasked)
{
	scale_init(&s, &ondemand, LIMIT, 0);
	s.goal = 2;
	scale_died(&s, &ondemand, 1);
	ck_assert_int_eq(s.goal, 1);
	scale_init(&s, &dynamic, LIMIT, 0);
	scale_died(&s, &dynamic, 1);
	ck_assert_int_eq(s.goal, 3);
}
END_TEST

START_TEST(what_cannot_be_had_is_not_wanted)
{
	scale_init(&s, &dynamic, LIMIT, 0);
	s.goal = 12;
	scale_cut(&s, &dynamic, 7);
	ck_assert_int_eq(s.goal, 7);
	scale_cut(&s, &dynamic, 9);
	ck_assert_int_eq(s.goal, 7);
	scale_cut(&s, &dynamic, 0); /* but for what it always has */
	ck_assert_int_eq(s.goal, 2);
	scale_init(&s, &fixed, LIMIT, 0);
	scale_cut(&s, &fixed, 1);
	ck_assert_int_eq(s.goal, 5);
}
END_TEST

START_TEST(a_nudge_moves_the_number_within_its_limits)
{
	int i;

	scale_init(&s, &fixed, 7, 0);
	scale_nudge(&s, &fixed, 1);
	ck_assert_int_eq(s.goal, 6);
	for (i = 0; i < 9; i++)
		scale_nudge(&s, &fixed, 1);
	ck_assert_int_eq(s.goal, 7);
	for (i = 0; i < 99; i++)
		scale_nudge(&s, &fixed, -1);
	ck_assert_int_eq(s.goal, 1);
	ck_assert_int_eq(s.max, 1);
}
END_TEST

START_TEST(a_nudge_on_demand_may_end_with_none)
{
	scale_init(&s, &ondemand, LIMIT, 0);
	scale_nudge(&s, &ondemand, -1);
	ck_assert_int_eq(s.goal, 0);
	ck_assert_int_eq(s.max, 19);
}
END_TEST

int
main(void)
{
	Suite *suite = suite_create("scale");
	TCase *tc = tcase_create("policy");

	suite_add_tcase(suite, tc);
	tcase_add_test(tc, each_manager_begins_with_its_own_number);
	tcase_add_test(tc, a_static_pool_never_changes);
	tcase_add_test(tc, the_listeners_are_watched_only_when_that_can_help);
	tcase_add_test(tc, a_burst_finds_all_workers_in_a_few_rounds);
	tcase_add_test(
	    tc, in_one_window_no_more_are_added_than_the_rate_allows);
	tcase_add_test(tc, what_is_not_needed_any_more_is_not_added_later);
	tcase_add_test(tc, no_rest_is_left_beyond_the_limit);
	tcase_add_test(tc, the_rate_holds_for_spare_ones_too);
	tcase_add_test(tc, on_demand_begins_with_one);
	tcase_add_test(tc, nothing_grows_while_one_is_coming);
	tcase_add_test(tc, spare_workers_are_filled_up_on_the_tick);
	tcase_add_test(tc, spare_workers_too_many_go_one_for_each_tick);
	tcase_add_test(tc, a_pool_that_has_just_grown_does_not_shrink);
	tcase_add_test(tc, who_still_waits_gets_a_worker_each);
	tcase_add_test(tc, between_ticks_nothing_shrinks);
	tcase_add_test(tc, on_demand_lets_go_of_those_long_idle);
	tcase_add_test(tc, on_demand_a_dead_worker_is_not_replaced_unasked);
	tcase_add_test(tc, what_cannot_be_had_is_not_wanted);
	tcase_add_test(tc, a_nudge_moves_the_number_within_its_limits);
	tcase_add_test(tc, a_nudge_on_demand_may_end_with_none);
	return unit_run(suite);
}
