/* check_master.c - who lives, who dies, and what is left when it is over. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "rig.h"
#include "unit.h"

/* Starting */

START_TEST(a_static_pool_has_its_workers_and_answers)
{
	start_up();
	ck_assert_int_eq(children_of(rig.master_pid), 3);
	ck_assert_int_gt(ask('p'), 0);
}
END_TEST

START_TEST(a_worker_holds_only_what_is_its_own)
{
	int held[8], i;

	for (i = 0; i < 8; i++)
		held[i] = -1;
	start_up();
	for (i = 0; i < 8; i++) {
		held[i] = dial();
		ck_assert_int_gt(ask_on(held[i], 'k'), 0);
	}
	(void)kill_one();
	wait_logged("SIGKILL", 1);
	wait_children(3);
	/* 0, 1, 2, log, channel, handoff, listener, and the connection. */
	for (i = 0; i < 12; i++)
		ck_assert_int_eq(ask('f'), 8);
	for (i = 0; i < 8; i++)
		io_close(&held[i]);
}
END_TEST

START_TEST(workers_that_say_why_they_cannot_start_stop_the_start)
{
	rig.pool.run_arg = &rig_fates[SAY_FAILED];
	start_master();
	ck_assert_ptr_nonnull(strstr(heard(), "No such file"));
	ck_assert_int_eq(wait_master(), 71);
	ck_assert_int_eq(access(rig.path, F_OK), -1);
}
END_TEST

START_TEST(workers_that_exit_78_stop_the_start_with_78)
{
	rig.pool.run_arg = &rig_fates[EXIT_78];
	start_master();
	ck_assert_ptr_nonnull(strstr(heard(), "exited with code 78"));
	ck_assert_int_eq(wait_master(), 78);
}
END_TEST

START_TEST(an_address_in_use_stops_the_start)
{
	struct sock_error err;
	int fd = sock_listen(
	    &rig.pool.listen[0].addr, 5, &rig.pool.listen[0].perm, &err);

	ck_assert_int_ne(fd, -1);
	start_master();
	ck_assert_ptr_nonnull(strstr(heard(), rig.path));
	ck_assert_int_eq(wait_master(), 71);
	/* It is another's: it stays. */
	ck_assert_int_eq(access(rig.path, F_OK), 0);
	(void)close(fd);
}
END_TEST

START_TEST(the_pid_file_names_the_master_and_goes_with_it)
{
	FILE *f;
	int pid = 0;

	ck_assert_int_eq(symlink(rig.log_path, rig.pid_path), 0);
	start_up();
	f = fopen(rig.pid_path, "r");
	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%d", &pid), 1);
	(void)fclose(f);
	ck_assert_int_eq(pid, rig.master_pid);
	ck_assert_int_eq(stop_with(SIGTERM), 0);
	ck_assert_int_eq(access(rig.pid_path, F_OK), -1);
}
END_TEST

/* Dying */

START_TEST(a_killed_worker_is_replaced_within_10_ms)
{
	int64_t began, best = PATIENCE_MS;
	int i;

	start_up();
	/* The best of many: neighbours make noise. */
	for (i = 0; i < 10 || (i < 100 && best > 10); i++) {
		pid_t victim = kill_one();

		began = clock_ms();
		while (kill(victim, 0) == 0) /* not reaped yet */
			ck_assert_int_lt(clock_ms(), began + PATIENCE_MS);
		wait_children(3);
		if (clock_ms() - began < best)
			best = clock_ms() - began;
	}
	ck_assert_int_le(best, 10);
	ck_assert_int_ge(count_in(rig.log_path,
			     "exited on signal 9 (SIGKILL) "
			     "after "),
	    10);
}
END_TEST

START_TEST(kills_without_end_lose_no_slot)
{
	int64_t began = clock_ms();
	int i;

	start_up();
	for (i = 0; i < 200; i++) {
		(void)kill_one();
		(void)poll(NULL, 0, i % 3);
	}
	wait_children(3);
	ck_assert_int_gt(ask('p'), 0);
	/* Ten at once, then one a second. */
	i = count_in(rig.log_path, "SIGKILL");
	ck_assert_int_le(i, 12 + (clock_ms() - began) / 1000);
}
END_TEST

START_TEST(the_request_of_a_crashed_worker_is_counted)
{
	start_up();
	ck_assert_int_eq(ask('x'), 0);
	wait_logged("exited with code 3 after", 1);
	ck_assert_int_eq(count_in(rig.log_path, "1 requests lost"), 1);
	wait_children(3);
}
END_TEST

START_TEST(workers_that_die_young_are_tried_ever_more_seldom)
{
	int64_t began = clock_ms(), due;
	int most, seen;

	rig.pool.run_arg = &rig_fates[DIE_READY];
	start_up();
	wait_logged("exited with code 1", 5);
	(void)poll(NULL, 0, 1000);
	seen = count_in(rig.log_path, "exited with code 1");
	/* 3, then after 0, 0.1, 0.3, 0.7, ... seconds. */
	for (most = 4, due = 100; due <= clock_ms() - began;
	     due = 2 * due + 100)
		most++;
	ck_assert_int_le(seen, most);
	ck_assert_int_eq(stop_with(SIGTERM), 0);
}
END_TEST

