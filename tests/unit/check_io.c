#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "unit.h"

static int pair[2];
static int fds_before;

static void
setup(void)
{
	fds_before = unit_count_fds();
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
}

static void
teardown(void)
{
	io_close(&pair[0]);
	io_close(&pair[1]);
	ck_assert_int_eq(unit_count_fds(), fds_before);
}

START_TEST(nonblocking_is_set_and_cleared)
{
	ck_assert_int_eq(io_nonblock(pair[0], true), 0);
	ck_assert(fcntl(pair[0], F_GETFL) & O_NONBLOCK);
	ck_assert_int_eq(io_nonblock(pair[0], false), 0);
	ck_assert(!(fcntl(pair[0], F_GETFL) & O_NONBLOCK));
	ck_assert_int_eq(io_nonblock(-1, true), -1);
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

START_TEST(closing_forgets_the_number)
{
	int fd = dup(pair[0]);
	int was = fd;

	io_close(&fd);
	ck_assert_int_eq(fd, -1);
	ck_assert_int_eq(fcntl(was, F_GETFD), -1);
	io_close(&fd);
	ck_assert_int_eq(fd, -1);
}
END_TEST

/* All eight ways in which some of 0, 1 and 2 may be closed at start. */
START_TEST(missing_standard_descriptors_become_dev_null)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct stat null, st;
		int fd;

		for (fd = 0; fd < 3; fd++) {
			if ((_i >> fd & 1) != 0)
				(void)close(fd);
		}
		if (io_fill_std() == -1 || stat("/dev/null", &null) == -1)
			_exit(1);
		for (fd = 0; fd < 3; fd++) {
			if (fstat(fd, &st) == -1)
				_exit(2);
			if ((_i >> fd & 1) != 0 && st.st_rdev != null.st_rdev)
				_exit(3);
		}
		_exit(0);
	}
	ck_assert_int_eq(unit_exit_code(pid), 0);
}
END_TEST

START_TEST(everything_from_a_number_on_is_close_on_exec)
{
	int low = dup(pair[0]);
	int high = fcntl(pair[0], F_DUPFD, low + 5);

	ck_assert_int_eq(io_cloexec_from(high), 0);
	ck_assert_int_eq(fcntl(low, F_GETFD), 0);
	ck_assert_int_eq(fcntl(high, F_GETFD), FD_CLOEXEC);
	io_close(&low);
	io_close(&high);
}
END_TEST

/* In a child: which of 100 to 119 are open afterwards? */
static int
close_all_but_two(void)
{
	int keep[] = { 115, -1, 0, 2, 101, 1, 101 };
	int fd;

	for (fd = 100; fd < 120; fd++)
		if (dup2(pair[0], fd) == -1)
			return 1;
	io_close_others(keep, sizeof(keep) / sizeof(keep[0]));
	for (fd = 0; fd < 120; fd++) {
		bool kept = fd <= 2 || fd == 101 || fd == 115;

		if ((fcntl(fd, F_GETFD) != -1) != kept)
			return 2;
	}
	return 0;
}

START_TEST(all_but_the_named_are_closed)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(close_all_but_two());
	ck_assert_int_eq(unit_exit_code(pid), 0);
}
END_TEST

START_TEST(a_file_is_read_from_its_beginning)
{
	char path[] = "/tmp/check_io-XXXXXX", *text;
	int fd = mkstemp(path);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(unlink(path), 0);
	text = io_read_file(fd);
	ck_assert_str_eq(text, "");
	free(text);
	ck_assert_int_eq(write(fd, "one\ntwo\n", 8), 8);
	text = io_read_file(fd);
	ck_assert_str_eq(text, "one\ntwo\n");
	free(text);
	io_close(&fd);
	ck_assert_ptr_null(io_read_file(-1));
	ck_assert_int_eq(errno, EBADF);
}
END_TEST

