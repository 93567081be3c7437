#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "board/snapshot.h"
#include "unit.h"

#define NSLOTS 4
#define SECOND INT64_C(1000000)
#define NOW (INT64_C(100000) * SECOND)

static struct board *board;
static struct snapshot *snap;

static void
setup(void)
{
	board = board_new(NSLOTS);
	ck_assert_ptr_nonnull(board);
}

static void
teardown(void)
{
	snapshot_free(snap);
	snap = NULL;
	board_free(board);
}

static void
take(void)
{
	snapshot_free(snap);
	snap = snapshot_take(board, NOW, 1700000000);
	ck_assert_ptr_nonnull(snap);
}

/* One request in SLOT from its begin to its end. */
static void
serve(size_t slot, int64_t took_us, bool signalled, int code)
{
	const struct note_text text = { .uri = "/a?b", .length = 12 };
	const struct note_end end = { .now_us = NOW,
		.first_us = NOW - took_us + 1000,
		.ran = true,
		.signalled = signalled,
		.code = code,
		.cpu_user_us = 300,
		.cpu_system_us = 200,
		.memory_kib = 4096 };

	board_add(board, slot, BOARD_ACCEPTED, 1);
	note_begin(board, slot, 0, NOW - took_us);
	note_text(board, slot, 0, &text);
	note_program(board, slot, 0, 4711);
	note_end(board, slot, 0, NOW - took_us, &end);
	board_add(board, slot, BOARD_COMPLETED, 1);
}

START_TEST(an_empty_board_has_nothing_to_say)
{
	take();
	ck_assert_uint_eq(snap->nslots, 0);
	ck_assert_uint_eq(snap->running, 0);
	ck_assert_uint_eq(histogram_count(&snap->histogram[0]), 0);
}
END_TEST

START_TEST(what_runs_is_told_with_its_request)
{
	const struct note_text text = { .method = "POST",
		.uri = "/x",
		.script = "/srv/x.cgi",
		.query = "q",
		.user = "u",
		.remote = "::1",
		.id = "abc",
		.length = 5 };
	const struct board_request *r;

	board_enter(board, 2, 99);
	board_set_state(board, 2, BOARD_BUSY);
	board_add(board, 2, BOARD_ACCEPTED, 1);
	note_begin(board, 2, 3, NOW - SECOND);
	note_text(board, 2, 3, &text);
	note_program(board, 2, 3, 100);
	take();
	ck_assert_uint_eq(snap->nslots, 1);
	ck_assert_int_eq(snap->slot[0].pid, 99);
	ck_assert_uint_eq(snap->slot[0].slot, 2);
	ck_assert_uint_eq(snap->slot[0].running, 1);
	ck_assert_uint_eq(snap->slot[0].served, 1);
	ck_assert_uint_eq(snap->slot[0].latest, 3);
	ck_assert_uint_eq(snap->workers[BOARD_BUSY], 1);
	ck_assert_uint_eq(snap->running, 1);
	r = &snap->slot[0].request[3];
	ck_assert_uint_eq(r->stage, BOARD_RUNNING);
	ck_assert_int_eq(r->program, 100);
	ck_assert_int_eq(r->begun_us, NOW - SECOND);
	ck_assert_int_eq(r->length, 5);
	ck_assert_str_eq(r->method, "POST");
	ck_assert_str_eq(r->uri, "/x");
	ck_assert_str_eq(r->script, "/srv/x.cgi");
	ck_assert_str_eq(r->query, "q");
	ck_assert_str_eq(r->user, "u");
	ck_assert_str_eq(r->remote, "::1");
	ck_assert_str_eq(r->id, "abc");
}
END_TEST

START_TEST(sums_outlive_their_workers)
{
	board_enter(board, 0, 5);
	serve(0, 2000, false, 7);
	serve(0, 3000, true, SIGKILL);
	note_begin(board, 0, 1, NOW);
	(void)board_bury(board, 0);
	board_enter(board, 0, 7);
	take();
	ck_assert_uint_eq(snap->nslots, 1);
	ck_assert_uint_eq(snap->slot[0].request[1].stage, BOARD_OVER);
	(void)board_bury(board, 0);
	board_enter(board, 1, 6);
	serve(1, SECOND, false, 0);
	take();
	ck_assert_uint_eq(snap->nslots, 1);
	ck_assert_uint_eq(snap->counters[BOARD_ACCEPTED], 3);
	ck_assert_uint_eq(snap->counters[BOARD_COMPLETED], 3);
	ck_assert_uint_eq(snap->counters[BOARD_PROGRAMS], 3);
	ck_assert_uint_eq(snap->counters[BOARD_CPU_USER_US], 900);
	ck_assert_uint_eq(snap->counters[BOARD_CPU_SYSTEM_US], 600);
	ck_assert_uint_eq(snap->counters[BOARD_MEMORY_KIB], 3 * 4096);
	ck_assert_uint_eq(snap->memory_max_kib, 4096);
	ck_assert_uint_eq(snap->exits[7], 1);
	ck_assert_uint_eq(snap->exits[0], 1);
	ck_assert_uint_eq(snap->signals[SIGKILL], 1);
	ck_assert_uint_eq(histogram_count(&snap->histogram[BOARD_DURATION]), 3);
	ck_assert_uint_eq(
	    snap->histogram[BOARD_DURATION].sum_us, 2000 + 3000 + SECOND);
	ck_assert_uint_eq(snap->histogram[BOARD_FIRST_BYTE].sum_us, 3 * 1000);
	ck_assert_uint_eq(snap->running, 0);
}
END_TEST

