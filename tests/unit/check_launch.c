#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/launch.h"
#include "base/sig.h"
#include "unit.h"

static int null_fd;
static int out_fd; /* the program's stdout: the file "out" */
static int fds_before;

static void
setup(void)
{
	fds_before = unit_count_fds();
	unit_dir_make();
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	out_fd = open(unit_path("out"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_ne(out_fd, -1);
}

static void
teardown(void)
{
	(void)close(null_fd);
	(void)close(out_fd);
	unit_dir_remove();
	ck_assert_int_eq(unit_count_fds(), fds_before);
	ck_assert_int_eq(waitpid(-1, NULL, WNOHANG), -1);
	ck_assert_int_eq(errno, ECHILD);
}

static int
start(const struct launch *model, const char *script, struct launch_result *r)
{
	char sh[] = "sh", c[] = "-c", text[512];
	char *argv[] = { sh, c, text, NULL };
	char path[] = "PATH=/usr/bin:/bin";
	char *envp[] = { path, NULL };
	struct launch what = *model;

	(void)snprintf(text, sizeof(text), "%s", script);
	what.path = model->path != NULL ? model->path : "/bin/sh";
	what.argv = argv;
	what.envp = envp;
	return launch_program(&what, r);
}

/* Run SCRIPT to its end, all signals blocked as in a worker; its stdout. */
static const char *
output_of(const struct launch *model, const char *script)
{
	struct launch_result r;
	sigset_t all, old;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &old);
	ck_assert_int_eq(start(model, script, &r), 0);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	ck_assert_int_eq(unit_exit_code(r.pid), 0);
	ck_assert_int_eq(fcntl(r.pidfd, F_GETFD), FD_CLOEXEC);
	(void)close(r.pidfd);
	return unit_read(unit_path("out"));
}

static struct launch
plain(void)
{
	struct launch what = { .fds = { null_fd, out_fd, null_fd } };

	return what;
}

START_TEST(the_program_gets_exactly_three_descriptors)
{
	struct launch what = plain();

	/* As the start does: all else is close-on-exec. */
	ck_assert_int_eq(io_cloexec_from(3), 0);
	/* The fourth is the one that ls reads the folder with. */
	ck_assert_str_eq(
	    output_of(&what, "ls -x /proc/self/fd"), "0  1  2  3\n");
}
END_TEST

START_TEST(the_program_gets_no_mask_and_default_actions)
{
	struct launch what = plain();

	/* As a worker does when it starts. */
	sig_reset_blocked();
	ck_assert_str_eq(
	    output_of(&what, "grep -E '^Sig(Blk|Ign)' /proc/self/status"),
	    "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
	sig_reset();
}
END_TEST

START_TEST(the_program_leads_its_own_group_at_once)
{
	struct launch what = plain();
	struct launch_result r;

	ck_assert_int_eq(start(&what, "exec sleep 30", &r), 0);
	ck_assert_int_eq(getpgid(r.pid), r.pid);
	ck_assert_int_eq(kill(-r.pid, SIGTERM), 0);
	ck_assert_int_eq(unit_exit_code(r.pid), 128 + SIGTERM);
	(void)close(r.pidfd);
}
END_TEST

START_TEST(the_pidfd_tells_the_end)
{
	struct launch what = plain();
	struct launch_result r;
	struct pollfd p = { .events = POLLIN };

	ck_assert_int_eq(start(&what, "exit 3", &r), 0);
	p.fd = r.pidfd;
	ck_assert_int_eq(poll(&p, 1, 5000), 1);
	ck_assert_int_eq(unit_exit_code(r.pid), 3);
	(void)close(r.pidfd);
}
END_TEST

START_TEST(the_environment_is_the_one_given)
{
	struct launch what = plain();

	ck_assert_str_eq(output_of(&what, "tr '\\0' '\\n' < /proc/$$/environ"),
	    "PATH=/usr/bin:/bin\n");
}
END_TEST

START_TEST(the_program_starts_in_its_folder)
{
	struct launch what = plain();

	what.chdir = "/proc/self/..";
	ck_assert_str_eq(output_of(&what, "pwd"), "/proc\n");
}
END_TEST

START_TEST(limits_are_the_programs_alone)
{
	const struct privs_rlimit limits[] = { { RLIMIT_NOFILE, 17 },
		{ RLIMIT_CORE, 0 } };
	struct launch what = plain();
	struct rlimit now;

	what.rlimits = limits;
	what.nrlimits = 2;
	ck_assert_str_eq(output_of(&what, "ulimit -n; ulimit -Hn; ulimit -c"),
	    "17\n17\n0\n");
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &now), 0);
	ck_assert_uint_ne(now.rlim_cur, 17);
}
END_TEST

