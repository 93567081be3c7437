#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/daemon.h"
#include "unit.h"

static void
setup(void)
{
	unit_dir_make();
	/* A daemon's end is ours to collect once its parent has gone. */
	ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
}

static void
teardown(void)
{
	unit_dir_remove();
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static const struct {
	int code;
	const char *why;
} verdicts[] = {
	{ 0, NULL },
	{ EX_CONFIG, "pool 'x': no such program" },
	{ EX_OSERR, NULL },
};

START_TEST(the_parent_gets_the_verdict)
{
	struct daemon d;
	enum daemon_side side = daemon_begin(&d);

	if (side == DAEMON_CHILD) {
		daemon_ready(&d, verdicts[_i].code, verdicts[_i].why);
		_exit(0);
	}
	ck_assert_int_eq(side, DAEMON_PARENT);
	ck_assert_int_eq(d.code, verdicts[_i].code);
	ck_assert_str_eq(
	    d.why, verdicts[_i].why == NULL ? "" : verdicts[_i].why);
}
END_TEST

/* How a child may end without having said anything. */
static const struct {
	int exit_code; /* -1: SIGKILL */
	int code;
	const char *why; /* a part of it; "" must be empty */
} ends[] = {
	{ EX_USAGE, EX_USAGE, "" },
	{ 0, EX_OSERR, "before it was ready" },
	{ -1, EX_OSERR, "signal 9" },
};

START_TEST(an_end_without_a_word_is_no_success)
{
	struct daemon d;

	if (daemon_begin(&d) == DAEMON_CHILD) {
		if (ends[_i].exit_code == -1)
			(void)raise(SIGKILL);
		_exit(ends[_i].exit_code);
	}
	ck_assert_int_eq(d.code, ends[_i].code);
	if (ends[_i].why[0] == '\0')
		ck_assert_str_eq(d.why, "");
	else
		ck_assert_ptr_nonnull(strstr(d.why, ends[_i].why));
}
END_TEST

/* A worker that outlives the daemon has a copy of its end. */
START_TEST(the_end_is_noticed_though_a_worker_lives)
{
	int lifeline[2];
	struct daemon d;

	ck_assert_int_eq(pipe2(lifeline, O_CLOEXEC), 0);
	if (daemon_begin(&d) == DAEMON_CHILD) {
		(void)close(lifeline[1]);
		if (fork() == 0) {
			char c;

			_exit(read(lifeline[0], &c, 1) == 0 ? 0 : 1);
		}
		_exit(EX_CONFIG);
	}
	ck_assert_int_eq(d.code, EX_CONFIG);
	(void)close(lifeline[0]);
	(void)close(lifeline[1]);
}
END_TEST

START_TEST(the_child_leads_a_session_and_has_no_stdio)
{
	struct daemon d;

	if (daemon_begin(&d) == DAEMON_CHILD) {
		char link[64] = "", name[32];
		int fd, nulls = 0;

		fd = d.fd;
		daemon_ready(&d, 0, NULL);
		if (d.fd != -1 || fcntl(fd, F_GETFD) != -1)
			_exit(1);
		for (fd = 0; fd < 3; fd++) {
			(void)snprintf(
			    name, sizeof(name), "/proc/self/fd/%d", fd);
			memset(link, 0, sizeof(link));
			if (readlink(name, link, sizeof(link) - 1) > 0 &&
			    strcmp(link, "/dev/null") == 0)
				nulls++;
		}
		unit_write(unit_path("seen"),
		    getsid(0) == getpid() && nulls == 3 ? "yes" : "no");
		unit_write(unit_path("done"), "x");
		daemon_ready(&d, 1, "not said again");
		_exit(0);
	}
	ck_assert_int_eq(d.code, 0);
	while (waitpid(-1, NULL, 0) == -1 && errno == EINTR)
		;
	ck_assert_str_eq(unit_read(unit_path("done")), "x");
	ck_assert_str_eq(unit_read(unit_path("seen")), "yes");
}
END_TEST

START_TEST(a_failed_child_keeps_its_stderr)
{
	struct daemon d;
	int pair[2];
	char got[8];

	ck_assert_int_eq(pipe2(pair, O_CLOEXEC), 0);
	if (daemon_begin(&d) == DAEMON_CHILD) {
		(void)dup2(pair[1], 2);
		daemon_ready(&d, EX_CONFIG, "why");
		_exit(write(2, "late", 4) == 4 ? 0 : 1);
	}
	ck_assert_int_eq(d.code, EX_CONFIG);
	ck_assert_int_eq(read(pair[0], got, sizeof(got)), 4);
	(void)close(pair[0]);
	(void)close(pair[1]);
}
END_TEST

START_TEST(a_parent_that_was_killed_is_no_signal)
{
	pid_t middle = fork();

	if (middle == 0) {
		struct daemon d;

		if (daemon_begin(&d) == DAEMON_CHILD) {
			pid_t parent = getppid();

			(void)kill(parent, SIGKILL);
			while (getppid() == parent)
				(void)usleep(1000);
			daemon_ready(&d, 0, NULL);
			unit_write(unit_path("lives"), "x");
			_exit(0);
		}
		_exit(1);
	}
	ck_assert_int_eq(unit_exit_code(middle), 128 + SIGKILL);
	while (waitpid(-1, NULL, 0) == -1 && errno == EINTR)
		;
	ck_assert_str_eq(unit_read(unit_path("lives")), "x");
}
END_TEST

START_TEST(no_daemon_says_nothing)
{
	struct daemon d = DAEMON_NONE;

	daemon_ready(&d, 0, NULL);
	ck_assert_int_eq(d.fd, -1);
	ck_assert_int_ne(fcntl(2, F_GETFD), -1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("daemon");
	TCase *tc = tcase_create("verdict");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, the_parent_gets_the_verdict, 0,
	    sizeof(verdicts) / sizeof(verdicts[0]));
	tcase_add_loop_test(tc, an_end_without_a_word_is_no_success, 0,
	    sizeof(ends) / sizeof(ends[0]));
	tcase_add_test(tc, the_end_is_noticed_though_a_worker_lives);
	tcase_add_test(tc, the_child_leads_a_session_and_has_no_stdio);
	tcase_add_test(tc, a_failed_child_keeps_its_stderr);
	tcase_add_test(tc, a_parent_that_was_killed_is_no_signal);
	tcase_add_test(tc, no_daemon_says_nothing);
	return unit_run(s);
}
