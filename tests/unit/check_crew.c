/* check_crew.c - who is given a connection, and how many there are for it. */
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

/* Parking */

START_TEST(a_kept_connection_goes_to_whoever_is_idle)
{
	int kept, first, busy, again;

	rig.pool.max_children = 2;
	start_up();
	kept = dial();
	first = ask_on(kept, 'k');
	ck_assert_int_gt(first, 0);
	/* One worker waits, whichever; the other takes it. */
	busy = dial();
	ck_assert_int_eq(send(busy, "w", 1, 0), 1);
	wait_taken(busy);
	again = ask_on(kept, 'k');
	ck_assert_int_gt(again, 0);
	ck_assert_int_ne(ask_on(busy, 'p'), again);
	ck_assert_int_gt(ask_on(kept, 'p'), 0);
	(void)close(kept);
	(void)close(busy);
}
END_TEST

START_TEST(more_connections_are_kept_than_there_are_workers)
{
	int fds[8], i, round;

	rig.pool.max_children = 1;
	start_up();
	for (i = 0; i < 8; i++)
		fds[i] = dial();
	for (round = 0; round < 5; round++)
		for (i = 0; i < 8; i++)
			ck_assert_int_gt(ask_on(fds[i], 'k'), 0);
	for (i = 0; i < 8; i++)
		(void)close(fds[i]);
	ck_assert_int_gt(ask('p'), 0);
}
END_TEST

START_TEST(a_kept_connection_survives_its_worker)
{
	int fd, worker, before;

	rig.pool.max_children = 1;
	start_up();
	before = fds_of(rig.master_pid);
	fd = dial();
	worker = ask_on(fd, 'k');
	ck_assert_int_gt(worker, 0);
	wait_fds(before + 1); /* its worker has answered before it parks it */
	(void)kill(worker, SIGKILL);
	ck_assert_int_gt(ask_on(fd, 'k'), 0);
	ck_assert_int_ne(ask_on(fd, 'k'), worker);
	(void)close(fd);
}
END_TEST

START_TEST(beyond_the_table_a_connection_is_closed)
{
	int fds[3], i, closed = 0;

	rig.pool.max_children = 1;
	rig.pool.keepalive_max = 2;
	start_up();
	for (i = 0; i < 3; i++) {
		fds[i] = dial();
		ck_assert_int_gt(ask_on(fds[i], 'k'), 0);
	}
	closed = listen_to(fds[2]) == 0;
	ck_assert_int_eq(closed, 1);
	ck_assert_int_gt(ask_on(fds[0], 'k'), 0);
	ck_assert_int_gt(ask_on(fds[1], 'k'), 0);
	for (i = 0; i < 3; i++)
		(void)close(fds[i]);
}
END_TEST

START_TEST(a_kept_connection_is_closed_when_it_is_overdue)
{
	int64_t began;
	int fd;

	rig.pool.keepalive_timeout_ms = 200;
	start_up();
	fd = dial();
	began = clock_ms();
	ck_assert_int_gt(ask_on(fd, 'k'), 0);
	ck_assert_int_eq(listen_to(fd), 0);
	ck_assert_int_ge(clock_ms() - began, 200);
	ck_assert_int_le(clock_ms() - began, 2000);
	(void)close(fd);
}
END_TEST

START_TEST(silent_connections_hold_no_worker_and_go_in_time)
{
	int silent[10], late, i;

	rig.pool.max_children = 1;
	rig.pool.head_timeout_ms = 2000;
	start_up();
	late = dial();
	for (i = 0; i < 10; i++)
		silent[i] = dial();
	ck_assert_int_gt(ask('p'), 0);
	/* One that speaks after all is served. */
	ck_assert_int_gt(ask_on(late, 'p'), 0);
	for (i = 0; i < 10; i++) {
		ck_assert_int_eq(listen_to(silent[i]), 0);
		(void)close(silent[i]);
	}
	(void)close(late);
}
END_TEST

/* Stopping */

#define TRIES 10 /* of what a test can be too late for itself */

/* Speak on FD; 0: not heard, and whether that was later than BY. */
static int
speak(int fd, int64_t by, bool *late)
{
	(void)send(fd, "p", 1, MSG_NOSIGNAL);
	*late = clock_ms() > by;
	return listen_to(fd);
}

/* Whoever is silent has 250 ms. */
static int
speak_while_it_stops(bool *missed)
{
	int early, late, number;
	int64_t told;

	start_up();
	early = dial();
	late = dial();
	ck_assert_int_gt(ask('p'), 0);
	(void)poll(NULL, 0, 50);
	told = clock_ms();
	(void)kill(rig.master_pid, SIGTERM);
	(void)poll(NULL, 0, 50);
	number = speak(early, told + 200, missed);
	/* But not for long. */
	ck_assert_int_eq(listen_to(late), 0);
	ck_assert_int_eq(wait_master(), 0);
	(void)close(early);
	(void)close(late);
	return number;
}