START_TEST(a_datagram_carries_its_descriptors)
{
	int sent[2], got[2] = { -1, -1 };
	char buf[16];
	size_t n;

	ck_assert_int_eq(pipe(sent), 0);
	ck_assert_int_eq(io_send_fds(pair[0], "hello", 5, sent, 2), 0);
	ck_assert_int_eq(io_recv_fds(pair[1], buf, sizeof(buf), got, 2, &n), 5);
	ck_assert_uint_eq(n, 2);
	ck_assert_int_eq(memcmp(buf, "hello", 5), 0);
	ck_assert_int_eq(fcntl(got[0], F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(write(got[1], "x", 1), 1);
	ck_assert_int_eq(read(sent[0], buf, 1), 1);
	io_close(&sent[0]);
	io_close(&sent[1]);
	io_close(&got[0]);
	io_close(&got[1]);
}
END_TEST

START_TEST(surplus_descriptors_are_closed)
{
	int sent[2] = { 0, 1 }, got[2] = { -1, -1 };
	char buf[4];
	size_t n;

	ck_assert_int_eq(io_send_fds(pair[0], "a", 1, sent, 2), 0);
	ck_assert_int_eq(io_send_fds(pair[0], "b", 1, sent, 2), 0);
	ck_assert_int_eq(io_send_fds(pair[0], "c", 1, NULL, 0), 0);
	ck_assert_int_eq(io_recv_fds(pair[1], buf, 4, got, 1, &n), 1);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(got[1], -1);
	io_close(&got[0]);
	ck_assert_int_eq(io_recv_fds(pair[1], buf, 4, NULL, 0, &n), 1);
	ck_assert_uint_eq(n, 0);
	ck_assert_int_eq(io_recv_fds(pair[1], buf, 4, got, 2, &n), 1);
	ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(too_long_a_datagram_is_refused_with_its_descriptors)
{
	int sent[2] = { 0, 1 }, got[2];
	char buf[4];
	size_t n;

	ck_assert_int_eq(io_send_fds(pair[0], "hello", 5, sent, 2), 0);
	ck_assert_int_eq(io_recv_fds(pair[1], buf, 4, got, 2, &n), -1);
	ck_assert_int_eq(errno, EMSGSIZE);
	ck_assert_uint_eq(n, 0);
}
END_TEST

START_TEST(a_full_socket_is_not_waited_for)
{
	char buf[1024] = { 0 };
	int i;

	for (i = 0; i < 100000; i++) {
		if (io_send_fds(pair[0], buf, sizeof(buf), NULL, 0) == -1)
			break;
	}
	ck_assert_int_lt(i, 100000);
	ck_assert_int_eq(errno, EAGAIN);
}
END_TEST

START_TEST(the_end_is_zero_bytes_and_a_dead_peer_no_signal)
{
	char buf[4];
	size_t n;

	io_close(&pair[0]);
	ck_assert_int_eq(io_recv_fds(pair[1], buf, 4, NULL, 0, &n), 0);
	ck_assert_int_eq(io_send_fds(pair[1], "x", 1, NULL, 0), -1);
	ck_assert_int_eq(errno, EPIPE);
}
END_TEST

START_TEST(more_descriptors_than_two_are_an_error)
{
	int sent[3] = { 0, 1, 2 };

	ck_assert_int_eq(io_send_fds(pair[0], "x", 1, sent, 3), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("io");
	TCase *tc = tcase_create("descriptors");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nonblocking_is_set_and_cleared);
	tcase_add_test(tc, closing_forgets_the_number);
	tcase_add_loop_test(
	    tc, missing_standard_descriptors_become_dev_null, 0, 8);
	tcase_add_test(tc, everything_from_a_number_on_is_close_on_exec);
	tcase_add_test(tc, all_but_the_named_are_closed);
	tcase_add_test(tc, a_file_is_read_from_its_beginning);
	tcase_add_test(tc, a_datagram_carries_its_descriptors);
	tcase_add_test(tc, surplus_descriptors_are_closed);
	tcase_add_test(tc, too_long_a_datagram_is_refused_with_its_descriptors);
	tcase_add_test(tc, a_full_socket_is_not_waited_for);
	tcase_add_test(tc, the_end_is_zero_bytes_and_a_dead_peer_no_signal);
	tcase_add_test(tc, more_descriptors_than_two_are_an_error);
	return unit_run(s);
}
