#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/sock.h"
#include "unit.h"

static const struct sock_perm perm = { 0660, (uid_t)-1, (gid_t)-1, NULL };
static struct sock_error err;
static struct sock_addr addr; /* the unix socket "s" of the folder */
static int fds_before;

static void
setup(void)
{
	fds_before = unit_count_fds();
	unit_dir_make();
	ck_assert_int_eq(sock_parse(unit_path("s"), &addr, &err), 0);
}

static void
teardown(void)
{
	unit_dir_remove();
	ck_assert_int_eq(unit_count_fds(), fds_before);
}

static int
listen_here(void)
{
	return sock_listen(&addr, 8, &perm, &err);
}

static mode_t
mode_of(const char *path)
{
	struct stat st;

	ck_assert_int_eq(lstat(path, &st), 0);
	return st.st_mode;
}

static const struct {
	const char *text;
	int family; /* -1: refused */
	const char *name;
} texts[] = {
	{ "/run/x.sock", AF_UNIX, "/run/x.sock" },
	{ "unix:/run/x.sock", AF_UNIX, "/run/x.sock" },
	{ "unix:x.sock", AF_UNIX, "x.sock" },
	{ "./x.sock", AF_UNIX, "./x.sock" },
	{ "127.0.0.1:9000", AF_INET, "127.0.0.1:9000" },
	{ "tcp:127.0.0.1:9000", AF_INET, "127.0.0.1:9000" },
	{ "tcp:*:9000", AF_INET, "0.0.0.0:9000" },
	{ "tcp:9000", AF_INET, "0.0.0.0:9000" },
	{ "[::1]:9000", AF_INET6, "[::1]:9000" },
	{ "tcp6:[::1]:9000", AF_INET6, "[::1]:9000" },
	{ "tcp6:9000", AF_INET6, "[::]:9000" },
	{ "localhost:9000", AF_INET, "127.0.0.1:9000" },
	{ "*:9000", AF_INET6, "[::]:9000" },
	{ "9000", AF_INET6, "[::]:9000" },
	{ "1", AF_INET6, "[::]:1" },
	{ "65535", AF_INET6, "[::]:65535" },
	{ "", -1, "" },
	{ "unix:", -1, "" },
	{ "tcp:", -1, "" },
	{ "x.sock", -1, "" },
	{ "0", -1, "" },
	{ "65536", -1, "" },
	{ "-1", -1, "" },
	{ "127.0.0.1:", -1, "" },
	{ "127.0.0.1:http", -1, "" },
	{ ":9000", -1, "" },
	{ "[]:9000", -1, "" },
	{ "[:9000", -1, "" },
	{ "::1:9000", -1, "" },
	{ "[::1]9000", -1, "" },
	{ "tcp:[::1]:9000", -1, "" },
	{ "tcp6:127.0.0.1:9000", -1, "" },
};

START_TEST(an_address_is_read_or_refused)
{
	struct sock_addr out;
	int got;

	err.text[0] = '\0';
	got = sock_parse(texts[_i].text, &out, &err);
	ck_assert_msg(got == (texts[_i].family == -1 ? -1 : 0), "'%s': %s",
	    texts[_i].text, err.text);
	if (got == -1) {
		ck_assert_str_ne(err.text, "");
		return;
	}
	ck_assert_int_eq(out.sa.ss_family, texts[_i].family);
	ck_assert_str_eq(out.name, texts[_i].name);
	ck_assert(sock_is_unix(&out) == (texts[_i].family == AF_UNIX));
}
END_TEST

static const struct {
	size_t len;
	int code;
} lengths[] = { { 1, 0 }, { 106, 0 }, { 107, 0 }, { 108, -1 }, { 109, -1 },
	{ 4096, -1 } };

