#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/io.h"
#include "master/fdstore.h"
#include "unit.h"

static struct fdstore store;
static struct notify to;
static int manager_fd;
static char heard[1024];

static void
setup(void)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	unit_dir_make();
	memset(&store, 0, sizeof(store));
	(void)strcpy(to.name, unit_path("notify"));
	(void)strcpy(sun.sun_path, to.name);
	manager_fd =
	    socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	ck_assert_int_eq(
	    bind(manager_fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	(void)unsetenv("FDSTORE");
	(void)unsetenv("RUNTIME_DIRECTORY");
}

static void
teardown(void)
{
	io_close(&manager_fd);
	unit_dir_remove();
}

static struct sock_addr
address(const char *text)
{
	struct sock_addr addr;
	struct sock_error err;

	ck_assert_int_eq(sock_parse(text, &addr, &err), 0);
	return addr;
}

/* The next message, and whether a descriptor came with it. */
static const char *
hear(bool *with_fd)
{
	size_t n;
	int fd = -1;
	ssize_t got =
	    io_recv_fds(manager_fd, heard, sizeof(heard) - 1, &fd, 1, &n);

	heard[got < 0 ? 0 : got] = '\0';
	if (with_fd != NULL)
		*with_fd = n == 1;
	io_close(&fd);
	return heard;
}

static int
want_as(const char *text, int fd)
{
	const struct sock_addr addr = address(text);

	return fdstore_want(&store, &to, &addr, fd);
}

static int
want(const char *text)
{
	return want_as(text, manager_fd);
}

static const struct row {
	const char *address, *name;
} names[] = {
	{ "/run/a.sock", "stored//run/a.sock" },
	{ "tcp:127.0.0.1:9000", "stored/127.0.0.1_9000" },
	{ "tcp6:[::1]:9000", "stored/[__1]_9000" },
	{ "/run/a b\n.sock", "stored//run/a_b_.sock" },
};

START_TEST(a_name_has_only_what_the_protocol_allows)
{
	const struct sock_addr addr = address(names[_i].address);
	char name[FDSTORE_NAME_MAX];

	fdstore_name(&addr, name, sizeof(name));
	ck_assert_str_eq(name, names[_i].name);
	ck_assert(fdstore_is_ours(name));
}
END_TEST

START_TEST(a_listener_is_stored_once)
{
	bool with_fd;

	fdstore_begin(&store);
	ck_assert_int_eq(want("/run/a"), 0);
	ck_assert_int_eq(fdstore_end(&store, &to), 0);
	ck_assert_str_eq(
	    hear(&with_fd), "FDSTORE=1\nFDNAME=stored//run/a\nFDPOLL=0");
	ck_assert(with_fd);
	fdstore_begin(&store);
	ck_assert_int_eq(want("/run/a"), 0);
	ck_assert_int_eq(fdstore_end(&store, &to), 0);
	ck_assert_str_eq(hear(NULL), "");
}
END_TEST

START_TEST(what_is_not_wanted_any_more_is_removed)
{
	(void)want("/run/a");
	(void)want("/run/b");
	(void)hear(NULL);
	(void)hear(NULL);
	fdstore_begin(&store);
	(void)want("/run/b");
	ck_assert_int_eq(fdstore_end(&store, &to), 0);
	ck_assert_str_eq(hear(NULL), "FDSTOREREMOVE=1\nFDNAME=stored//run/a");
	ck_assert_str_eq(hear(NULL), "");
	ck_assert_uint_eq(store.n, 1);
}
END_TEST

START_TEST(what_was_there_at_the_start_stays_or_goes)
{
	fdstore_found(&store, "stored//run/a", manager_fd);
	fdstore_found(&store, "stored//run/gone", manager_fd);
	fdstore_begin(&store);
	ck_assert_int_eq(want("/run/a"), 0);
	ck_assert_int_eq(fdstore_end(&store, &to), 0);
	ck_assert_str_eq(
	    hear(NULL), "FDSTOREREMOVE=1\nFDNAME=stored//run/gone");
	ck_assert_str_eq(hear(NULL), "");
}
END_TEST

START_TEST(a_socket_that_was_made_anew_replaces_the_other)
{
	bool with_fd;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)want("/run/a");
	(void)want("/run/b");
	(void)hear(NULL);
	(void)hear(NULL);
	fdstore_begin(&store);
	ck_assert_int_eq(want_as("/run/a", fd), 0);
	ck_assert_int_eq(want("/run/b"), 0);
	ck_assert_int_eq(fdstore_end(&store, &to), 0);
	ck_assert_str_eq(hear(NULL), "FDSTOREREMOVE=1\nFDNAME=stored//run/a");
	ck_assert_str_eq(
	    hear(&with_fd), "FDSTORE=1\nFDNAME=stored//run/a\nFDPOLL=0");
	ck_assert(with_fd);
	ck_assert_str_eq(hear(NULL), "");
	ck_assert_uint_eq(store.n, 2);
	io_close(&fd);
}
END_TEST

