#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "master/kin.h"
#include "master/motion.h"
#include "unit.h"

START_TEST(each_number_makes_another_mark)
{
	uint64_t mark = motion_mark(7, "1000 50 3\n");

	ck_assert_uint_ne(mark, 0);
	ck_assert_uint_eq(mark, motion_mark(7, "1000 50 3\n"));
	ck_assert_uint_ne(mark, motion_mark(8, "1000 50 3\n"));
	ck_assert_uint_ne(mark, motion_mark(7, "1001 50 3\n"));
	ck_assert_uint_ne(mark, motion_mark(7, "1000 50 4\n"));
}
END_TEST

START_TEST(a_kernel_that_does_not_count_tells_nothing)
{
	ck_assert_uint_eq(motion_mark(7, "0 0 0\n"), 0);
	ck_assert_uint_eq(motion_mark(7, ""), 0);
	ck_assert_uint_eq(motion_mark(7, "1000 50"), 0);
}
END_TEST

static void
nothing(int signo)
{
	(void)signo;
}

static void
wait_for_ever(void)
{
	(void)signal(SIGUSR1, nothing);
	for (;;)
		(void)pause();
}

static void *
wait_beside(void *arg)
{
	wait_for_ever();
	return arg;
}

/* A program that starts WHO is to be woken: a thread of a process that it
 * started, and tells its number. */
static pid_t
begin(int *teller)
{
	int tell[2];
	pid_t pid;

	ck_assert_int_eq(pipe(tell), 0);
	pid = fork();
	if (pid == 0) {
		pthread_t thread;

		(void)setpgid(0, 0);
		(void)signal(SIGUSR1, nothing); /* before we may be woken */
		if (fork() == 0) {
			(void)pthread_create(&thread, NULL, wait_beside, NULL);
			pid = getpid();
			(void)write(tell[1], &pid, sizeof(pid));
		}
		wait_for_ever();
	}
	(void)close(tell[1]);
	*teller = tell[0];
	return pid;
}

/* The mark of PID, once it does not change any more. */
static uint64_t
at_rest(pid_t pid)
{
	const struct timespec ms = { .tv_nsec = 20000000 };
	int64_t end = clock_ms() + 5000;
	uint64_t mark, before = 0;

	while ((mark = motion_of(pid)) != before || mark == 0) {
		ck_assert_int_lt(clock_ms(), end);
		before = mark;
		(void)nanosleep(&ms, NULL);
	}
	return mark;
}

static void
wait_for_other(pid_t pid, uint64_t mark)
{
	int64_t end = clock_ms() + 5000;

	while (motion_of(pid) == mark)
		ck_assert_int_lt(clock_ms(), end);
}

START_TEST(who_waits_does_not_move_and_who_is_woken_does)
{
	int teller;
	pid_t pid = begin(&teller), child = 0;
	uint64_t mark;

	ck_assert_int_eq(read(teller, &child, sizeof(child)), sizeof(child));
	mark = at_rest(pid);
	(void)kill(pid, SIGUSR1);
	wait_for_other(pid, mark);
	mark = at_rest(pid);
	(void)kill(child, SIGUSR1); /* one of its threads */
	wait_for_other(pid, mark);
	(void)kill(-pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert_uint_eq(motion_of(pid), 0);
	(void)close(teller);
}
END_TEST

struct seen {
	size_t processes, threads;
};

static bool
count_process(void *arg, pid_t pid)
{
	struct seen *seen = arg;

	ck_assert_int_gt(pid, 0);
	seen->processes++;
	return true;
}

static void
count_thread(void *arg, int task, const char *tid)
{
	struct seen *seen = arg;

	ck_assert_int_ne(task, -1);
	ck_assert_int_gt(atoi(tid), 0);
	seen->threads++;
}

/* A child of as many threads as one look takes, and its own. */
static pid_t
begin_crowded(int *teller)
{
	int tell[2], i;
	pthread_attr_t small;
	pthread_t thread;
	pid_t pid;

	ck_assert_int_eq(pipe(tell), 0);
	pid = fork();
	if (pid == 0) {
		(void)pthread_attr_init(&small);
		(void)pthread_attr_setstacksize(&small, 1 << 17);
		for (i = 0; i < KIN_TASKS_MAX; i++)
			if (pthread_create(
				&thread, &small, wait_beside, NULL) != 0)
				_exit(1);
		(void)write(tell[1], &pid, sizeof(pid));
		wait_for_ever();
	}
	(void)close(tell[1]);
	*teller = tell[0];
	return pid;
}

START_TEST(a_look_has_a_bound)
{
	struct seen seen = { 0 };
	const struct kin_visitor v = {
		.process = count_process, .thread = count_thread, .arg = &seen
	};
	int teller;
	pid_t pid = begin_crowded(&teller), told;

	ck_assert_int_eq(read(teller, &told, sizeof(told)), sizeof(told));
	ck_assert_int_eq(kin_visit(pid, &v), KIN_SOME);
	ck_assert_uint_eq(seen.threads, KIN_TASKS_MAX);
	ck_assert_uint_eq(motion_of(pid), 0);
	(void)kill(pid, SIGKILL);
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	(void)close(teller);
}
END_TEST

START_TEST(all_of_many_children_are_visited)
{
	struct seen seen = { 0 };
	const struct kin_visitor v = {
		.process = count_process, .thread = count_thread, .arg = &seen
	};
	enum { CHILDREN = 300 };
	pid_t first = 0, pid;
	int i;

	for (i = 0; i < CHILDREN; i++) {
		pid = fork();
		if (pid == 0)
			wait_for_ever();
		first = first == 0 ? pid : first;
		(void)setpgid(pid, first);
	}
	ck_assert_int_eq(kin_visit(getpid(), &v), KIN_ALL);
	ck_assert_uint_eq(seen.processes, CHILDREN + 1);
	ck_assert_uint_ge(seen.threads, CHILDREN + 1);
	(void)kill(-first, SIGKILL);
	while (waitpid(-first, NULL, 0) > 0)
		;
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("motion");
	TCase *tc = tcase_create("motion");

	suite_add_tcase(s, tc);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, each_number_makes_another_mark);
	tcase_add_test(tc, a_kernel_that_does_not_count_tells_nothing);
	tcase_add_test(tc, who_waits_does_not_move_and_who_is_woken_does);
	tcase_add_test(tc, a_look_has_a_bound);
	tcase_add_test(tc, all_of_many_children_are_visited);
	return unit_run(s);
}