START_TEST(a_silent_connection_may_speak_while_it_stops)
{
	bool missed = true;
	int number = 0, i;

	rig.pool.max_children = 1;
	for (i = 0; i < TRIES && number == 0 && missed; i++)
		number = speak_while_it_stops(&missed);
	ck_assert_int_gt(number, 0);
}
END_TEST

/* After 300 ms it is parked, and has another 250. */
static int
speak_when_parked(bool *missed)
{
	int64_t began;
	int fd, number;

	start_up();
	began = clock_ms();
	fd = dial();
	(void)poll(NULL, 0, 100);
	(void)kill(rig.master_pid, SIGTERM);
	(void)poll(NULL, 0, 300);
	number = speak(fd, began + 500, missed);
	ck_assert_int_eq(wait_master(), 0);
	(void)close(fd);
	return number;
}

/* What its worker parks comes when the others would go already. */
START_TEST(who_is_parked_while_it_stops_is_not_lost)
{
	bool missed = true;
	int number = 0, i;

	rig.pool.run_arg = &rig_fates[LATE];
	for (i = 0; i < TRIES && number == 0 && missed; i++)
		number = speak_when_parked(&missed);
	ck_assert_int_gt(number, 0);
}
END_TEST

START_TEST(what_has_come_is_served_by_those_who_stop)
{
	int kept[2], busy, i;

	rig.pool.max_children = 1;
	start_up();
	for (i = 0; i < 2; i++) {
		kept[i] = dial();
		ck_assert_int_gt(ask_on(kept[i], 'k'), 0);
	}
	busy = dial();
	ck_assert_int_eq(send(busy, "s", 1, 0), 1);
	(void)poll(NULL, 0, 50);
	ck_assert_int_eq(send(kept[0], "k", 1, 0), 1);
	(void)poll(NULL, 0, 50);
	(void)kill(rig.master_pid, SIGTERM);
	/* Nothing has come on this one, so it ends at once. */
	ck_assert_int_eq(listen_to(kept[1]), 0);
	ck_assert_int_gt(listen_to(busy), 0);
	ck_assert_int_gt(listen_to(kept[0]), 0);
	ck_assert_int_eq(wait_master(), 0);
	for (i = 0; i < 2; i++)
		(void)close(kept[i]);
	(void)close(busy);
}
END_TEST

START_TEST(who_waits_in_the_backlog_is_served_by_those_who_stop)
{
	int fds[5], i;

	rig.pool.max_children = 1;
	start_up();
	for (i = 0; i < 5; i++) {
		fds[i] = dial();
		ck_assert_int_eq(send(fds[i], i == 0 ? "s" : "p", 1, 0), 1);
		if (i == 0)
			(void)poll(NULL, 0, 50);
	}
	(void)kill(rig.master_pid, SIGTERM);
	for (i = 0; i < 5; i++) {
		ck_assert_int_gt(listen_to(fds[i]), 0);
		(void)close(fds[i]);
	}
	ck_assert_int_eq(wait_master(), 0);
}
END_TEST

START_TEST(gossip_harms_nobody)
{
	int worker;

	start_up();
	worker = ask('g');
	ck_assert_int_gt(worker, 0);
	wait_logged("sent what is no message", 1);
	ck_assert_int_gt(ask('p'), 0);
	ck_assert_int_eq(kill(worker, 0), 0);
	ck_assert_int_eq(stop_with(SIGTERM), 0);
}
END_TEST

/* Row M09. */
START_TEST(workers_that_write_nonsense_everywhere_harm_nobody)
{
	const char *seconds = getenv("SCRIBBLE_SECONDS");
	int64_t end =
	    clock_ms() + (seconds == NULL ? 2000 : 1000 * atoi(seconds));
	int served = 0;

	rig.pool.pm = POOL_DYNAMIC;
	rig.pool.max_children = 4;
	rig.pool.start_servers = 2;
	rig.pool.min_spare_servers = 1;
	rig.pool.max_spare_servers = 3;
	rig.pool.hang_timeout_ms = 1000;
	rig.pool.keepalive_max = 16;
	rig.pool.run_arg = &rig_fates[SCRIBBLE];
	start_up();
	while (clock_ms() < end) {
		int fd = dial();

		(void)send(fd, "p", 1, MSG_NOSIGNAL);
		served += listen_to(fd) > 0;
		(void)close(fd);
		ck_assert_int_le(children_of(rig.master_pid), 24);
		/* Those it parks, kept and silent, and not many more. */
		ck_assert_int_le(fds_of(rig.master_pid), 16 + 64 + 60);
	}
	ck_assert_int_gt(served, 0);
	ck_assert_int_eq(stop_with(SIGTERM), 0);
}
END_TEST