START_TEST(of_two_found_with_one_name_none_is_believed)
{
	fdstore_found(&store, "stored//run/a", STDIN_FILENO);
	fdstore_found(&store, "stored//run/a", manager_fd);
	fdstore_begin(&store);
	ck_assert_int_eq(want("/run/a"), 0);
	ck_assert_int_eq(fdstore_end(&store, &to), 0);
	ck_assert_ptr_nonnull(strstr(hear(NULL), "FDSTOREREMOVE=1\n"));
	ck_assert_ptr_nonnull(strstr(hear(NULL), "FDSTORE=1\n"));
	ck_assert_uint_eq(store.n, 1);
}
END_TEST

START_TEST(what_nobody_heard_is_said_again)
{
	struct notify nobody = { .name = "/nowhere/at/all" };
	const struct sock_addr a = address("/run/a");

	(void)want("/run/b");
	(void)hear(NULL);
	fdstore_begin(&store);
	ck_assert_int_eq(fdstore_want(&store, &nobody, &a, 0), -1);
	ck_assert_int_eq(fdstore_end(&store, &nobody), -1);
	fdstore_begin(&store);
	ck_assert_int_eq(want("/run/a"), 0);
	ck_assert_int_eq(fdstore_end(&store, &to), 0);
	ck_assert_ptr_nonnull(strstr(hear(NULL), "FDSTORE=1\n"));
	ck_assert_ptr_nonnull(strstr(hear(NULL), "FDSTOREREMOVE=1\n"));
}
END_TEST

static const struct keep {
	const char *max, *dirs, *address;
	bool keeps;
} keeps[] = {
	{ NULL, NULL, "/run/x/a", false },
	{ "128", NULL, "/run/x/a", true },
	{ "0", NULL, "/run/x/a", false },
	{ NULL, "/run/x", "/run/x/a", true },
	{ NULL, "/run/y:/run/x", "/run/x/a", true },
	{ NULL, "/run/y", "/run/x/a", false },
	{ NULL, "/run/x", "/run/xyz/a", false },
	{ NULL, "", "/run/x/a", false },
	{ NULL, ":", "/run/x/a", false },
};

START_TEST(a_file_stays_where_the_manager_keeps_its_socket)
{
	const struct keep *k = &keeps[_i];
	const struct sock_addr addr = address(k->address);

	if (k->max != NULL)
		(void)setenv("FDSTORE", k->max, 1);
	if (k->dirs != NULL)
		(void)setenv("RUNTIME_DIRECTORY", k->dirs, 1);
	ck_assert(!fdstore_keeps(&store, &addr));
	ck_assert(!fdstore_has(&store, &addr));
	(void)want(k->address);
	ck_assert(fdstore_has(&store, &addr));
	ck_assert_int_eq(fdstore_keeps(&store, &addr), k->keeps);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("fdstore");
	TCase *tc = tcase_create("fdstore");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_name_has_only_what_the_protocol_allows, 0,
	    (int)(sizeof(names) / sizeof(names[0])));
	tcase_add_test(tc, a_listener_is_stored_once);
	tcase_add_test(tc, what_is_not_wanted_any_more_is_removed);
	tcase_add_test(tc, what_was_there_at_the_start_stays_or_goes);
	tcase_add_test(tc, a_socket_that_was_made_anew_replaces_the_other);
	tcase_add_test(tc, of_two_found_with_one_name_none_is_believed);
	tcase_add_test(tc, what_nobody_heard_is_said_again);
	tcase_add_loop_test(tc, a_file_stays_where_the_manager_keeps_its_socket,
	    0, (int)(sizeof(keeps) / sizeof(keeps[0])));
	return unit_run(s);
}