START_TEST(a_path_that_would_be_cut_is_refused)
{
	char path[4200];
	struct sock_addr out;

	memset(path, 'x', sizeof(path));
	path[0] = '/';
	path[lengths[_i].len] = '\0';
	ck_assert_int_eq(sock_parse(path, &out, &err), lengths[_i].code);
	if (lengths[_i].code == 0)
		ck_assert_str_eq(out.name, path);
	else
		ck_assert_ptr_nonnull(strstr(err.text, "107"));
}
END_TEST

static const struct {
	const char *a, *b;
	bool same;
} pairs[] = {
	{ "/a", "unix:/a", true },
	{ "/a", "/b", false },
	{ "127.0.0.1:1", "tcp:127.0.0.1:1", true },
	{ "127.0.0.1:1", "127.0.0.1:2", false },
	{ "127.0.0.1:1", "127.0.0.2:1", false },
	{ "[::1]:1", "tcp6:[0:0::1]:1", true },
	{ "[::1]:1", "[::1]:2", false },
	{ "[::1]:1", "[::2]:1", false },
	{ "[::]:1", "*:1", true },
	{ "[::1]:1", "127.0.0.1:1", false },
	{ "/a", "127.0.0.1:1", false },
};

START_TEST(the_same_address_is_known_again)
{
	struct sock_addr a, b;

	ck_assert_int_eq(sock_parse(pairs[_i].a, &a, &err), 0);
	ck_assert_int_eq(sock_parse(pairs[_i].b, &b, &err), 0);
	ck_assert_msg(sock_same(&a, &b) == pairs[_i].same, "%s and %s",
	    pairs[_i].a, pairs[_i].b);
	ck_assert(sock_same(&b, &a) == pairs[_i].same);
}
END_TEST