START_TEST(without_descriptors_it_waits_and_goes_on)
{
	int fds[40], i;

	rig.nofile = 24;
	rig.pool.keepalive_max = 64;
	start_up();
	for (i = 0; i < 40; i++) {
		fds[i] = dial();
		ck_assert_int_gt(ask_on(fds[i], 'k'), 0);
	}
	wait_logged("no descriptor left to park", 1);
	(void)kill_one();
	wait_logged("cannot start a worker: Too many open files", 1);
	ck_assert_int_gt(ask('p'), 0);
	for (i = 0; i < 40; i++)
		(void)close(fds[i]);
	wait_children(3);
	ck_assert_int_gt(ask('p'), 0);
}
END_TEST

START_TEST(a_stranger_that_is_reaped_does_no_harm)
{
	rig.with_stranger = true;
	start_up();
	wait_logged("is not ours", 1);
	ck_assert_int_gt(ask('p'), 0);
	ck_assert_int_eq(children_of(rig.master_pid), 3);
}
END_TEST

START_TEST(a_dead_master_is_noticed_by_all_workers)
{
	int64_t end = clock_ms() + PATIENCE_MS;
	int status, workers = 0;
	pid_t pid;

	start_up();
	(void)kill(rig.master_pid, SIGKILL);
	while ((pid = waitpid(-1, &status, WNOHANG)) != -1) {
		ck_assert_int_lt(clock_ms(), end);
		if (pid > 0 && pid != rig.master_pid) {
			ck_assert(WIFEXITED(status));
			workers++;
		}
		(void)poll(NULL, 0, 1);
	}
	ck_assert_int_eq(workers, 3);
	rig.master_pid = 0;
}
END_TEST

/* Stopping */

START_TEST(a_stop_leaves_nothing)
{
	start_up();
	ck_assert_int_eq(stop_with(_i == 0 ? SIGTERM
				 : _i == 1 ? SIGINT
					   : SIGQUIT),
	    0);
	ck_assert_int_eq(waitpid(-1, NULL, 0), -1);
	ck_assert_int_eq(errno, ECHILD);
	ck_assert_int_eq(access(rig.path, F_OK), -1);
}
END_TEST

START_TEST(a_stop_lets_a_request_end_and_closes_what_is_parked)
{
	int busy, kept;

	start_up();
	kept = dial();
	ck_assert_int_gt(ask_on(kept, 'k'), 0);
	busy = dial();
	ck_assert_int_eq(send(busy, "s", 1, 0), 1);
	wait_taken(busy);
	(void)kill(rig.master_pid, SIGTERM);
	ck_assert_int_eq(listen_to(kept), 0);
	ck_assert_int_gt(listen_to(busy), 0);
	ck_assert_int_eq(wait_master(), 0);
	(void)close(busy);
	(void)close(kept);
}
END_TEST

START_TEST(who_does_not_listen_is_killed)
{
	int64_t began;

	rig.conf.control_timeout_ms = 200;
	rig.pool.run_arg = &rig_fates[DEAF];
	start_up();
	began = clock_ms();
	ck_assert_int_eq(stop_with(SIGTERM), 0);
	ck_assert_int_ge(clock_ms() - began, 200);
	ck_assert_int_le(clock_ms() - began, 3000);
}
END_TEST

START_TEST(a_second_signal_stops_at_once)
{
	int64_t began;
	int fd;

	rig.conf.control_timeout_ms = 60000;
	start_up();
	fd = dial();
	ck_assert_int_eq(send(fd, "h", 1, 0), 1);
	wait_taken(fd);
	began = clock_ms();
	(void)kill(rig.master_pid, SIGTERM);
	/* Two that are not looked at in between are one. */
	wait_logged("NOTICE: stopping", 1);
	ck_assert_int_eq(stop_with(SIGTERM), 0);
	ck_assert_int_le(clock_ms() - began, 3000);
	(void)close(fd);
}
END_TEST

START_TEST(a_socket_that_was_replaced_is_not_removed)
{
	struct sock_error err;
	int fd;

	start_up();
	ck_assert_int_eq(unlink(rig.path), 0);
	fd = sock_listen(
	    &rig.pool.listen[0].addr, 5, &rig.pool.listen[0].perm, &err);
	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(stop_with(SIGTERM), 0);
	ck_assert_int_eq(access(rig.path, F_OK), 0);
	(void)close(fd);
}
END_TEST

/* Signals */

