#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/sig.h"
#include "unit.h"

static bool
is_blocked(int signo)
{
	sigset_t now;

	(void)sigprocmask(SIG_SETMASK, NULL, &now);
	return sigismember(&now, signo) == 1;
}

static bool
is_default(int signo)
{
	struct sigaction sa;

	return sigaction(signo, NULL, &sa) == 0 && sa.sa_handler == SIG_DFL;
}

static sigset_t
setup_two(void)
{
	const int list[] = { SIGUSR1, SIGHUP };
	sigset_t unblocked;

	sig_setup(list, 2, &unblocked);
	return unblocked;
}

START_TEST(a_signal_waits_until_it_is_let_in_and_is_seen_once)
{
	sigset_t unblocked = setup_two();

	ck_assert(is_blocked(SIGUSR1));
	(void)raise(SIGUSR1);
	ck_assert(!sig_take(SIGUSR1));
	(void)sigsuspend(&unblocked);
	ck_assert(sig_take(SIGUSR1));
	ck_assert(!sig_take(SIGUSR1));
	ck_assert(!sig_take(SIGHUP));
	sig_reset();
}
END_TEST

START_TEST(a_number_that_is_no_signal_was_not_seen)
{
	ck_assert(!sig_take(-1));
	ck_assert(!sig_take(0));
	ck_assert(!sig_take(100000));
}
END_TEST

START_TEST(a_dead_reader_does_not_end_us)
{
	int ends[2];

	(void)setup_two();
	ck_assert_int_eq(pipe(ends), 0);
	(void)close(ends[0]);
	ck_assert_int_eq(write(ends[1], "x", 1), -1);
	(void)close(ends[1]);
	sig_reset();
}
END_TEST

START_TEST(after_a_reset_nothing_of_the_parent_is_left)
{
	sigset_t unblocked = setup_two();

	(void)signal(SIGINT, SIG_IGN);
	(void)raise(SIGHUP);
	(void)sigsuspend(&unblocked);
	sig_reset();
	ck_assert(is_default(SIGUSR1) && is_default(SIGHUP));
	ck_assert(is_default(SIGINT) && is_default(SIGPIPE));
	ck_assert(!is_blocked(SIGUSR1) && !is_blocked(SIGHUP));
	ck_assert(!sig_take(SIGHUP));
	/* Those that libc hides are ignored by some who start us. */
	ck_assert_ptr_nonnull(strstr(
	    unit_read("/proc/self/status"), "SigIgn:\t0000000000000000\n"));
}
END_TEST

START_TEST(a_worker_keeps_everything_blocked)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)setup_two();
		sig_reset_blocked();
		(void)raise(SIGTERM);
		(void)raise(SIGUSR1);
		_exit(is_blocked(SIGTERM) && is_blocked(SIGCHLD) &&
			    is_default(SIGUSR1)
			? 0
			: 1);
	}
	ck_assert_int_eq(unit_exit_code(pid), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sig");
	TCase *tc = tcase_create("flags");

	suite_add_tcase(s, tc);
	tcase_add_test(tc, a_signal_waits_until_it_is_let_in_and_is_seen_once);
	tcase_add_test(tc, a_number_that_is_no_signal_was_not_seen);
	tcase_add_test(tc, a_dead_reader_does_not_end_us);
	tcase_add_test(tc, after_a_reset_nothing_of_the_parent_is_left);
	tcase_add_test(tc, a_worker_keeps_everything_blocked);
	return unit_run(s);
}
