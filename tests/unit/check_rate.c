#include <string.h>
#include <unistd.h>

#include "board/rate.h"
#include "unit.h"

#define SECOND INT64_C(1000000)

static struct board *b;

static void
setup(void)
{
	b = board_new(1);
	ck_assert_ptr_nonnull(b);
}

static void
teardown(void)
{
	board_free(b);
}

static int
allowed(enum board_rate kind, int tries, int64_t now)
{
	int n = 0;

	while (tries-- > 0)
		n += board_may_log(b, kind, now);
	return n;
}

START_TEST(some_at_once_then_one_a_second)
{
	ck_assert_int_eq(allowed(BOARD_RATE_CLIENTS, 1000, SECOND), 10);
	ck_assert_int_eq(allowed(BOARD_RATE_CLIENTS, 1000, 2 * SECOND - 1), 0);
	ck_assert_int_eq(allowed(BOARD_RATE_CLIENTS, 1000, 2 * SECOND), 1);
	ck_assert_int_eq(allowed(BOARD_RATE_CLIENTS, 1000, 5 * SECOND), 3);
	ck_assert_int_eq(allowed(BOARD_RATE_CLIENTS, 1000, 100 * SECOND), 10);
	ck_assert_int_eq(allowed(BOARD_RATE_SCRIPTS, 1000, SECOND), 100);
	ck_assert_int_eq(allowed(BOARD_RATE_SCRIPTS, 1000, 3 * SECOND), 2);
}
END_TEST

START_TEST(what_programs_say_is_two_hundred_a_second)
{
	int64_t now = SECOND;
	int n = 0;

	ck_assert_int_eq(allowed(BOARD_RATE_STDERR, 1000, now), 200);
	for (; now < 11 * SECOND; now += 1000)
		n += board_may_log(b, BOARD_RATE_STDERR, now);
	ck_assert_int_ge(n, 1999);
	ck_assert_int_le(n, 2001);
}
END_TEST

START_TEST(kinds_do_not_take_from_each_other)
{
	int kind;

	for (kind = 0; kind < BOARD_RATES; kind++)
		ck_assert_int_ge(
		    allowed((enum board_rate)kind, 1000, SECOND), 10);
}
END_TEST

START_TEST(what_is_left_out_is_counted_until_it_is_taken)
{
	int i;

	ck_assert(!board_has_left_out(b, BOARD_RATE_BROKEN));
	for (i = 0; i < 7; i++)
		board_leave_out(b, BOARD_RATE_BROKEN);
	ck_assert(board_has_left_out(b, BOARD_RATE_BROKEN));
	ck_assert(!board_has_left_out(b, BOARD_RATE_SLOW));
	ck_assert_uint_eq(board_take_left_out(b, BOARD_RATE_BROKEN), 7);
	ck_assert_uint_eq(board_take_left_out(b, BOARD_RATE_BROKEN), 0);
	ck_assert(!board_has_left_out(b, BOARD_RATE_BROKEN));
}
END_TEST

/* Somebody wrote there, or the clock was another. */
START_TEST(a_bucket_that_cannot_be_is_an_empty_one)
{
	ck_assert_int_eq(allowed(BOARD_RATE_CLIENTS, 20, 1000 * SECOND), 10);
	ck_assert_int_eq(allowed(BOARD_RATE_CLIENTS, 20, SECOND), 10);
	ck_assert_int_eq(allowed(BOARD_RATE_CLIENTS, 20, 2 * SECOND), 1);
}
END_TEST

/* Another worker has it, and the map is the same for all. */
START_TEST(all_who_share_the_board_share_the_rate)
{
	struct board *other = board_adopt(dup(board_fd(b)));

	ck_assert_ptr_nonnull(other);
	ck_assert_int_eq(allowed(BOARD_RATE_CLIENTS, 6, SECOND), 6);
	ck_assert(board_may_log(other, BOARD_RATE_CLIENTS, SECOND));
	ck_assert_int_eq(allowed(BOARD_RATE_CLIENTS, 6, SECOND), 3);
	ck_assert(!board_may_log(other, BOARD_RATE_CLIENTS, SECOND));
	board_leave_out(other, BOARD_RATE_CLIENTS);
	ck_assert_uint_eq(board_take_left_out(b, BOARD_RATE_CLIENTS), 1);
	board_free(other);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("rate");
	TCase *tc = tcase_create("bucket");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, some_at_once_then_one_a_second);
	tcase_add_test(tc, what_programs_say_is_two_hundred_a_second);
	tcase_add_test(tc, kinds_do_not_take_from_each_other);
	tcase_add_test(tc, what_is_left_out_is_counted_until_it_is_taken);
	tcase_add_test(tc, a_bucket_that_cannot_be_is_an_empty_one);
	tcase_add_test(tc, all_who_share_the_board_share_the_rate);
	return unit_run(s);
}