START_TEST(hup_and_others_do_not_end_it)
{
	static const int all[] = { SIGHUP, SIGUSR2, SIGPIPE, SIGCHLD };
	int i, round;

	start_up();
	for (round = 0; round < 50; round++)
		for (i = 0; i < 4; i++)
			(void)kill(rig.master_pid, all[i]);
	ck_assert_int_gt(ask('p'), 0);
	ck_assert_int_eq(stop_with(SIGTERM), 0);
}
END_TEST

START_TEST(workers_that_never_stop_talking_hide_no_signal)
{
	int fds[3], i;

	rig.conf.control_timeout_ms = 100;
	start_up();
	for (i = 0; i < 3; i++) {
		fds[i] = dial();
		ck_assert_int_eq(send(fds[i], "l", 1, 0), 1);
	}
	wait_logged("sent what is no message", 10);
	ck_assert_int_eq(stop_with(SIGTERM), 0);
	for (i = 0; i < 3; i++)
		(void)close(fds[i]);
}
END_TEST

START_TEST(ttin_and_ttou_change_the_number)
{
	start_up();
	(void)kill(rig.master_pid, SIGTTIN);
	wait_children(4);
	(void)kill(rig.master_pid, SIGTTOU);
	wait_children(3);
	(void)kill(rig.master_pid, SIGTTOU);
	wait_children(2);
	ck_assert_int_gt(ask('p'), 0);
}
END_TEST

START_TEST(usr1_opens_the_logs_again_and_tells_the_workers)
{
	char moved[160];
	int64_t end = clock_ms() + PATIENCE_MS;

	rig.pool.logs[PLACE_LOG_ACCESS] = rig.access_path;
	start_up();
	(void)snprintf(moved, sizeof(moved), "%s.1", rig.log_path);
	ck_assert_int_eq(rename(rig.log_path, moved), 0);
	(void)snprintf(moved, sizeof(moved), "%s.1", rig.access_path);
	ck_assert_int_eq(rename(rig.access_path, moved), 0);
	(void)kill(rig.master_pid, SIGUSR1);
	while (count_in(rig.access_path, "value 1\n") < 3) {
		ck_assert_int_lt(clock_ms(), end);
		(void)poll(NULL, 0, 2);
	}
	ck_assert_int_eq(access(rig.log_path, F_OK), 0);
	ck_assert_int_eq(count_in(moved, "value"), 0);
}
END_TEST

START_TEST(winch_drains_and_new_connections_wait)
{
	struct pollfd p = { .events = POLLIN };
	int fd;

	start_up();
	(void)kill(rig.master_pid, SIGWINCH);
	wait_children(0);
	fd = dial();
	ck_assert_int_eq(send(fd, "p", 1, 0), 1);
	p.fd = fd;
	ck_assert_int_eq(poll(&p, 1, 50), 0);
	ck_assert_int_eq(stop_with(SIGTERM), 0);
	(void)close(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("master");
	TCase *tc = tcase_create("whole");

	suite_add_tcase(s, tc);
	tcase_set_timeout(tc, 20);
	tcase_add_checked_fixture(tc, rig_setup, rig_teardown);
	tcase_add_test(tc, a_static_pool_has_its_workers_and_answers);
	tcase_add_test(tc, a_worker_holds_only_what_is_its_own);
	tcase_add_test(
	    tc, workers_that_say_why_they_cannot_start_stop_the_start);
	tcase_add_test(tc, workers_that_exit_78_stop_the_start_with_78);
	tcase_add_test(tc, an_address_in_use_stops_the_start);
	tcase_add_test(tc, the_pid_file_names_the_master_and_goes_with_it);
	tcase_add_test(tc, a_killed_worker_is_replaced_within_10_ms);
	tcase_add_test(tc, kills_without_end_lose_no_slot);
	tcase_add_test(tc, the_request_of_a_crashed_worker_is_counted);
	tcase_add_test(tc, workers_that_die_young_are_tried_ever_more_seldom);
	tcase_add_test(tc, without_descriptors_it_waits_and_goes_on);
	tcase_add_test(tc, a_stranger_that_is_reaped_does_no_harm);
	tcase_add_test(tc, a_dead_master_is_noticed_by_all_workers);
	tcase_add_loop_test(tc, a_stop_leaves_nothing, 0, 3);
	tcase_add_test(tc, a_stop_lets_a_request_end_and_closes_what_is_parked);
	tcase_add_test(tc, who_does_not_listen_is_killed);
	tcase_add_test(tc, a_second_signal_stops_at_once);
	tcase_add_test(tc, a_socket_that_was_replaced_is_not_removed);
	tcase_add_test(tc, hup_and_others_do_not_end_it);
	tcase_add_test(tc, workers_that_never_stop_talking_hide_no_signal);
	tcase_add_test(tc, ttin_and_ttou_change_the_number);
	tcase_add_test(tc, usr1_opens_the_logs_again_and_tells_the_workers);
	tcase_add_test(tc, winch_drains_and_new_connections_wait);
	return unit_run(s);
}