/* Scaling */

START_TEST(on_demand_begins_with_none_and_starts_one_when_asked)
{
	rig.pool.pm = POOL_ONDEMAND;
	rig.pool.idle_timeout_ms = 300;
	start_up();
	ck_assert_int_eq(children_of(rig.master_pid), 0);
	ck_assert_int_gt(ask('p'), 0);
	wait_children(0);
	ck_assert_int_gt(ask('p'), 0);
}
END_TEST

START_TEST(on_demand_a_kept_connection_wakes_the_pool)
{
	int fd;

	rig.pool.pm = POOL_ONDEMAND;
	rig.pool.idle_timeout_ms = 300;
	start_up();
	fd = dial();
	ck_assert_int_gt(ask_on(fd, 'k'), 0);
	wait_children(0);
	ck_assert_int_gt(ask_on(fd, 'k'), 0);
	(void)close(fd);
	wait_children(0);
}
END_TEST

/* N requests that take as long as we like, at once: all must be under way
 * soon. */
static void
burst(int n)
{
	int64_t began = clock_ms(), took;
	int fds[32], i;

	for (i = 0; i < n; i++) {
		fds[i] = dial();
		ck_assert_int_eq(send(fds[i], "w", 1, 0), 1);
	}
	for (i = 0; i < n; i++)
		wait_taken(fds[i]);
	took = clock_ms() - began;
	/* 50 ms to find a worker; the rest is for noise, and well below what
	 * growing on a tick would take. */
	ck_assert_msg(took < 2000, "took %d ms", (int)took);
	for (i = 0; i < n; i++) {
		ck_assert_int_gt(ask_on(fds[i], 'p'), 0);
		(void)close(fds[i]);
	}
}

START_TEST(a_burst_finds_its_workers_on_demand)
{
	rig.pool.pm = POOL_ONDEMAND;
	rig.pool.max_children = 20;
	start_up();
	burst(20);
}
END_TEST

START_TEST(a_burst_finds_its_workers_in_a_dynamic_pool)
{
	int64_t end = clock_ms() + 2 * PATIENCE_MS;

	rig.pool.pm = POOL_DYNAMIC;
	rig.pool.max_children = 20;
	rig.pool.start_servers = 2;
	rig.pool.min_spare_servers = 2;
	rig.pool.max_spare_servers = 4;
	start_up();
	ck_assert_int_eq(children_of(rig.master_pid), 2);
	burst(20);
	ck_assert_int_le(children_of(rig.master_pid), 20);
	/* Calmly back. */
	while (children_of(rig.master_pid) > 18) {
		ck_assert_int_lt(clock_ms(), end);
		(void)poll(NULL, 0, 10);
	}
	ck_assert_int_ge(children_of(rig.master_pid), 4);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("crew");
	TCase *tc = tcase_create("whole");

	suite_add_tcase(s, tc);
	tcase_set_timeout(tc, 20);
	tcase_add_checked_fixture(tc, rig_setup, rig_teardown);
	tcase_add_test(tc, a_kept_connection_goes_to_whoever_is_idle);
	tcase_add_test(tc, more_connections_are_kept_than_there_are_workers);
	tcase_add_test(tc, a_kept_connection_survives_its_worker);
	tcase_add_test(tc, beyond_the_table_a_connection_is_closed);
	tcase_add_test(tc, a_kept_connection_is_closed_when_it_is_overdue);
	tcase_add_test(tc, silent_connections_hold_no_worker_and_go_in_time);
	tcase_add_test(tc, a_silent_connection_may_speak_while_it_stops);
	tcase_add_test(tc, who_is_parked_while_it_stops_is_not_lost);
	tcase_add_test(tc, what_has_come_is_served_by_those_who_stop);
	tcase_add_test(
	    tc, who_waits_in_the_backlog_is_served_by_those_who_stop);
	tcase_add_test(tc, gossip_harms_nobody);
	tcase_add_test(tc, workers_that_write_nonsense_everywhere_harm_nobody);
	tcase_add_test(
	    tc, on_demand_begins_with_none_and_starts_one_when_asked);
	tcase_add_test(tc, on_demand_a_kept_connection_wakes_the_pool);
	tcase_add_test(tc, a_burst_finds_its_workers_on_demand);
	tcase_add_test(tc, a_burst_finds_its_workers_in_a_dynamic_pool);
	return unit_run(s);
}