START_TEST(a_unix_listener_answers_and_is_close_on_exec)
{
	int fd = listen_here();
	int c;

	ck_assert_msg(fd != -1, "%s", err.text);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	c = sock_connect(&addr, 1000);
	ck_assert_int_ne(c, -1);
	ck_assert_int_eq(fcntl(c, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(fcntl(c, F_GETFL) & O_NONBLOCK, 0);
	(void)close(c);
	(void)close(fd);
}
END_TEST

static const unsigned file_modes[] = { 0660, 0600, 0666, 0777, 0 };

START_TEST(the_file_gets_its_mode_whatever_the_umask)
{
	const struct sock_perm p = { file_modes[_i], (uid_t)-1, (gid_t)-1,
		NULL };
	mode_t old = umask(_i % 2 == 0 ? 0 : 0777);
	int fd = sock_listen(&addr, 8, &p, &err);
	mode_t now = umask(old);

	ck_assert_msg(fd != -1, "%s", err.text);
	ck_assert_uint_eq(now, _i % 2 == 0 ? 0 : 0777);
	ck_assert_uint_eq(mode_of(unit_path("s")), S_IFSOCK | file_modes[_i]);
	(void)close(fd);
}
END_TEST

START_TEST(the_file_gets_its_owner)
{
	const struct sock_perm p = { 0660, 1, 2, NULL };
	struct stat st;
	int fd;

	if (geteuid() != 0)
		return;
	fd = sock_listen(&addr, 8, &p, &err);
	ck_assert_msg(fd != -1, "%s", err.text);
	ck_assert_int_eq(lstat(unit_path("s"), &st), 0);
	ck_assert_uint_eq(st.st_uid, 1);
	ck_assert_uint_eq(st.st_gid, 2);
	(void)close(fd);
}
END_TEST

/* Look at the file all the time while it is made and removed; *SEEN gets
 * every mode bit that anybody ever saw. */
static void
watch(const char *path, volatile unsigned *seen)
{
	struct stat st;

	for (;;) {
		if (lstat(path, &st) == 0)
			*seen |= st.st_mode & 0777;
	}
}

START_TEST(the_file_is_never_wider_than_its_mode)
{
	const struct sock_perm p = { 0640, (uid_t)-1, (gid_t)-1, NULL };
	volatile unsigned *seen = mmap(NULL, sizeof(*seen),
	    PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	mode_t old = umask(0);
	pid_t pid = fork();
	int i;

	if (pid == 0)
		watch(unit_path("s"), seen);
	for (i = 0; i < 2000; i++) {
		int fd = sock_listen(&addr, 8, &p, &err);

		ck_assert_msg(fd != -1, "%s", err.text);
		(void)close(fd);
		(void)unlink(unit_path("s"));
	}
	(void)umask(old);
	ck_assert_int_eq(kill(pid, SIGKILL), 0);
	ck_assert_int_eq(unit_exit_code(pid), 128 + SIGKILL);
	ck_assert_uint_eq(*seen & ~0640U, 0);
	(void)munmap((void *)(uintptr_t)seen, sizeof(*seen));
}
END_TEST

START_TEST(a_stale_socket_is_replaced)
{
	int fd = listen_here();

	ck_assert_int_ne(fd, -1);
	(void)close(fd); /* killed: the file stays */
	fd = listen_here();
	ck_assert_msg(fd != -1, "%s", err.text);
	(void)close(fd);
}
END_TEST

START_TEST(a_live_socket_is_refused_and_lives_on)
{
	int first = listen_here();
	int c;

	ck_assert_int_ne(first, -1);
	ck_assert_int_eq(listen_here(), -1);
	ck_assert_ptr_nonnull(strstr(err.text, addr.name));
	ck_assert_ptr_nonnull(strstr(err.text, "in use"));
	ck_assert(err.in_use && !err.left_over);
	c = sock_connect(&addr, 1000);
	ck_assert_int_ne(c, -1);
	(void)close(c);
	(void)close(first);
}
END_TEST

/* A worker whose master was killed and who has not seen it yet. */
START_TEST(a_socket_of_one_that_is_gone_is_told_apart)
{
	int lifeline[2];
	pid_t pid;
	char c;

	ck_assert_int_eq(pipe2(lifeline, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		(void)close(lifeline[1]);
		if (listen_here() == -1)
			_exit(1);
		if (fork() == 0)
			_exit(read(lifeline[0], &c, 1) == 0 ? 0 : 1);
		_exit(0);
	}
	ck_assert_int_eq(unit_exit_code(pid), 0);
	ck_assert_int_eq(listen_here(), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "in use by what is left of"));
	ck_assert(err.in_use && err.left_over);
	(void)close(lifeline[0]);
	(void)close(lifeline[1]);
}
END_TEST

START_TEST(a_live_socket_with_a_full_backlog_is_refused_too)
{
	int first = sock_listen(&addr, 0, &perm, &err);
	int one = sock_connect(&addr, 1000);

	ck_assert_int_ne(one, -1);
	ck_assert_int_eq(listen_here(), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "in use"));
	ck_assert(err.in_use);
	(void)close(one);
	(void)close(first);
}
END_TEST

START_TEST(a_datagram_socket_is_not_stale)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(bind(fd, (struct sockaddr *)&addr.sa, addr.len), 0);
	ck_assert_int_eq(listen_here(), -1);
	(void)close(fd);
}
END_TEST

enum { A_FILE, A_FOLDER, A_LINK, A_DANGLING_LINK };

START_TEST(what_is_no_socket_is_refused_and_stays)
{
	char path[128];
	int victim = -1;

	(void)snprintf(path, sizeof(path), "%s", unit_path("s"));
	if (_i == A_FILE)
		unit_write(path, "precious");
	else if (_i == A_FOLDER)
		ck_assert_int_eq(mkdir(path, 0700), 0);
	else if (_i == A_LINK)
		ck_assert_int_eq(symlink(unit_path("target"), path), 0);
	else
		ck_assert_int_eq(symlink("/nonexistent", path), 0);
	if (_i == A_LINK) {
		struct sock_addr to;

		ck_assert_int_eq(sock_parse(unit_path("target"), &to, &err), 0);
		victim = sock_listen(&to, 8, &perm, &err);
		io_close(&victim); /* a stale one behind the link */
	}
	ck_assert_int_eq(listen_here(), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "not a socket"));
	ck_assert(!err.in_use);
	ck_assert(!S_ISSOCK(mode_of(path)));
	if (_i == A_FILE)
		ck_assert_str_eq(unit_read(path), "precious");
}
END_TEST

