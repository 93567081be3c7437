
#include "base/clock.h"
#include "master/parking.h"
#include "unit.h"

static struct parking *p;

#define BY(n) (&(struct parking_look){ .who = (n) })

static void
setup(void)
{
	p = parking_new(3, 2);
	ck_assert_ptr_nonnull(p);
}

static void
teardown(void)
{
	parking_free(p);
}

static int
park(int fd, enum parking_kind kind, int64_t due)
{
	const struct parked what = { .fd = fd, .kind = kind, .due_ms = due };

	return parking_add(p, &what);
}

START_TEST(an_empty_table_has_nothing_due)
{
	ck_assert_int_eq(parking_due(p), CLOCK_NEVER);
	ck_assert_int_eq(parking_overdue(p, INT64_MAX - 1), -1);
	ck_assert_int_eq(parking_first_ready(p), -1);
	ck_assert_int_eq(parking_any(p), -1);
	ck_assert_ptr_null(parking_get(p, 0));
	ck_assert_ptr_null(parking_get(p, -1));
	ck_assert_ptr_null(parking_get(p, 5));
}
END_TEST

START_TEST(each_kind_has_room_of_its_own)
{
	ck_assert_int_ne(park(10, PARKING_SILENT, 1), -1);
	ck_assert_int_ne(park(11, PARKING_SILENT, 1), -1);
	ck_assert(!parking_has_room(p, PARKING_SILENT));
	ck_assert_int_eq(park(12, PARKING_SILENT, 1), -1);
	ck_assert_int_ne(park(13, PARKING_KEPT, 1), -1);
	ck_assert_int_ne(park(14, PARKING_KEPT, 1), -1);
	ck_assert_int_ne(park(15, PARKING_KEPT, 1), -1);
	ck_assert_int_eq(park(16, PARKING_KEPT, 1), -1);
	ck_assert_uint_eq(parking_count(p, PARKING_KEPT), 3);
	ck_assert_uint_eq(parking_count(p, PARKING_SILENT), 2);
}
END_TEST

START_TEST(a_place_is_free_again_after_removal)
{
	int i, place;

	for (i = 0; i < 100; i++) {
		place = park(i, PARKING_SILENT, i);
		ck_assert_int_ne(place, -1);
		ck_assert_int_eq(parking_get(p, place)->fd, i);
		parking_remove(p, place);
		parking_remove(p, place);
		ck_assert_ptr_null(parking_get(p, place));
	}
	ck_assert_uint_eq(parking_count(p, PARKING_SILENT), 0);
}
END_TEST

START_TEST(the_soonest_is_overdue_first_whatever_came_first)
{
	int late = park(10, PARKING_KEPT, 300);
	int soon = park(11, PARKING_KEPT, 100);
	int next = park(12, PARKING_KEPT, 200);

	ck_assert_int_eq(parking_due(p), 100);
	ck_assert_int_eq(parking_overdue(p, 99), -1);
	ck_assert_int_eq(parking_overdue(p, 1000), soon);
	parking_remove(p, soon);
	ck_assert_int_eq(parking_overdue(p, 1000), next);
	parking_remove(p, next);
	ck_assert_int_eq(parking_overdue(p, 1000), late);
}
END_TEST

START_TEST(kinds_are_due_independently)
{
	int kept = park(10, PARKING_KEPT, 75000);
	int silent = park(11, PARKING_SILENT, 10000);

	ck_assert_int_eq(parking_due(p), 10000);
	ck_assert_int_eq(parking_overdue(p, 10000), silent);
	parking_remove(p, silent);
	ck_assert_int_eq(parking_due(p), 75000);
	ck_assert_int_eq(parking_overdue(p, 75000), kept);
}
END_TEST

START_TEST(without_a_limit_it_is_never_overdue)
{
	(void)park(10, PARKING_KEPT, CLOCK_NEVER);
	ck_assert_int_eq(parking_due(p), CLOCK_NEVER);
	ck_assert_int_eq(parking_overdue(p, INT64_MAX - 1), -1);
}
END_TEST

