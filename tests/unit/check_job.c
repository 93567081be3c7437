#include <check.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "unit.h"
#include "worker/job.h"

#define ROWS(t) ((int)(sizeof(t) / sizeof((t)[0])))

static const struct job_limits limits = {
	.first_byte_ms = 60,
	.idle_ms = 30,
	.terminate_ms = 500,
	.kill_ms = 50,
	.linger_ms = 10,
	.finished_too = true,
};

/* A program that was started at 1000. */
static struct job
started(void)
{
	struct job j;

	job_reset(&j);
	j.pid = 1;
	j.start_ms = j.alive_ms = 1000;
	return j;
}

static const struct {
	const char *label;
	bool wrote;
	int64_t alive, now;
	enum job_due what;
	int64_t due;
} silences[] = {
	{ "nothing yet, just begun", false, 1000, 1000, JOB_OVERDUE, 1060 },
	{ "nothing yet, due now", false, 1000, 1060, JOB_OVERDUE, 1060 },
	{ "it took its body", false, 1040, 1050, JOB_OVERDUE, 1100 },
	{ "it has begun to write", true, 1040, 1050, JOB_OVERDUE, 1070 },
	{ "the whole time is nearer", true, 1480, 1490, JOB_OVERDUE, 1500 },
};

START_TEST(a_silent_program_becomes_overdue)
{
	struct job j = started();
	int64_t due;

	j.wrote = silences[_i].wrote;
	j.alive_ms = silences[_i].alive;
	ck_assert_msg(job_next(&j, &limits, false, silences[_i].now, &due) ==
		    silences[_i].what &&
		due == silences[_i].due,
	    "%s: %lld", silences[_i].label, (long long)due);
}
END_TEST

START_TEST(limits_of_zero_are_off)
{
	const struct job_limits none = { 0 };
	struct job j = started();
	int64_t due;

	ck_assert_int_eq(
	    job_next(&j, &none, false, 1000000, &due), JOB_NOTHING);
	ck_assert_int_eq(due, CLOCK_NEVER);
}
END_TEST

START_TEST(waiting_for_the_web_server_stops_the_clock)
{
	struct job j = started();
	int64_t due;

	/* Only the whole time goes on. */
	ck_assert_int_eq(job_next(&j, &limits, true, 1050, &due), JOB_OVERDUE);
	ck_assert_int_eq(due, 1500);
	ck_assert_int_eq(job_next(&j, &limits, true, 1200, &due), JOB_OVERDUE);
	ck_assert_int_eq(due, 1500);
	/* From here on it is the program's time again. */
	(void)job_next(&j, &limits, false, 1300, &due);
	ck_assert_int_eq(due, 1360);
	(void)job_next(&j, &limits, false, 1310, &due);
	ck_assert_int_eq(due, 1360);
}
END_TEST

START_TEST(after_term_comes_kill_and_then_nothing)
{
	struct job j = started();
	int64_t due;

	j.pid = 0; /* nobody to signal */
	job_terminate(&j, 1200);
	ck_assert_int_eq(job_next(&j, &limits, false, 1201, &due), JOB_KILL);
	ck_assert_int_eq(due, 1250);
	job_terminate(&j, 1240); /* said twice: the first one counts */
	(void)job_next(&j, &limits, false, 1241, &due);
	ck_assert_int_eq(due, 1250);
	job_kill(&j, 1250);
	ck_assert_int_eq(job_next(&j, &limits, false, 9999, &due), JOB_NOTHING);
	ck_assert_int_eq(due, CLOCK_NEVER);
}
END_TEST

START_TEST(after_its_exit_output_is_waited_for_a_moment)
{
	struct job j = started();
	int64_t due;

	j.exited = true;
	j.exit_ms = 1100;
	ck_assert_int_eq(
	    job_next(&j, &limits, false, 1105, &due), JOB_LINGERED);
	ck_assert_int_eq(due, 1110);
	/* A slow reader must not cost it its output. */
	(void)job_next(&j, &limits, true, 1108, &due);
	ck_assert_int_eq(due, 1118);
}
END_TEST

/* A child in a group of its own; with CHILD_TOO another one in it, whose pid
 * comes through the pipe. */
static struct job
start(bool child_too, pid_t *other)
{
	struct job j;
	int fds[2];

	job_reset(&j);
	ck_assert_int_eq(pipe(fds), 0);
	j.pid = fork();
	ck_assert_int_ne(j.pid, -1);
	if (j.pid == 0) {
		pid_t pid;

		(void)setpgid(0, 0);
		(void)signal(SIGTERM, child_too ? SIG_DFL : SIG_IGN);
		pid = child_too ? fork() : getpid();
		if (pid == 0)
			(void)signal(SIGTERM, SIG_IGN);
		if (pid != 0)
			(void)!write(fds[1], &pid, sizeof(pid));
		for (;;)
			(void)pause();
	}
	ck_assert_int_eq(read(fds[0], other, sizeof(*other)), sizeof(*other));
	(void)close(fds[0]);
	(void)close(fds[1]);
	j.pidfd = (int)syscall(SYS_pidfd_open, j.pid, 0);
	return j;
}

