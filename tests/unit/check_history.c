#include "board/board.h"
#include "board/history.h"
#include "unit.h"

static struct board *board;
static struct board_sample got[BOARD_HISTORY];

static void
setup(void)
{
	board = board_new(1);
	ck_assert_ptr_nonnull(board);
}

static void
teardown(void)
{
	board_free(board);
}

/* Samples FIRST to LAST, each known by its time. */
static void
add(int first, int last)
{
	int i;

	for (i = first; i <= last; i++) {
		const struct board_sample sample = { .at_us = i,
			.busy = (uint32_t)i % 7 };

		board_history_add(board, &sample);
	}
}

START_TEST(a_new_board_has_no_history)
{
	ck_assert_uint_eq(board_history_get(board, got), 0);
}
END_TEST

START_TEST(samples_come_back_in_their_order)
{
	add(1, 5);
	ck_assert_uint_eq(board_history_get(board, got), 5);
	ck_assert_int_eq(got[0].at_us, 1);
	ck_assert_int_eq(got[4].at_us, 5);
	ck_assert_uint_eq(got[4].busy, 5);
}
END_TEST

/* Of a full ring the oldest is left out: it may be written while it is
 * read. */
START_TEST(a_full_ring_gives_all_but_its_oldest)
{
	int last = BOARD_HISTORY - 1 + _i;
	size_t i, n;

	add(1, last);
	n = board_history_get(board, got);
	ck_assert_uint_eq(n, BOARD_HISTORY - 1);
	for (i = 0; i < n; i++)
		ck_assert_int_eq(got[i].at_us, last - (int)n + 1 + (int)i);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("history");
	TCase *tc = tcase_create("ring");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_new_board_has_no_history);
	tcase_add_test(tc, samples_come_back_in_their_order);
	tcase_add_loop_test(tc, a_full_ring_gives_all_but_its_oldest, 0, 4);
	return unit_run(s);
}
