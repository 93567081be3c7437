#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/io.h"
#include "base/notify.h"
#include "unit.h"

static int fds_before;

static void
setup(void)
{
	fds_before = unit_count_fds();
	unit_dir_make();
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
}

static void
teardown(void)
{
	unit_dir_remove();
	ck_assert_int_eq(unit_count_fds(), fds_before);
}

/* The manager's socket; NAME is a path or "@abstract". */
static int
manager(const char *name)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t len = strlen(name);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memcpy(sun.sun_path, name, len);
	if (name[0] == '@')
		sun.sun_path[0] = '\0';
	len += offsetof(struct sockaddr_un, sun_path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, (socklen_t)len), 0);
	return fd;
}

START_TEST(a_message_arrives_by_path_and_by_abstract_name)
{
	char name[128], got[64];
	struct notify n;
	size_t nfds;
	int fd;

	if (_i == 0)
		(void)snprintf(name, sizeof(name), "%s", unit_path("n"));
	else
		(void)snprintf(name, sizeof(name), "@unit-%d", getpid());
	fd = manager(name);
	(void)setenv("NOTIFY_SOCKET", name, 1);
	ck_assert_int_eq(notify_open(&n), 0);
	ck_assert_int_eq(notify_send(&n, "READY=1\nSTATUS=up", -1), 0);
	ck_assert_int_eq(io_recv_fds(fd, got, sizeof(got), NULL, 0, &nfds), 17);
	ck_assert_mem_eq(got, "READY=1\nSTATUS=up", 17);
	(void)close(fd);
}
END_TEST

START_TEST(a_descriptor_goes_with_it)
{
	struct notify n;
	char got[64];
	size_t nfds;
	int given, fd = manager(unit_path("n"));

	(void)setenv("NOTIFY_SOCKET", unit_path("n"), 1);
	ck_assert_int_eq(notify_open(&n), 0);
	ck_assert_int_eq(notify_send(&n, "FDSTORE=1\nFDNAME=git", fd), 0);
	ck_assert_int_eq(
	    io_recv_fds(fd, got, sizeof(got), &given, 1, &nfds), 20);
	ck_assert_uint_eq(nfds, 1);
	(void)close(given);
	(void)close(fd);
}
END_TEST

START_TEST(without_a_manager_nothing_happens)
{
	struct notify n;

	ck_assert_int_eq(notify_open(&n), 0);
	ck_assert_int_eq(notify_send(&n, "READY=1", -1), 0);
	ck_assert_int_eq(n.watchdog_ms, 0);
}
END_TEST

START_TEST(a_manager_that_is_gone_is_an_error_to_go_on_with)
{
	struct notify n;

	(void)setenv("NOTIFY_SOCKET", unit_path("nobody"), 1);
	ck_assert_int_eq(notify_open(&n), 0);
	ck_assert_int_eq(notify_send(&n, "READY=1", -1), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(a_manager_that_does_not_read_is_not_waited_for)
{
	struct notify n;
	int fd = manager(unit_path("n")), i, code = 0;

	(void)setenv("NOTIFY_SOCKET", unit_path("n"), 1);
	ck_assert_int_eq(notify_open(&n), 0);
	for (i = 0; i < 10000 && code == 0; i++)
		code = notify_send(&n, "WATCHDOG=1", -1);
	ck_assert_int_eq(code, -1);
	ck_assert_int_eq(errno, EAGAIN);
	(void)close(fd);
}
END_TEST

START_TEST(programs_do_not_see_the_manager)
{
	struct notify n;

	(void)setenv("NOTIFY_SOCKET", "/run/n", 1);
	(void)setenv("WATCHDOG_USEC", "3000000", 1);
	(void)setenv("WATCHDOG_PID", "1", 1);
	ck_assert_int_eq(notify_open(&n), 0);
	ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
	ck_assert_ptr_null(getenv("WATCHDOG_USEC"));
	ck_assert_ptr_null(getenv("WATCHDOG_PID"));
}
END_TEST

START_TEST(a_new_image_gets_it_back)
{
	struct notify n, again;

	(void)setenv("NOTIFY_SOCKET", "/run/n", 1);
	(void)setenv("WATCHDOG_USEC", "3000000", 1);
	ck_assert_int_eq(notify_open(&n), 0);
	ck_assert_int_eq(n.watchdog_ms, 3000);
	ck_assert_int_eq(notify_export(&n), 0);
	ck_assert_int_eq(notify_open(&again), 0);
	ck_assert_str_eq(again.name, "/run/n");
	ck_assert_int_eq(again.watchdog_ms, 3000);
}
END_TEST

static const char *const names[] = { "", "/", "@", "relative", "vsock:2:3" };

START_TEST(a_name_that_is_none_is_refused)
{
	struct notify n;

	(void)setenv("NOTIFY_SOCKET", names[_i], 1);
	ck_assert_int_eq(notify_open(&n), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(notify_send(&n, "READY=1", -1), 0);
	ck_assert_ptr_null(getenv("NOTIFY_SOCKET"));
}
END_TEST

START_TEST(too_long_a_name_is_refused)
{
	char name[NOTIFY_NAME_MAX + 1];
	struct notify n;

	memset(name, 'x', sizeof(name));
	name[0] = '/';
	name[NOTIFY_NAME_MAX] = '\0';
	(void)setenv("NOTIFY_SOCKET", name, 1);
	ck_assert_int_eq(notify_open(&n), -1);
	name[NOTIFY_NAME_MAX - 1] = '\0';
	(void)setenv("NOTIFY_SOCKET", name, 1);
	ck_assert_int_eq(notify_open(&n), 0);
}
END_TEST

static const struct {
	const char *usec, *pid; /* "self": ours */
	int64_t ms;
} watchdogs[] = {
	{ "30000000", NULL, 30000 },
	{ "30000000", "self", 30000 },
	{ "30000000", "1", 0 },
	{ "30000000", "x", 0 },
	{ "10", NULL, 1 },
	{ "0", NULL, 0 },
	{ "x", NULL, 0 },
};

START_TEST(the_watchdog_is_for_one_process)
{
	char self[16];
	struct notify n;

	(void)snprintf(self, sizeof(self), "%d", getpid());
	(void)setenv("WATCHDOG_USEC", watchdogs[_i].usec, 1);
	if (watchdogs[_i].pid != NULL)
		(void)setenv("WATCHDOG_PID",
		    watchdogs[_i].pid[0] == 's' ? self : watchdogs[_i].pid, 1);
	ck_assert_int_eq(notify_open(&n), 0);
	ck_assert_int_eq(n.watchdog_ms, watchdogs[_i].ms);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("notify");
	TCase *tc = tcase_create("messages");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(
	    tc, a_message_arrives_by_path_and_by_abstract_name, 0, 2);
	tcase_add_test(tc, a_descriptor_goes_with_it);
	tcase_add_test(tc, without_a_manager_nothing_happens);
	tcase_add_test(tc, a_manager_that_is_gone_is_an_error_to_go_on_with);
	tcase_add_test(tc, a_manager_that_does_not_read_is_not_waited_for);
	tcase_add_test(tc, programs_do_not_see_the_manager);
	tcase_add_test(tc, a_new_image_gets_it_back);
	tcase_add_loop_test(tc, a_name_that_is_none_is_refused, 0,
	    sizeof(names) / sizeof(names[0]));
	tcase_add_test(tc, too_long_a_name_is_refused);
	tcase_add_loop_test(tc, the_watchdog_is_for_one_process, 0,
	    sizeof(watchdogs) / sizeof(watchdogs[0]));
	return unit_run(s);
}