static bool
reaped(void *arg)
{
	return job_reap(arg, 77);
}

/* Its parent has ended before it, so that it became ours. */
static bool
gone(void *arg)
{
	return waitpid(*(pid_t *)arg, NULL, WNOHANG) == *(pid_t *)arg;
}

START_TEST(an_exit_is_taken_once)
{
	struct job j;

	job_reset(&j);
	j.pid = fork();
	if (j.pid == 0)
		_exit(42);
	ck_assert(unit_wait_for(reaped, &j));
	ck_assert(j.exited);
	ck_assert_int_eq(j.exit_ms, 77);
	ck_assert(WIFEXITED(j.status));
	ck_assert_int_eq(WEXITSTATUS(j.status), 42);
	ck_assert(!job_reap(&j, 78));
	ck_assert_int_eq(j.exit_ms, 77);
	job_close(&j);
}
END_TEST

START_TEST(who_ignores_term_is_killed)
{
	pid_t self;
	struct job j = start(false, &self);

	job_terminate(&j, 1);
	ck_assert(!job_reap(&j, 2));
	job_kill(&j, 3);
	ck_assert(unit_wait_for(reaped, &j));
	ck_assert_int_eq(WTERMSIG(j.status), SIGKILL);
	job_close(&j);
}
END_TEST

START_TEST(a_stopped_one_ends_too)
{
	pid_t child;
	struct job j = start(true, &child);

	ck_assert_int_eq(kill(j.pid, SIGSTOP), 0);
	job_terminate(&j, 1);
	ck_assert(unit_wait_for(reaped, &j));
	ck_assert_int_eq(WTERMSIG(j.status), SIGTERM);
	job_close(&j);
}
END_TEST

START_TEST(the_rest_of_the_group_ends_with_it)
{
	pid_t child;
	struct job j;

	/* Not every init collects orphans. */
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
	j = start(true, &child);
	job_terminate(&j, 1);
	ck_assert(unit_wait_for(reaped, &j));
	ck_assert(unit_wait_for(gone, &child));
	job_close(&j);
}
END_TEST

START_TEST(after_the_reap_nobody_is_signalled)
{
	struct job j;

	job_reset(&j);
	j.pid = fork();
	if (j.pid == 0)
		_exit(0);
	ck_assert(unit_wait_for(reaped, &j));
	/* If it did: this group, which is ours, would end us. */
	j.pid = getpgrp();
	job_terminate(&j, 1);
	job_kill(&j, 1);
	job_close(&j);
}
END_TEST

START_TEST(one_that_has_closed_its_output_may_be_left_alone)
{
	struct job_limits lenient = limits;
	struct job j = started();
	int64_t due;

	lenient.finished_too = false;
	lenient.slow_ms = 700;
	ck_assert_int_eq(job_next(&j, &lenient, false, 1600, &due), JOB_SLOW);
	j.slow_told = true;
	ck_assert_int_eq(
	    job_next(&j, &lenient, false, 9000, &due), JOB_NOTHING);
	ck_assert_int_eq(due, CLOCK_NEVER);
	ck_assert_int_eq(job_next(&j, &limits, false, 9000, &due), JOB_OVERDUE);
	j.out_fd = 5; /* not closed */
	ck_assert_int_eq(
	    job_next(&j, &lenient, false, 9000, &due), JOB_OVERDUE);
	j.out_fd = -1;
	j.signalled = SIGTERM; /* whoever ended it wants it to end */
	j.signal_ms = 9000;
	ck_assert_int_eq(job_next(&j, &lenient, false, 9000, &due), JOB_KILL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("job");
	TCase *tc = tcase_create("limits");

	tcase_add_loop_test(
	    tc, a_silent_program_becomes_overdue, 0, ROWS(silences));
	tcase_add_test(tc, limits_of_zero_are_off);
	tcase_add_test(tc, one_that_has_closed_its_output_may_be_left_alone);
	tcase_add_test(tc, waiting_for_the_web_server_stops_the_clock);
	tcase_add_test(tc, after_term_comes_kill_and_then_nothing);
	tcase_add_test(tc, after_its_exit_output_is_waited_for_a_moment);
	suite_add_tcase(s, tc);
	tc = tcase_create("processes");
	tcase_add_test(tc, an_exit_is_taken_once);
	tcase_add_test(tc, who_ignores_term_is_killed);
	tcase_add_test(tc, a_stopped_one_ends_too);
	tcase_add_test(tc, the_rest_of_the_group_ends_with_it);
	tcase_add_test(tc, after_the_reap_nobody_is_signalled);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
