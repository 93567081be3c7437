#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "master/service.h"
#include "unit.h"

#define INTERVAL 10000

static struct service sv;
static struct service_view view;
static char msg[SERVICE_TEXT_MAX];

static void
setup(void)
{
	const struct notify to = { .name = "/somewhere" };

	service_open(&sv, &to);
	view = (struct service_view){ .pools = 3,
		.workers = 12,
		.busy = 2,
		.requests = 1523,
		.interval_ms = INTERVAL };
}

static bool
next(int64_t now)
{
	return service_next(&sv, &view, now, msg, sizeof(msg));
}

static void
come_up(int64_t now)
{
	view.up = true;
	ck_assert(next(now));
}

START_TEST(nothing_is_said_before_everything_is_up)
{
	ck_assert(!next(0));
	ck_assert(!next(INTERVAL * 5));
	ck_assert_int_eq(service_due(&sv, false), CLOCK_NEVER);
	ck_assert_int_eq(service_due(&sv, true), 0);
}
END_TEST

START_TEST(ready_comes_once_with_the_pid_and_the_numbers)
{
	char want[128];

	(void)snprintf(want, sizeof(want),
	    "READY=1\nMAINPID=%d\n"
	    "STATUS=3 pools, 12 workers, 2 busy, 1523 requests",
	    (int)getpid());
	come_up(100);
	ck_assert_str_eq(msg, want);
	ck_assert(!next(100));
	ck_assert(!next(200));
}
END_TEST

START_TEST(one_of_a_kind_is_no_plural)
{
	view.pools = view.workers = view.busy = 1;
	view.requests = 1;
	come_up(0);
	ck_assert_ptr_nonnull(
	    strstr(msg, "STATUS=1 pool, 1 worker, 1 busy, 1 request"));
	ck_assert_ptr_null(strstr(msg, "requests"));
}
END_TEST

START_TEST(requests_that_nobody_counts_are_not_told)
{
	view.uncounted = true;
	come_up(0);
	ck_assert_ptr_nonnull(
	    strstr(msg, "STATUS=3 pools, 12 workers, 2 busy"));
	ck_assert_ptr_null(strstr(msg, "request"));
}
END_TEST

START_TEST(the_status_line_changes_once_an_interval_at_most)
{
	come_up(0);
	ck_assert_int_eq(service_due(&sv, true), INTERVAL);
	view.requests++;
	ck_assert(!next(INTERVAL - 1));
	ck_assert(next(INTERVAL));
	ck_assert_str_eq(
	    msg, "STATUS=3 pools, 12 workers, 2 busy, 1524 requests");
	view.requests++;
	ck_assert(!next(INTERVAL + 1));
	ck_assert(next(INTERVAL * 2));
}
END_TEST

START_TEST(a_status_line_that_is_the_same_is_not_sent_again)
{
	come_up(0);
	ck_assert(!next(INTERVAL));
	ck_assert_int_eq(service_due(&sv, true), INTERVAL * 2);
}
END_TEST

START_TEST(without_an_interval_nothing_follows_ready)
{
	view.interval_ms = 0;
	come_up(0);
	view.requests++;
	ck_assert(!next(INTERVAL * 100));
	ck_assert_int_eq(service_due(&sv, true), CLOCK_NEVER);
}
END_TEST

START_TEST(the_watchdog_is_fed_twice_in_its_time)
{
	sv.to.watchdog_ms = 3000;
	ck_assert(next(0));
	ck_assert_str_eq(msg, "WATCHDOG=1");
	ck_assert_int_eq(service_due(&sv, false), 1500);
	ck_assert(!next(1499));
	ck_assert(next(1500));
	ck_assert_str_eq(msg, "WATCHDOG=1");
}
END_TEST

START_TEST(a_meal_that_is_due_goes_along_with_ready)
{
	sv.to.watchdog_ms = 3000;
	come_up(0);
	ck_assert_int_eq(strncmp(msg, "READY=1\n", 8), 0);
	ck_assert_ptr_nonnull(strstr(msg, "requests\nWATCHDOG=1"));
}
END_TEST

START_TEST(the_watchdog_is_fed_also_while_it_stops)
{
	come_up(0);
	service_stopping(&sv, 0);
	view.up = false;
	sv.to.watchdog_ms = 3000;
	ck_assert(next(500));
	ck_assert_str_eq(msg, "WATCHDOG=1");
}
END_TEST

START_TEST(after_a_reload_ready_comes_again_with_new_numbers)
{
	come_up(0);
	service_reloading(&sv, 5);
	view.workers = 99;
	ck_assert(!next(INTERVAL));
	service_reloaded(&sv);
	ck_assert_int_eq(service_due(&sv, true), 0);
	ck_assert(next(INTERVAL));
	ck_assert_int_eq(strncmp(msg, "READY=1\n", 8), 0);
	ck_assert_ptr_nonnull(strstr(msg, "99 workers"));
}
END_TEST

START_TEST(the_end_of_a_reload_that_never_began_says_nothing)
{
	come_up(0);
	service_reloaded(&sv);
	ck_assert(!next(1));
}
END_TEST

START_TEST(who_stops_is_not_ready_any_more)
{
	come_up(0);
	service_stopping(&sv, 10);
	ck_assert(!next(INTERVAL * 3));
	service_reloading(&sv, 5);
	service_reloaded(&sv);
	ck_assert(!next(INTERVAL * 4));
}
END_TEST

START_TEST(without_a_service_manager_nothing_is_due)
{
	const struct notify nobody = { .watchdog_ms = 10 };

	service_open(&sv, &nobody);
	view.up = true;
	ck_assert(!next(0));
	ck_assert_int_eq(service_due(&sv, true), CLOCK_NEVER);
}
END_TEST

