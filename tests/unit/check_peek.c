/* check_peek.c - what /proc says, of lines and of ourselves. */
#include <check.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "master/peek.h"

#define UNIX(state, inode, path)                                             \
	"0000000000000000: 00000003 00000000 00000000 0001 " state " " inode \
	" " path

static const struct {
	const char *line;
	bool is;
} unix_lines[] = {
	{ UNIX("03", "4711", "/run/x.sock"), true },
	{ UNIX("03", "4711", "/run/x.sock2"), false },
	{ UNIX("03", "4711", "/run/x.soc"), false },
	{ UNIX("03", "    0", "/run/x.sock"), false }, /* waits */
	{ UNIX("02", "4711", "/run/x.sock"), false },
	{ UNIX("01", "4711", "/run/x.sock"), false }, /* listens */
	{ "0000000000000000: 00000003 00000000 00000000 0001 03 4711", false },
	{ "Num       RefCount Protocol Flags    Type St Inode Path", false },
	{ "", false },
	{ "rubbish", false },
};

START_TEST(lines_of_unix_sockets_are_told_apart)
{
	uint64_t inode = 0;

	ck_assert_int_eq(
	    peek_unix_line(unix_lines[_i].line, "/run/x.sock", &inode),
	    unix_lines[_i].is);
	if (unix_lines[_i].is)
		ck_assert_uint_eq(inode, 4711);
}
END_TEST

START_TEST(a_path_with_blanks_is_read_to_its_end)
{
	uint64_t inode;

	ck_assert(peek_unix_line(
	    UNIX("03", "4711", "/run/a b.sock"), "/run/a b.sock", &inode));
	ck_assert(!peek_unix_line(
	    UNIX("03", "4711", "/run/a b.sock"), "/run/a", &inode));
}
END_TEST

#define TCP(local, state, inode)                                        \
	"  12: 0100007F:" local " 0100007F:A0B2 " state                 \
	" 00000000:00000000 00:00000000 00000000  1000        0 " inode \
	" 1 0000000000000000 20 4 30 10 -1"

static const struct {
	const char *line;
	bool is;
} tcp_lines[] = {
	{ TCP("2328", "01", "4711"), true },
	{ TCP("2328", "08", "4711"), true },
	{ TCP("2329", "01", "4711"), false },
	{ TCP("2328", "0A", "4711"), false },
	{ TCP("2328", "06", "0"), false },
	{ "   1: 00000000000000000000000001000000:2328 "
	  "00000000000000000000000001000000:D431 01 00000000:00000000 "
	  "00:00000000 00000000     0        0 4711 1",
	    true },
	{ "  sl  local_address rem_address   st tx_queue rx_queue", false },
	{ "", false },
};

START_TEST(lines_of_tcp_sockets_are_told_apart)
{
	uint64_t inode = 0;

	ck_assert_int_eq(
	    peek_tcp_line(tcp_lines[_i].line, 9000, &inode), tcp_lines[_i].is);
	if (tcp_lines[_i].is)
		ck_assert_uint_eq(inode, 4711);
}
END_TEST

/* A listener, and a connection to it that was accepted. */
struct line {
	struct sock_addr addr;
	int listen_fd, client_fd, accepted_fd;
};

static void
line_open(struct line *l, const struct sockaddr *addr, socklen_t len)
{
	struct sock_error err;

	l->listen_fd = socket(addr->sa_family, SOCK_STREAM, 0);
	ck_assert_int_eq(bind(l->listen_fd, addr, len), 0);
	ck_assert_int_eq(listen(l->listen_fd, 5), 0);
	ck_assert_int_eq(sock_inherit(l->listen_fd, &l->addr, &err), 0);
	l->client_fd = sock_connect(&l->addr, 1000);
	ck_assert_int_ne(l->client_fd, -1);
	l->accepted_fd = -1;
}

static void
line_close(struct line *l)
{
	(void)close(l->listen_fd);
	(void)close(l->client_fd);
	(void)close(l->accepted_fd);
}

static void
counts_once_accepted(const void *addr, socklen_t len)
{
	struct peek_conns conns;
	struct line l;

	line_open(&l, addr, len);
	peek_conns(&l.addr, &conns);
	ck_assert(conns.known);
	ck_assert_uint_eq(conns.n, 0);
	ck_assert_int_eq(peek_busy(getpid(), &conns), PEEK_IDLE);
	l.accepted_fd = accept(l.listen_fd, NULL, NULL);
	peek_conns(&l.addr, &conns);
	ck_assert_uint_eq(conns.n, 1);
	ck_assert_int_eq(peek_busy(getpid(), &conns), PEEK_BUSY);
	conns.known = false;
	ck_assert_int_eq(peek_busy(getpid(), &conns), PEEK_UNKNOWN);
	line_close(&l);
}

START_TEST(a_connection_of_a_unix_socket_is_found)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };

	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "/tmp/check_peek.%d",
	    (int)getpid());
	counts_once_accepted(&sun, sizeof(sun));
	(void)unlink(sun.sun_path);
}
END_TEST

START_TEST(a_connection_of_tcp_is_found)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	counts_once_accepted(&sin, sizeof(sin));
}
END_TEST

static void
wait_for_state(pid_t pid, bool wanted)
{
	int64_t end = clock_ms() + 2000;

	while (peek_stopped(pid) != wanted)
		ck_assert_int_lt(clock_ms(), end);
}

START_TEST(a_process_is_seen_to_stop_and_to_end)
{
	pid_t pid = fork();

	if (pid == 0) {
		(void)setpgid(0, 0);
		for (;;)
			(void)pause();
	}
	(void)setpgid(pid, pid);
	ck_assert(!peek_stopped(pid));
	ck_assert(peek_group(pid));
	(void)kill(pid, SIGSTOP);
	wait_for_state(pid, true);
	(void)kill(pid, SIGKILL);
	while (peek_group(pid)) /* a zombie does not count */
		;
	ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
	ck_assert(!peek_group(pid));
	ck_assert_uint_eq(peek_memory(pid), 0);
}
END_TEST

START_TEST(memory_is_in_bytes)
{
	uint64_t before = peek_memory(getpid());
	size_t len = (size_t)16 << 20;
	char *more = malloc(len);

	ck_assert_ptr_nonnull(more);
	memset(more, 1, len);
	ck_assert_uint_ge(peek_memory(getpid()), before + len / 2);
	ck_assert_uint_eq((unsigned char)more[len - 1], 1);
	free(more);
}
END_TEST

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

static Suite *
peek_suite(void)
{
	Suite *s = suite_create("peek");
	TCase *t = tcase_create("peek");

	tcase_add_loop_test(
	    t, lines_of_unix_sockets_are_told_apart, 0, COUNT(unix_lines));
	tcase_add_test(t, a_path_with_blanks_is_read_to_its_end);
	tcase_add_loop_test(
	    t, lines_of_tcp_sockets_are_told_apart, 0, COUNT(tcp_lines));
	tcase_add_test(t, a_connection_of_a_unix_socket_is_found);
	tcase_add_test(t, a_connection_of_tcp_is_found);
	tcase_add_test(t, a_process_is_seen_to_stop_and_to_end);
	tcase_add_test(t, memory_is_in_bytes);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	SRunner *r = srunner_create(peek_suite());
	int failed;

	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
