#include <check.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "board/board.h"

#define NSLOTS 5
static struct board *board;

static void
setup(void)
{
	board = board_new(NSLOTS);
	ck_assert_ptr_nonnull(board);
}

static void
teardown(void)
{
	board_free(board);
}

START_TEST(a_new_board_is_empty)
{
	int which;

	ck_assert_uint_eq(board_nslots(board), NSLOTS);
	ck_assert_uint_eq(board_count_state(board, BOARD_EMPTY), NSLOTS);
	for (which = 0; which < BOARD_COUNTERS; which++)
		ck_assert_uint_eq(
		    board_sum(board, (enum board_counter)which), 0);
	ck_assert_uint_eq(board_get_parked(board), 0);
}
END_TEST

START_TEST(what_another_process_writes_is_seen_here)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		board_enter(board, 3, (int32_t)getpid());
		board_set_state(board, 3, BOARD_BUSY);
		board_add(board, 3, BOARD_BYTES_OUT, 1ULL << 40);
		board_set_running(board, 3, 2);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(board_get_state(board, 3), BOARD_BUSY);
	ck_assert_int_eq(board_get_pid(board, 3), pid);
	ck_assert_uint_eq(board_get_running(board, 3), 2);
	ck_assert_uint_eq(board_get(board, 3, BOARD_BYTES_OUT), 1ULL << 40);
	ck_assert_uint_eq(board_get(board, 2, BOARD_BYTES_OUT), 0);
}
END_TEST

START_TEST(counters_survive_the_worker)
{
	board_enter(board, 0, 11);
	board_add(board, 0, BOARD_ACCEPTED, 3);
	board_add(board, 0, BOARD_COMPLETED, 3);
	ck_assert_uint_eq(board_bury(board, 0), 0);
	board_enter(board, 0, 12);
	ck_assert_uint_eq(board_get(board, 0, BOARD_ACCEPTED), 3);
	ck_assert_int_eq(board_get_state(board, 0), BOARD_STARTING);
}
END_TEST

START_TEST(a_burial_empties_the_slot_and_counts_what_died)
{
	board_enter(board, 1, 11);
	board_set_state(board, 1, BOARD_BUSY);
	board_add(board, 1, BOARD_ACCEPTED, 7);
	board_add(board, 1, BOARD_COMPLETED, 2);
	board_add(board, 1, BOARD_REJECTED, 1);
	board_add(board, 1, BOARD_CLIENT_GONE, 1);
	ck_assert_uint_eq(board_bury(board, 1), 3);
	ck_assert_uint_eq(board_sum(board, BOARD_LOST_WORKER), 3);
	ck_assert_int_eq(board_get_state(board, 1), BOARD_EMPTY);
	ck_assert_int_eq(board_get_pid(board, 1), 0);
	ck_assert_uint_eq(board_get_running(board, 1), 0);
	/* Nothing is counted twice. */
	ck_assert_uint_eq(board_bury(board, 1), 0);
}
END_TEST

START_TEST(a_worker_killed_before_it_said_running_is_counted_too)
{
	board_enter(board, 1, 11);
	board_add(board, 1, BOARD_ACCEPTED, 1);
	ck_assert_uint_eq(board_bury(board, 1), 1);
}
END_TEST

START_TEST(outcomes_without_a_request_lose_nothing)
{
	board_add(board, 1, BOARD_COMPLETED, 9);
	ck_assert_uint_eq(board_bury(board, 1), 0);
	ck_assert_uint_eq(board_sum(board, BOARD_LOST_WORKER), 0);
}
END_TEST

START_TEST(absurd_values_are_clamped)
{
	board_set_state(board, 2, (enum board_state)4711);
	ck_assert_int_lt(board_get_state(board, 2), BOARD_STATES);
	board_enter(board, 2, -5);
	ck_assert_int_eq(board_get_pid(board, 2), 0);
	board_add(board, 2, BOARD_ACCEPTED, UINT64_MAX);
	ck_assert_uint_eq(board_bury(board, 2), UINT32_MAX);
}
END_TEST

START_TEST(states_are_counted)
{
	board_set_state(board, 0, BOARD_IDLE);
	board_set_state(board, 1, BOARD_BUSY);
	board_set_state(board, 4, BOARD_IDLE);
	ck_assert_uint_eq(board_count_state(board, BOARD_IDLE), 2);
	ck_assert_uint_eq(board_count_state(board, BOARD_BUSY), 1);
	ck_assert_uint_eq(board_count_state(board, BOARD_EMPTY), 2);
}
END_TEST

START_TEST(sums_run_over_all_slots)
{
	board_add(board, 0, BOARD_CONNECTIONS, 2);
	board_add(board, NSLOTS - 1, BOARD_CONNECTIONS, 40);
	ck_assert_uint_eq(board_sum(board, BOARD_CONNECTIONS), 42);
}
END_TEST

START_TEST(the_parked_count_is_shared)
{
	board_set_parked(board, 17);
	ck_assert_uint_eq(board_get_parked(board), 17);
}
END_TEST

START_TEST(an_impossible_size_is_refused)
{
	ck_assert_ptr_null(board_new(SIZE_MAX));
	ck_assert_ptr_null(board_new(SIZE_MAX / 100));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("board");
	TCase *tc = tcase_create("map");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_new_board_is_empty);
	tcase_add_test(tc, what_another_process_writes_is_seen_here);
	tcase_add_test(tc, counters_survive_the_worker);
	tcase_add_test(tc, a_burial_empties_the_slot_and_counts_what_died);
	tcase_add_test(
	    tc, a_worker_killed_before_it_said_running_is_counted_too);
	tcase_add_test(tc, outcomes_without_a_request_lose_nothing);
	tcase_add_test(tc, absurd_values_are_clamped);
	tcase_add_test(tc, states_are_counted);
	tcase_add_test(tc, sums_run_over_all_slots);
	tcase_add_test(tc, the_parked_count_is_shared);
	tcase_add_test(tc, an_impossible_size_is_refused);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