START_TEST(a_missing_folder_is_said)
{
	struct sock_addr there;

	ck_assert_int_eq(sock_parse("/nonexistent/s.sock", &there, &err), 0);
	ck_assert_int_eq(sock_listen(&there, 8, &perm, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "/nonexistent/s.sock"));
	ck_assert_ptr_nonnull(strstr(err.text, strerror(ENOENT)));
}
END_TEST

/* It may be somebody's, so it is not removed. */
START_TEST(a_socket_that_may_not_be_asked_is_refused)
{
	const struct sock_perm closed = { 0, (uid_t)-1, (gid_t)-1, NULL };
	int fd = sock_listen(&addr, 8, &closed, &err);
	pid_t pid = fork();

	ck_assert_int_ne(fd, -1);
	if (pid == 0) {
		if (geteuid() != 0)
			_exit(0);
		if (chmod(unit_path("."), 0777) == -1 || setuid(65534) == -1)
			_exit(1);
		if (listen_here() != -1)
			_exit(2);
		_exit(
		    strstr(err.text, "it is unknown whether") != NULL ? 0 : 3);
	}
	ck_assert_int_eq(unit_exit_code(pid), 0);
	ck_assert_int_eq(access(unit_path("s"), F_OK), 0);
	(void)close(fd);
}
END_TEST

START_TEST(what_cannot_be_given_away_leaves_no_file)
{
	pid_t pid = fork();

	if (pid == 0) {
		const struct sock_perm p = { 0660, 0, 0, NULL };

		if (geteuid() != 0)
			_exit(0);
		if (chmod(unit_path("."), 0777) == -1 || setuid(65534) == -1)
			_exit(1);
		if (sock_listen(&addr, 8, &p, &err) != -1)
			_exit(2);
		_exit(access(unit_path("s"), F_OK) == -1 ? 0 : 3);
	}
	ck_assert_int_eq(unit_exit_code(pid), 0);
}
END_TEST

/* A TCP address of this machine that is free now. */
static struct sock_addr
free_tcp(const char *format)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t len = sizeof(in);
	struct sock_addr out;
	char text[64];
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&in, len), 0);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&in, &len), 0);
	(void)close(fd);
	(void)snprintf(text, sizeof(text), "%s%d", format, ntohs(in.sin_port));
	ck_assert_int_eq(sock_parse(text, &out, &err), 0);
	return out;
}

START_TEST(a_restart_is_not_stopped_by_old_connections)
{
	struct sock_addr tcp = free_tcp("127.0.0.1:");
	int i;

	for (i = 0; i < 50; i++) {
		int fd = sock_listen(&tcp, 8, &perm, &err);
		int c, s;

		ck_assert_msg(fd != -1, "%s", err.text);
		c = sock_connect(&tcp, 1000);
		s = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
		ck_assert_int_ne(s, -1);
		(void)close(s); /* first: TIME_WAIT is ours */
		(void)close(c);
		(void)close(fd);
	}
}
END_TEST

START_TEST(a_port_in_use_is_refused_by_name)
{
	struct sock_addr tcp = free_tcp("127.0.0.1:");
	int fd = sock_listen(&tcp, 8, &perm, &err);

	ck_assert_int_ne(fd, -1);
	ck_assert_int_eq(sock_listen(&tcp, 8, &perm, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, tcp.name));
	ck_assert_ptr_nonnull(strstr(err.text, "another process"));
	(void)close(fd);
}
END_TEST