START_TEST(accepted_is_always_the_sum_of_the_rest)
{
	int which;
	uint64_t sum = 0;

	board_enter(board, 0, 5);
	board_add(board, 0, BOARD_ACCEPTED, 10);
	board_add(board, 0, BOARD_ABORTED, 3);
	board_enter(board, 1, 5);
	board_add(board, 1, BOARD_COMPLETED, 4); /* cannot be */
	take();
	for (which = BOARD_COMPLETED; which <= BOARD_LOST_WORKER; which++)
		sum += snap->counters[which];
	ck_assert_uint_eq(snap->counters[BOARD_ACCEPTED], sum + snap->running);
	ck_assert_uint_eq(snap->running, 7);
}
END_TEST

START_TEST(minutes_are_counted_backwards)
{
	board_enter(board, 0, 5);
	serve(0, 90 * SECOND, false, 0); /* arrived in the minute before */
	serve(0, SECOND, false, 0);
	take();
	ck_assert_uint_eq(snap->minute[0].ended, 2);
	ck_assert_uint_eq(snap->minute[0].busy_ms, 91000);
	ck_assert_uint_eq(snap->minute[0].arrived, 1);
	ck_assert_uint_eq(snap->minute[1].arrived + snap->minute[2].arrived, 1);
}
END_TEST

START_TEST(an_hour_ago_is_forgotten)
{
	board_enter(board, 0, 5);
	note_begin(board, 0, 0, NOW - BOARD_MINUTES * 60 * SECOND);
	take();
	ck_assert_uint_eq(snap->minute[0].arrived, 0);
	note_begin(board, 0, 0, NOW);
	take();
	ck_assert_uint_eq(snap->minute[0].arrived, 1);
}
END_TEST

START_TEST(texts_are_cut_where_they_do_not_fit)
{
	static char longest[100000];
	const struct note_text text = { .method = longest,
		.uri = longest,
		.script = longest,
		.query = longest,
		.user = longest,
		.remote = longest,
		.id = longest };
	const struct board_request *r;

	memset(longest, 'x', sizeof(longest) - 1);
	board_enter(board, 0, 5);
	note_text(board, 0, 0, &text);
	note_text(board, 0, BOARD_REQUESTS, &text); /* no room: no harm */
	note_text(board, 0, 4000, &text);
	take();
	r = &snap->slot[0].request[0];
	ck_assert_uint_eq(strlen(r->method), sizeof(r->method) - 1);
	ck_assert_uint_eq(strlen(r->uri), sizeof(r->uri) - 1);
	ck_assert_uint_eq(strlen(r->id), sizeof(r->id) - 1);
}
END_TEST

/* A process that writes into its slot without end. */
static pid_t
start_writer(void)
{
	static char a[400], b[400];
	const struct note_text texts[] = { { .uri = a }, { .uri = b } };
	pid_t pid = fork();
	unsigned i;

	if (pid != 0)
		return pid;
	memset(a, 'a', sizeof(a) - 1);
	memset(b, 'b', sizeof(b) - 1);
	for (i = 0;; i++)
		note_text(board, 0, 0, &texts[i % 2]);
}

START_TEST(what_is_being_written_is_never_seen_torn)
{
	pid_t pid;
	int i;

	board_enter(board, 0, 5);
	pid = start_writer();
	for (i = 0; i < 300; i++) {
		const char *uri;
		size_t n;

		take();
		uri = snap->slot[0].request[0].uri;
		n = strspn(uri, "a");
		ck_assert_uint_eq(n == 0 ? strspn(uri, "b") : n, strlen(uri));
	}
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}
END_TEST

START_TEST(a_writer_killed_in_the_middle_leaves_the_next_one_undisturbed)
{
	const struct note_text text = { .uri = "/after" };
	int i;

	for (i = 0; i < 50; i++) {
		pid_t pid = start_writer();

		(void)usleep(300);
		(void)kill(pid, SIGKILL);
		(void)waitpid(pid, NULL, 0);
	}
	board_enter(board, 0, 5);
	note_text(board, 0, 0, &text);
	take();
	ck_assert_str_eq(snap->slot[0].request[0].uri, "/after");
}
END_TEST

START_TEST(a_board_full_of_garbage_is_still_readable)
{
	int fd = board_fd_reader(board);
	struct board *reader = board_attach(fd);
	size_t i, k, len = (size_t)lseek(fd, 0, SEEK_END);
	unsigned char *map = mmap(
	    NULL, len, PROT_READ | PROT_WRITE, MAP_SHARED, board_fd(board), 0);

	ck_assert_ptr_ne(map, MAP_FAILED);
	memset(map + 64, 0xfe - _i, len - 64);
	snap = snapshot_take(reader, NOW, 0);
	ck_assert_ptr_nonnull(snap);
	for (i = 0; i < snap->nslots; i++)
		for (k = 0; k < BOARD_REQUESTS; k++)
			ck_assert_uint_lt(
			    strlen(snap->slot[i].request[k].uri), 512);
	(void)munmap(map, len);
	board_free(reader);
	(void)close(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("snapshot");
	TCase *tc = tcase_create("copy");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 20);
	tcase_add_test(tc, an_empty_board_has_nothing_to_say);
	tcase_add_test(tc, what_runs_is_told_with_its_request);
	tcase_add_test(tc, sums_outlive_their_workers);
	tcase_add_test(tc, accepted_is_always_the_sum_of_the_rest);
	tcase_add_test(tc, minutes_are_counted_backwards);
	tcase_add_test(tc, an_hour_ago_is_forgotten);
	tcase_add_test(tc, texts_are_cut_where_they_do_not_fit);
	tcase_add_test(tc, what_is_being_written_is_never_seen_torn);
	tcase_add_test(
	    tc, a_writer_killed_in_the_middle_leaves_the_next_one_undisturbed);
	tcase_add_loop_test(
	    tc, a_board_full_of_garbage_is_still_readable, 0, 3);
	return unit_run(s);
}