/* With a socket that the test reads. */

static int fd;

static void
listen_there(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct notify to = { 0 };

	setup();
	unit_dir_make();
	(void)strcpy(to.name, unit_path("notify"));
	(void)strcpy(sun.sun_path, to.name);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	service_open(&sv, &to);
}

static void
listen_no_more(void)
{
	(void)close(fd);
	unit_dir_remove();
}

static const char *
heard(void)
{
	ssize_t got = recv(fd, msg, sizeof(msg) - 1, MSG_DONTWAIT);

	msg[got < 0 ? 0 : got] = '\0';
	return msg;
}

START_TEST(a_reload_and_a_stop_are_said_at_once)
{
	view.up = true;
	service_turn(&sv, &view, 0);
	ck_assert_int_eq(strncmp(heard(), "READY=1\n", 8), 0);
	service_reloading(&sv, 123456789);
	ck_assert_str_eq(
	    heard(), "RELOADING=1\nMONOTONIC_USEC=123456789\nSTATUS=reloading");
	service_reloaded(&sv);
	service_turn(&sv, &view, 1);
	ck_assert_int_eq(strncmp(heard(), "READY=1\n", 8), 0);
	service_stopping(&sv, 10000);
	ck_assert_str_eq(heard(),
	    "STOPPING=1\nEXTEND_TIMEOUT_USEC=15000000\nSTATUS=stopping");
	service_stopping(&sv, 10000);
	ck_assert_str_eq(heard(), "");
}
END_TEST

START_TEST(a_look_that_found_nothing_new_is_over)
{
	view.up = true;
	service_turn(&sv, &view, 0);
	ck_assert_int_eq(service_due(&sv, true), INTERVAL);
	(void)heard();
	service_turn(&sv, &view, INTERVAL);
	ck_assert_str_eq(heard(), "");
	ck_assert_int_eq(service_due(&sv, true), 2 * INTERVAL);
}
END_TEST

START_TEST(ready_is_said_again_when_nobody_could_hear_it)
{
	listen_no_more();
	view.up = true;
	service_turn(&sv, &view, 0);
	ck_assert_int_eq(service_due(&sv, true), 1000);
	listen_there();
	view.up = true;
	sv.retry_ms = 1000;
	service_turn(&sv, &view, 999);
	ck_assert_str_eq(heard(), "");
	service_turn(&sv, &view, 1000);
	ck_assert_int_eq(strncmp(heard(), "READY=1\n", 8), 0);
}
END_TEST

START_TEST(a_failed_start_says_why_and_the_stop_does_not_hide_it)
{
	service_failed(&sv.to, EX_CONFIG, "a.conf: pool 'x':\nREADY=1");
	ck_assert_str_eq(heard(), "STATUS=a.conf: pool 'x': READY=1\nERRNO=22");
	service_stopping(&sv, 0);
	ck_assert_str_eq(heard(), "STOPPING=1\nEXTEND_TIMEOUT_USEC=5000000");
}
END_TEST

static const struct code {
	int code, error;
} codes[] = {
	{ EX_USAGE, EINVAL },
	{ EX_CONFIG, EINVAL },
	{ EX_NOINPUT, ENOENT },
	{ EX_NOPERM, EACCES },
	{ EX_OSERR, EIO },
};

START_TEST(each_exit_code_has_an_errno)
{
	char want[64];

	service_failed(&sv.to, codes[_i].code, "x");
	(void)snprintf(
	    want, sizeof(want), "STATUS=x\nERRNO=%d", codes[_i].error);
	ck_assert_str_eq(heard(), want);
}
END_TEST

static TCase *
pure_case(void)
{
	TCase *tc = tcase_create("what to say");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, nothing_is_said_before_everything_is_up);
	tcase_add_test(tc, ready_comes_once_with_the_pid_and_the_numbers);
	tcase_add_test(tc, one_of_a_kind_is_no_plural);
	tcase_add_test(tc, requests_that_nobody_counts_are_not_told);
	tcase_add_test(tc, the_status_line_changes_once_an_interval_at_most);
	tcase_add_test(tc, a_status_line_that_is_the_same_is_not_sent_again);
	tcase_add_test(tc, without_an_interval_nothing_follows_ready);
	tcase_add_test(tc, the_watchdog_is_fed_twice_in_its_time);
	tcase_add_test(tc, a_meal_that_is_due_goes_along_with_ready);
	tcase_add_test(tc, the_watchdog_is_fed_also_while_it_stops);
	tcase_add_test(tc, after_a_reload_ready_comes_again_with_new_numbers);
	tcase_add_test(tc, the_end_of_a_reload_that_never_began_says_nothing);
	tcase_add_test(tc, who_stops_is_not_ready_any_more);
	tcase_add_test(tc, without_a_service_manager_nothing_is_due);
	return tc;
}

int
main(void)
{
	Suite *s = suite_create("service");
	TCase *tc = tcase_create("saying it");

	suite_add_tcase(s, pure_case());
	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, listen_there, listen_no_more);
	tcase_add_test(tc, a_reload_and_a_stop_are_said_at_once);
	tcase_add_test(tc, a_look_that_found_nothing_new_is_over);
	tcase_add_test(tc, ready_is_said_again_when_nobody_could_hear_it);
	tcase_add_test(
	    tc, a_failed_start_says_why_and_the_stop_does_not_hide_it);
	tcase_add_loop_test(tc, each_exit_code_has_an_errno, 0,
	    (int)(sizeof(codes) / sizeof(codes[0])));
	return unit_run(s);
}