START_TEST(all_addresses_include_those_of_ipv4)
{
	struct sock_addr all = free_tcp("*:"), one;
	char text[64];
	int fd = sock_listen(&all, 8, &perm, &err), c;

	ck_assert_msg(fd != -1, "%s", err.text);
	(void)snprintf(
	    text, sizeof(text), "127.0.0.1%s", strrchr(all.name, ':'));
	ck_assert_int_eq(sock_parse(text, &one, &err), 0);
	c = sock_connect(&one, 1000);
	ck_assert_int_ne(c, -1);
	(void)close(c);
	(void)close(fd);
}
END_TEST

START_TEST(an_inherited_listener_tells_its_address)
{
	struct sock_addr tcp = free_tcp("127.0.0.1:"), out;
	int u = listen_here(), t = sock_listen(&tcp, 8, &perm, &err);

	ck_assert_int_eq(sock_inherit(u, &out, &err), 0);
	ck_assert(sock_same(&out, &addr));
	ck_assert_str_eq(out.name, addr.name);
	ck_assert_int_eq(sock_inherit(t, &out, &err), 0);
	ck_assert(sock_same(&out, &tcp));
	ck_assert_str_eq(out.name, tcp.name);
	(void)close(u);
	(void)close(t);
}
END_TEST

START_TEST(an_abstract_listener_has_a_name)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	struct sock_addr out;
	socklen_t len;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)snprintf(
	    sun.sun_path + 1, sizeof(sun.sun_path) - 1, "unit-%d", getpid());
	len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
	    strlen(sun.sun_path + 1));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, len), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	ck_assert_int_eq(sock_inherit(fd, &out, &err), 0);
	ck_assert_int_eq(out.name[0], '@');
	ck_assert_str_eq(out.name + 1, sun.sun_path + 1);
	(void)close(fd);
}
END_TEST

START_TEST(what_is_no_listener_is_not_inherited)
{
	struct sock_addr out;
	int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int dgram = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int idle = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	ck_assert_int_eq(sock_inherit(file, &out, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "not a socket"));
	ck_assert_int_eq(sock_inherit(dgram, &out, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "not a stream"));
	ck_assert_int_eq(sock_inherit(idle, &out, &err), -1);
	ck_assert_ptr_nonnull(strstr(err.text, "is not listening"));
	ck_assert_int_eq(sock_inherit(-1, &out, &err), -1);
	(void)close(file);
	(void)close(dgram);
	(void)close(idle);
}
END_TEST

