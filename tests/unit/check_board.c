#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "board/board.h"
#include "board/pool.h"
#include "unit.h"

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

START_TEST(what_was_at_stake_is_lost_and_was_accepted)
{
	board_enter(board, 1, 11);
	board_add(board, 1, BOARD_ACCEPTED, 2);
	board_add(board, 1, BOARD_COMPLETED, 1);
	board_set_stake(board, 1, 2);
	ck_assert_uint_eq(board_bury(board, 1), 3);
	ck_assert_uint_eq(board_sum(board, BOARD_ACCEPTED), 4);
	ck_assert_uint_eq(board_sum(board, BOARD_LOST_WORKER), 3);
	ck_assert_uint_eq(board_bury(board, 1), 0);
	/* A worker may say what it likes. */
	board_set_stake(board, 1, UINT32_MAX);
	ck_assert_uint_le(board_bury(board, 1), 16384);
	board_set_stake(board, 1, 1);
	board_enter(board, 1, 12);
	ck_assert_uint_eq(board_bury(board, 1), 0);
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

START_TEST(who_is_given_the_board_can_read_it_and_no_more)
{
	int fd = board_fd_reader(board);
	struct board *reader;

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	ck_assert_int_eq(ftruncate(fd, 0), -1);
	ck_assert_ptr_eq(
	    mmap(NULL, 4096, PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	reader = board_attach(fd);
	ck_assert_ptr_nonnull(reader);
	(void)close(fd);
	board_add(board, 1, BOARD_ACCEPTED, 3);
	ck_assert_uint_eq(board_nslots(reader), NSLOTS);
	ck_assert_uint_eq(board_sum(reader, BOARD_ACCEPTED), 3);
	board_free(reader);
}
END_TEST

START_TEST(nobody_can_shrink_it)
{
	ck_assert_int_eq(ftruncate(board_fd(board), 0), -1);
	ck_assert_int_eq(errno, EPERM);
}
END_TEST

START_TEST(it_grows_behind_the_back_of_those_who_use_it)
{
	int fd = board_fd_reader(board);
	struct board *reader = board_attach(fd), *later;

	board_add(board, 4, BOARD_ACCEPTED, 5);
	ck_assert_int_eq(board_grow(board, 300), 0);
	board_add(board, 299, BOARD_ACCEPTED, 1);
	board_enter(board, 299, 77);
	ck_assert_uint_eq(board_nslots(reader), NSLOTS);
	ck_assert_uint_eq(board_sum(reader, BOARD_ACCEPTED), 5);
	later = board_attach(fd);
	ck_assert_uint_eq(board_nslots(later), 300);
	ck_assert_uint_eq(board_sum(later, BOARD_ACCEPTED), 6);
	ck_assert_int_eq(board_get_pid(later, 299), 77);
	ck_assert_int_eq(board_grow(board, NSLOTS), 0);
	ck_assert_uint_eq(board_nslots(board), 300);
	board_free(reader);
	board_free(later);
	(void)close(fd);
}
END_TEST

START_TEST(it_is_adopted_after_an_exec)
{
	int fd = dup(board_fd(board));
	struct board *again;

	board_add(board, 2, BOARD_ACCEPTED, 9);
	again = board_adopt(fd);
	ck_assert_ptr_nonnull(again);
	ck_assert_int_eq(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
	board_add(again, 2, BOARD_ACCEPTED, 1);
	ck_assert_uint_eq(board_sum(board, BOARD_ACCEPTED), 10);
	board_free(again);
}
END_TEST

START_TEST(what_is_no_board_is_refused)
{
	static const int seals[] = { 0, F_SEAL_SHRINK, F_SEAL_SHRINK };
	static const off_t sizes[] = { 1 << 26, 1 << 26, 100 };
	int fd = memfd_create("x", MFD_ALLOW_SEALING);

	ck_assert_int_eq(ftruncate(fd, sizes[_i]), 0);
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, seals[_i]), 0);
	ck_assert_ptr_null(board_attach(fd));
	ck_assert_int_eq(errno, EPROTO);
	(void)close(fd);
}
END_TEST

START_TEST(nobody_can_forbid_it_to_grow)
{
	ck_assert_int_eq(fcntl(board_fd(board), F_ADD_SEALS, F_SEAL_GROW), -1);
	ck_assert_int_eq(board_grow(board, board_nslots(board) + 9), 0);
}
END_TEST

START_TEST(what_the_master_says_of_the_pool_is_read_back)
{
	struct board_pool in = { .name = "git",
		.nlisten = 1,
		.max_children = 7 },
			  out;

	(void)strcpy(in.listen[0], "/run/git.sock");
	board_set_pool(board, &in);
	ck_assert(board_get_pool(board, &out));
	ck_assert_mem_eq(&in, &out, sizeof(in));
}
END_TEST

START_TEST(a_pool_of_garbage_is_clamped)
{
	struct board_pool in, out;

	memset(&in, 0xff, sizeof(in));
	board_set_pool(board, &in);
	ck_assert(board_get_pool(board, &out));
	ck_assert_uint_eq(strlen(out.name), BOARD_NAME_MAX - 1);
	ck_assert_uint_eq(strlen(out.changes), BOARD_CHANGES_MAX - 1);
	ck_assert_uint_eq(strlen(out.listen[15]), BOARD_ADDRESS_MAX - 1);
	ck_assert_uint_le(out.nlisten, BOARD_LISTEN_MAX);
	ck_assert_uint_lt(out.life, BOARD_LIVES);
	ck_assert_uint_le(out.pm, BOARD_ONDEMAND);
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

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_new_board_is_empty);
	tcase_add_test(tc, what_another_process_writes_is_seen_here);
	tcase_add_test(tc, counters_survive_the_worker);
	tcase_add_test(tc, a_burial_empties_the_slot_and_counts_what_died);
	tcase_add_test(
	    tc, a_worker_killed_before_it_said_running_is_counted_too);
	tcase_add_test(tc, what_was_at_stake_is_lost_and_was_accepted);
	tcase_add_test(tc, outcomes_without_a_request_lose_nothing);
	tcase_add_test(tc, absurd_values_are_clamped);
	tcase_add_test(tc, states_are_counted);
	tcase_add_test(tc, sums_run_over_all_slots);
	tcase_add_test(tc, the_parked_count_is_shared);
	tcase_add_test(tc, who_is_given_the_board_can_read_it_and_no_more);
	tcase_add_test(tc, nobody_can_shrink_it);
	tcase_add_test(tc, it_grows_behind_the_back_of_those_who_use_it);
	tcase_add_test(tc, it_is_adopted_after_an_exec);
	tcase_add_loop_test(tc, what_is_no_board_is_refused, 0, 3);
	tcase_add_test(tc, nobody_can_forbid_it_to_grow);
	tcase_add_test(tc, what_the_master_says_of_the_pool_is_read_back);
	tcase_add_test(tc, a_pool_of_garbage_is_clamped);
	tcase_add_test(tc, an_impossible_size_is_refused);
	return unit_run(s);
}