START_TEST(ready_ones_wait_in_their_order_and_are_not_overdue)
{
	int a = park(10, PARKING_KEPT, 100);
	int b = park(11, PARKING_SILENT, 50);

	parking_set_ready(p, b);
	parking_set_ready(p, a);
	parking_set_ready(p, b); /* said twice: keeps its turn */
	ck_assert_int_eq(parking_overdue(p, 1000), -1);
	ck_assert_int_eq(parking_first_ready(p), b);
	ck_assert(parking_get(p, b)->ready);
	parking_remove(p, b);
	ck_assert_int_eq(parking_first_ready(p), a);
	parking_remove(p, a);
	ck_assert_int_eq(parking_first_ready(p), -1);
}
END_TEST

START_TEST(ready_ones_still_take_room)
{
	int i;

	for (i = 0; i < 2; i++)
		parking_set_ready(p, park(i, PARKING_SILENT, 1));
	ck_assert(!parking_has_room(p, PARKING_SILENT));
	ck_assert_uint_eq(parking_count(p, PARKING_SILENT), 2);
}
END_TEST

START_TEST(one_that_is_looked_at_waits_no_turn_and_is_not_asked_about_twice)
{
	int a = park(10, PARKING_KEPT, 100), b = park(11, PARKING_SILENT, 50);

	parking_look(p, a, BY(3)); /* not ready: nothing happens */
	ck_assert_int_eq(parking_first_looked(p), -1);
	parking_set_ready(p, a);
	parking_set_ready(p, b);
	parking_look(p, a, BY(3));
	ck_assert_int_eq(parking_first_ready(p), b);
	ck_assert_int_eq(parking_first_looked(p), a);
	ck_assert(parking_is_looking(p, 3));
	ck_assert(!parking_is_looking(p, 4));
	ck_assert_uint_eq(parking_waiting(p), 2);
	parking_pass(p, a);
	ck_assert(parking_get(p, a)->seen);
	ck_assert_int_eq(parking_first_looked(p), -1);
	parking_remove(p, b);
	ck_assert_int_eq(parking_first_ready(p), a);
	parking_remove(p, a);
	ck_assert_uint_eq(parking_waiting(p), 0);
}
END_TEST

START_TEST(what_one_looks_at_comes_back_when_it_is_gone)
{
	int a = park(10, PARKING_KEPT, 100), b = park(11, PARKING_KEPT, 100);

	parking_set_ready(p, a);
	parking_set_ready(p, b);
	parking_look(p, a, BY(3));
	parking_look(p, b, BY(4));
	parking_pass_all(p, 4);
	ck_assert_int_eq(parking_first_ready(p), b);
	ck_assert_int_eq(parking_first_looked(p), a);
	parking_pass_all(p, 3);
	ck_assert_int_eq(parking_first_looked(p), -1);
}
END_TEST

/* Looked at, and to be continued. */
static void
cut(int place, int64_t until_ms)
{
	parking_look(p, place, BY(3));
	parking_cut(p, place, until_ms);
}

START_TEST(one_that_is_cut_waits_for_more_of_itself)
{
	int a = park(10, PARKING_KEPT, 100), b = park(11, PARKING_SILENT, 50);

	parking_cut(p, a, 500); /* nobody has looked: nothing happens */
	ck_assert_int_eq(parking_first_cut(p), -1);
	parking_set_ready(p, a);
	parking_set_ready(p, b);
	cut(a, 500);
	ck_assert_int_eq(parking_first_cut(p), a);
	ck_assert_int_eq(parking_first_ready(p), b);
	ck_assert(!parking_is_looking(p, 3));
	ck_assert_uint_eq(parking_waiting(p), 2);
	ck_assert_int_eq(parking_overdue(p, 1000), -1);
	parking_again(p, b, true); /* it is not cut */
	ck_assert(!parking_get(p, b)->seen);
	parking_again(p, a, false);
	ck_assert_int_eq(parking_first_cut(p), -1);
	ck_assert(!parking_get(p, a)->seen && !parking_get(p, a)->cut);
	parking_remove(p, b);
	ck_assert_int_eq(parking_first_ready(p), a);
}
END_TEST

START_TEST(however_often_it_is_cut_its_time_began_once)
{
	int a = park(10, PARKING_KEPT, 100), b = park(11, PARKING_KEPT, 100);

	parking_set_ready(p, a);
	parking_set_ready(p, b);
	cut(a, 500);
	cut(b, 600);
	parking_again(p, a, false);
	cut(a, 700);
	ck_assert_int_eq(parking_first_cut(p), a);
	ck_assert_int_eq(parking_get(p, a)->cut_ms, 500);
	parking_remove(p, a);
	ck_assert_int_eq(parking_first_cut(p), b);
	ck_assert_int_eq(parking_any(p), b);
}
END_TEST