START_TEST(connecting_to_nobody_fails_at_once)
{
	struct sock_addr tcp = free_tcp("127.0.0.1:");

	ck_assert_int_eq(sock_connect(&addr, 5000), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(sock_connect(&tcp, 5000), -1);
	ck_assert_int_eq(errno, ECONNREFUSED);
}
END_TEST

START_TEST(connecting_to_a_full_backlog_ends_in_time)
{
	int fd = sock_listen(&addr, 0, &perm, &err);
	int one = sock_connect(&addr, 1000);
	int64_t begin = clock_ms();

	ck_assert_int_ne(one, -1);
	ck_assert_int_eq(sock_connect(&addr, 50), -1);
	ck_assert_int_eq(errno, ETIMEDOUT);
	ck_assert_int_ge(clock_ms() - begin, 45);
	(void)close(one);
	(void)close(fd);
}
END_TEST

static const char *const barred[] = { NULL, "127.0.0.1:" };

/* Newcomers wait for a moment, or are refused. */
static int
knock(const struct sock_addr *to)
{
	int fd = sock_connect(to, 50);
	int error = errno;

	ck_assert_int_eq(fd, -1);
	return error;
}

START_TEST(nobody_gets_in_at_a_barred_socket_and_who_is_in_is_accepted)
{
	bool tcp = _i > 0;
	const struct sock_addr to = tcp ? free_tcp(barred[_i]) : addr;
	int fd = sock_listen(&to, 8, &perm, &err), in[3], peer, i;
	char byte = 0;

	ck_assert_msg(fd != -1, "%s", err.text);
	for (i = 0; i < 3; i++) {
		in[i] = sock_connect(&to, 1000);
		ck_assert_int_ne(in[i], -1);
	}
	ck_assert_int_eq(sock_bar(fd, &to), 0);
	ck_assert_int_eq(knock(&to), tcp ? ETIMEDOUT : ECONNREFUSED);
	ck_assert_int_eq(io_nonblock(fd, true), 0);
	for (i = 0; i < 3; i++) {
		peer = accept(fd, NULL, NULL);
		ck_assert_int_ne(peer, -1);
		ck_assert_int_eq(write(peer, "x", 1), 1);
		ck_assert_int_eq(read(in[i], &byte, 1), 1);
		ck_assert_int_eq(byte, 'x');
		(void)close(peer);
		(void)close(in[i]);
	}
	ck_assert_int_eq(accept(fd, NULL, NULL), -1);
	ck_assert_int_eq(errno, EAGAIN);
	sock_shut(fd);
	ck_assert_int_eq(knock(&to), ECONNREFUSED);
	(void)close(fd);
}
END_TEST

START_TEST(the_port_of_one_that_was_shut_can_be_had_at_once)
{
	const struct sock_addr tcp = free_tcp("127.0.0.1:");
	int fd = sock_listen(&tcp, 8, &perm, &err), next;

	ck_assert_msg(fd != -1, "%s", err.text);
	sock_shut(fd);
	next = sock_listen(&tcp, 8, &perm, &err);
	ck_assert_msg(next != -1, "%s", err.text);
	(void)close(next);
	(void)close(fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sock");
	TCase *tc = tcase_create("addresses");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, an_address_is_read_or_refused, 0,
	    sizeof(texts) / sizeof(texts[0]));
	tcase_add_loop_test(tc, a_path_that_would_be_cut_is_refused, 0,
	    sizeof(lengths) / sizeof(lengths[0]));
	tcase_add_loop_test(tc, the_same_address_is_known_again, 0,
	    sizeof(pairs) / sizeof(pairs[0]));
	tc = tcase_create("sockets");
	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_unix_listener_answers_and_is_close_on_exec);
	tcase_add_loop_test(tc, the_file_gets_its_mode_whatever_the_umask, 0,
	    sizeof(file_modes) / sizeof(file_modes[0]));
	tcase_add_test(tc, the_file_gets_its_owner);
	tcase_add_test(tc, the_file_is_never_wider_than_its_mode);
	tcase_add_test(tc, a_stale_socket_is_replaced);
	tcase_add_test(tc, a_live_socket_is_refused_and_lives_on);
	tcase_add_test(tc, a_socket_of_one_that_is_gone_is_told_apart);
	tcase_add_test(tc, a_live_socket_with_a_full_backlog_is_refused_too);
	tcase_add_test(tc, a_datagram_socket_is_not_stale);
	tcase_add_loop_test(tc, what_is_no_socket_is_refused_and_stays, A_FILE,
	    A_DANGLING_LINK + 1);
	tcase_add_test(tc, a_missing_folder_is_said);
	tcase_add_test(tc, a_socket_that_may_not_be_asked_is_refused);
	tcase_add_test(tc, what_cannot_be_given_away_leaves_no_file);
	tcase_add_test(tc, a_restart_is_not_stopped_by_old_connections);
	tcase_add_test(tc, a_port_in_use_is_refused_by_name);
	tcase_add_test(tc, all_addresses_include_those_of_ipv4);
	tcase_add_test(tc, an_inherited_listener_tells_its_address);
	tcase_add_test(tc, an_abstract_listener_has_a_name);
	tcase_add_test(tc, what_is_no_listener_is_not_inherited);
	tcase_add_loop_test(tc,
	    nobody_gets_in_at_a_barred_socket_and_who_is_in_is_accepted, 0,
	    sizeof(barred) / sizeof(barred[0]));
	tcase_add_test(tc, the_port_of_one_that_was_shut_can_be_had_at_once);
	tcase_add_test(tc, connecting_to_nobody_fails_at_once);
	tcase_add_test(tc, connecting_to_a_full_backlog_ends_in_time);
	return unit_run(s);
}