static const struct {
	const char *path;
	const char *chdir;
	int resource; /* -1: no limit */
	int error;
	const char *step;
} failures[] = {
	{ "/nonexistent", NULL, -1, ENOENT, "execve" },
	{ "/etc/passwd", NULL, -1, EACCES, "execve" },
	{ "/proc/self", NULL, -1, EACCES, "execve" },
	{ "/bin/sh", "/nonexistent", -1, ENOENT, "chdir" },
	{ "/bin/sh", NULL, 99, EINVAL, "setrlimit" },
};

START_TEST(a_step_that_fails_is_named)
{
	const struct privs_rlimit limit = { failures[_i].resource, 1 };
	struct launch what = plain();
	struct launch_result r;

	what.path = failures[_i].path;
	what.chdir = failures[_i].chdir;
	what.rlimits = &limit;
	what.nrlimits = failures[_i].resource == -1 ? 0 : 1;
	ck_assert_int_eq(start(&what, "exit 0", &r), -1);
	ck_assert_str_eq(r.step, failures[_i].step);
	ck_assert_int_eq(r.error, failures[_i].error);
	ck_assert_int_eq(r.pid, -1);
	ck_assert_int_eq(r.pidfd, -1);
}
END_TEST

START_TEST(a_closed_descriptor_is_a_failed_step)
{
	struct launch what = plain();
	struct launch_result r;

	what.fds[2] = -1;
	ck_assert_int_eq(start(&what, "exit 0", &r), -1);
	ck_assert_str_eq(r.step, "dup2");
	ck_assert_int_eq(r.error, EBADF);
}
END_TEST

/* In a process of its own: files f0, f1, f2 become its 0, 1, 2 and f3 a
 * higher one, all close-on-exec; then a program gets WANTED[i] as i. */
static int
overlap(const int *wanted, int high)
{
	struct launch what = { .fds = { 0 } };
	struct launch_result r;
	int i;

	for (i = 0; i < 3; i++) {
		char name[3] = { 'f', (char)('0' + i), 0 };
		int fd = open(unit_path(name), O_RDWR | O_CREAT, 0600);

		if (dup3(fd, i, O_CLOEXEC) == -1)
			return 1;
		(void)close(fd);
	}
	for (i = 0; i < 3; i++)
		what.fds[i] = wanted[i] < 3 ? wanted[i] : high;
	if (chdir(unit_path(".")) == -1 ||
	    start(&what,
		"for i in 0 1 2; do f=$(readlink /proc/$$/fd/$i);"
		" s=$s${f##*/f}; done; echo $s > seen",
		&r) == -1)
		return 2;
	return waitpid(r.pid, NULL, 0) == r.pid ? 0 : 3;
}

/* Every source of every place: 0, 1, 2 or a higher one (3 below). */
START_TEST(descriptors_may_overlap_in_any_way)
{
	const int wanted[3] = { _i & 3, _i >> 2 & 3, _i >> 4 & 3 };
	char expected[8];
	pid_t pid = fork();

	if (pid == 0) {
		int fd = open(unit_path("f3"), O_RDWR | O_CREAT, 0600);

		_exit(overlap(wanted, fcntl(fd, F_DUPFD_CLOEXEC, 20)));
	}
	ck_assert_int_eq(unit_exit_code(pid), 0);
	(void)snprintf(expected, sizeof(expected), "%d%d%d\n", wanted[0],
	    wanted[1], wanted[2]);
	ck_assert_str_eq(unit_read(unit_path("seen")), expected);
}
END_TEST

START_TEST(the_program_dies_with_its_parent)
{
	struct pollfd p = { .events = POLLIN };
	int lifeline[2];
	char c;
	pid_t pid;

	ck_assert_int_eq(pipe2(lifeline, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		struct launch what = { .fds = {
					   null_fd, lifeline[1], null_fd } };
		struct launch_result r;

		_exit(start(&what, "exec sleep 30", &r) == 0 ? 0 : 1);
	}
	ck_assert_int_eq(unit_exit_code(pid), 0);
	(void)close(lifeline[1]);
	p.fd = lifeline[0];
	ck_assert_int_eq(poll(&p, 1, 5000), 1);
	ck_assert_int_eq(read(lifeline[0], &c, 1), 0);
	(void)close(lifeline[0]);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("launch");
	TCase *tc = tcase_create("program");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_program_gets_exactly_three_descriptors);
	tcase_add_test(tc, the_program_gets_no_mask_and_default_actions);
	tcase_add_test(tc, the_program_leads_its_own_group_at_once);
	tcase_add_test(tc, the_pidfd_tells_the_end);
	tcase_add_test(tc, the_environment_is_the_one_given);
	tcase_add_test(tc, the_program_starts_in_its_folder);
	tcase_add_test(tc, limits_are_the_programs_alone);
	tcase_add_loop_test(tc, a_step_that_fails_is_named, 0,
	    sizeof(failures) / sizeof(failures[0]));
	tcase_add_test(tc, a_closed_descriptor_is_a_failed_step);
	tcase_add_loop_test(tc, descriptors_may_overlap_in_any_way, 0, 64);
	tcase_add_test(tc, the_program_dies_with_its_parent);
	return unit_run(s);
}