START_TEST(any_finds_all_of_them)
{
	int n = 0, place;

	(void)park(1, PARKING_KEPT, 1);
	(void)park(2, PARKING_SILENT, 1);
	parking_set_ready(p, park(3, PARKING_KEPT, 1));
	while ((place = parking_any(p)) != -1) {
		parking_remove(p, place);
		n++;
	}
	ck_assert_int_eq(n, 3);
}
END_TEST

START_TEST(a_pool_without_kept_connections_parks_silent_ones)
{
	parking_free(p);
	p = parking_new(0, 1);
	ck_assert_int_eq(park(1, PARKING_KEPT, 1), -1);
	ck_assert_int_ne(park(1, PARKING_SILENT, 1), -1);
}
END_TEST

START_TEST(an_impossible_size_is_refused)
{
	ck_assert_ptr_null(parking_new(SIZE_MAX, 2));
	ck_assert_ptr_null(parking_new(SIZE_MAX / 2, 2));
}
END_TEST

START_TEST(places_stay_when_room_grows_and_shrinks)
{
	int kept = park(10, PARKING_KEPT, 5), silent, i;

	ck_assert_int_ne(kept, -1);
	silent = park(11, PARKING_SILENT, 3);
	parking_set_ready(p, silent);
	for (i = 0; i < 2; i++)
		ck_assert_int_ne(park(12 + i, PARKING_KEPT, 7), -1);
	ck_assert_int_eq(parking_reserve(&p, 1, 10), 0);
	parking_set_room(p, 1, 10);
	/* More are kept than may be: they stay, no other comes. */
	ck_assert_uint_eq(parking_count(p, PARKING_KEPT), 3);
	ck_assert_int_eq(park(20, PARKING_KEPT, 9), -1);
	ck_assert_int_eq(parking_get(p, kept)->fd, 10);
	ck_assert_int_eq(parking_first_ready(p), silent);
	ck_assert_int_eq(parking_due(p), 5);
	for (i = 0; i < 9; i++)
		ck_assert_int_ne(park(30 + i, PARKING_SILENT, 8), -1);
	ck_assert_int_eq(park(40, PARKING_SILENT, 8), -1);
	parking_remove(p, kept);
	ck_assert_int_eq(park(20, PARKING_KEPT, 9), -1);
}
END_TEST

START_TEST(what_cannot_grow_stays_as_it_is)
{
	ck_assert_int_ne(park(10, PARKING_KEPT, 5), -1);
	ck_assert_int_eq(parking_reserve(&p, SIZE_MAX, 1), -1);
	ck_assert_int_eq(parking_reserve(&p, INT32_MAX, 1), -1);
	ck_assert_int_ne(park(11, PARKING_KEPT, 5), -1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("parking");
	TCase *tc = tcase_create("table");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, an_empty_table_has_nothing_due);
	tcase_add_test(tc, each_kind_has_room_of_its_own);
	tcase_add_test(tc, a_place_is_free_again_after_removal);
	tcase_add_test(tc, the_soonest_is_overdue_first_whatever_came_first);
	tcase_add_test(tc, kinds_are_due_independently);
	tcase_add_test(tc, without_a_limit_it_is_never_overdue);
	tcase_add_test(tc, ready_ones_wait_in_their_order_and_are_not_overdue);
	tcase_add_test(tc, ready_ones_still_take_room);
	tcase_add_test(tc,
	    one_that_is_looked_at_waits_no_turn_and_is_not_asked_about_twice);
	tcase_add_test(tc, what_one_looks_at_comes_back_when_it_is_gone);
	tcase_add_test(tc, one_that_is_cut_waits_for_more_of_itself);
	tcase_add_test(tc, however_often_it_is_cut_its_time_began_once);
	tcase_add_test(tc, any_finds_all_of_them);
	tcase_add_test(tc, a_pool_without_kept_connections_parks_silent_ones);
	tcase_add_test(tc, an_impossible_size_is_refused);
	tcase_add_test(tc, places_stay_when_room_grows_and_shrinks);
	tcase_add_test(tc, what_cannot_grow_stays_as_it_is);
	return unit_run(s);
}
