#include <errno.h>
#include <fcntl.h>
#include <regex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "base/log.h"
#include "base/logfile.h"
#include "base/logline.h"
#include "unit.h"

static struct log_conf conf;
static char target[256];

static void
setup(void)
{
	unit_dir_make();
	(void)snprintf(target, sizeof(target), "%s", unit_path("log"));
	conf.target = target;
	conf.level = LOG_LEVEL_NOTICE;
	conf.ident = "cgi-fpm";
	conf.facility = LOG_DAEMON;
	log_tag(NULL);
}

static void
teardown(void)
{
	static const struct log_conf back = { .target = "stderr",
		.level = LOG_LEVEL_NOTICE };

	ck_assert_int_eq(log_open(&back), 0);
	unit_dir_remove();
}

static void
matches(const char *text, const char *pattern)
{
	regex_t re;

	ck_assert_int_eq(regcomp(&re, pattern, REG_EXTENDED), 0);
	ck_assert_msg(regexec(&re, text, 0, NULL, 0) == 0,
	    "'%s' is not like '%s'", text, pattern);
	regfree(&re);
}

static const struct log_about nobody = { 0 };

static const struct logline at = {
	.level = LOG_LEVEL_NOTICE,
	.when = { .tm_mday = 2,
	    .tm_mon = 10,
	    .tm_year = 126,
	    .tm_hour = 20,
	    .tm_min = 1,
	    .tm_sec = 3 },
	.when_ms = 45,
	.ident = "cgi-fpm",
	.facility = LOG_DAEMON,
	.pid = 4711,
};

static const struct {
	enum logline_style style;
	enum log_level level;
	const char *line;
} lines[] = {
	{ LOGLINE_FILE, LOG_LEVEL_NOTICE,
	    "[02-Nov-2026 20:01:03.045] NOTICE: a\\x0ab\n" },
	{ LOGLINE_FILE, LOG_LEVEL_ALERT,
	    "[02-Nov-2026 20:01:03.045] ALERT: a\\x0ab\n" },
	{ LOGLINE_JOURNAL, LOG_LEVEL_ALERT, "<1>ALERT: a\\x0ab\n" },
	{ LOGLINE_JOURNAL, LOG_LEVEL_ERROR, "<3>ERROR: a\\x0ab\n" },
	{ LOGLINE_JOURNAL, LOG_LEVEL_WARNING, "<4>WARNING: a\\x0ab\n" },
	{ LOGLINE_JOURNAL, LOG_LEVEL_NOTICE, "<5>NOTICE: a\\x0ab\n" },
	{ LOGLINE_JOURNAL, LOG_LEVEL_DEBUG, "<7>DEBUG: a\\x0ab\n" },
	{ LOGLINE_NATIVE, LOG_LEVEL_NOTICE, "a\\x0ab" },
	{ LOGLINE_SYSLOG, LOG_LEVEL_NOTICE,
	    "<29>Nov  2 20:01:03 cgi-fpm[4711]: NOTICE: a\\x0ab" },
};

START_TEST(a_line_is_written_as_its_target_reads_it)
{
	struct logline line = at;
	char out[256];
	size_t n;

	line.style = lines[_i].style;
	line.level = lines[_i].level;
	n = logline_write(out, sizeof(out), &line, "a\nb", 3);
	out[n] = '\0';
	ck_assert_str_eq(out, lines[_i].line);
}
END_TEST

START_TEST(a_file_gets_php_fpms_lines)
{
	ck_assert_int_eq(log_open(&conf), 0);
	log_tag("git");
	log_notice("child %d started", 7);
	matches(unit_read(target),
	    "^\\[[0-9]{2}-[A-Z][a-z]{2}-20[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"
	    "\\.[0-9]{3}\\] NOTICE: \\[pool git\\] child 7 started\n$");
}
END_TEST

START_TEST(a_log_file_is_not_for_everybody)
{
	struct stat st;
	mode_t old = umask(0);

	ck_assert_int_eq(log_open(&conf), 0);
	(void)umask(old);
	ck_assert_int_eq(stat(target, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0640);
	ck_assert_int_eq(fcntl(log_fd(), F_GETFD), FD_CLOEXEC);
}
END_TEST

START_TEST(less_urgent_lines_are_dropped)
{
	conf.level = LOG_LEVEL_WARNING;
	ck_assert_int_eq(log_open(&conf), 0);
	log_debug("no");
	log_notice("no");
	log_warn("one");
	log_error("two");
	log_alert("three");
	matches(unit_read(target),
	    "^[^\n]*WARNING: one\n[^\n]*ERROR: two\n"
	    "[^\n]*ALERT: three\n$");
	ck_assert_uint_eq(log_lost(), 0);
}
END_TEST

START_TEST(foreign_bytes_cannot_forge_a_line)
{
	ck_assert_int_eq(log_open(&conf), 0);
	log_notice("stderr: %s", "x\n[01-Jan] ALERT: \x1b[2J \\ \"q\"");
	matches(unit_read(target),
	    "^[^\n]*stderr: x\\\\x0a\\[01-Jan\\] ALERT: "
	    "\\\\x1b\\[2J \\\\x5c \"q\"\n$");
}
END_TEST

START_TEST(a_long_line_is_cut_and_whole)
{
	static char text[3 * LOG_LINE_MAX];
	const char *got;

	memset(text, 'x', sizeof(text) - 1);
	ck_assert_int_eq(log_open(&conf), 0);
	log_notice("%s", text);
	log_notice("next");
	got = unit_read(target);
	matches(got, "^[^\n]*xxx\\.\\.\\.\n[^\n]*next\n$");
	ck_assert_uint_le((size_t)(strchr(got, '\n') - got) + 1, 4096);
}
END_TEST

START_TEST(logging_leaves_errno_alone)
{
	ck_assert_int_eq(log_open(&conf), 0);
	log_adopt(open("/dev/full", O_WRONLY | O_CLOEXEC));
	errno = EXDEV;
	log_notice("x");
	ck_assert_int_eq(errno, EXDEV);
}
END_TEST

START_TEST(reopening_follows_the_name)
{
	char old[128];

	(void)snprintf(old, sizeof(old), "%s", unit_path("log.1"));
	ck_assert_int_eq(log_open(&conf), 0);
	log_notice("first");
	ck_assert_int_eq(rename(target, old), 0);
	log_notice("second");
	ck_assert_int_eq(log_reopen(), 0);
	log_notice("third");
	matches(unit_read(old), "first\n[^\n]*second\n$");
	matches(unit_read(target), "^[^\n]*third\n$");
}
END_TEST

START_TEST(a_failed_reopen_keeps_the_old_file)
{
	char old[128];

	(void)snprintf(old, sizeof(old), "%s", unit_path("log.1"));
	ck_assert_int_eq(log_open(&conf), 0);
	ck_assert_int_eq(rename(target, old), 0);
	ck_assert_int_eq(mkdir(target, 0700), 0);
	ck_assert_int_eq(log_reopen(), -1);
	ck_assert_int_eq(errno, EISDIR);
	log_notice("still here");
	matches(unit_read(old), "still here\n$");
}
END_TEST

START_TEST(a_symbolic_link_is_not_followed)
{
	ck_assert_int_eq(symlink(unit_path("victim"), target), 0);
	ck_assert_int_eq(log_open(&conf), -1);
	ck_assert_int_eq(errno, ELOOP);
	ck_assert_int_eq(access(unit_path("victim"), F_OK), -1);
}
END_TEST

START_TEST(a_fifo_without_reader_does_not_stop_the_start)
{
	ck_assert_int_eq(mkfifo(target, 0600), 0);
	ck_assert_int_eq(log_open(&conf), -1);
	ck_assert_int_eq(errno, ENXIO);
}
END_TEST

START_TEST(an_adopted_descriptor_takes_the_lines)
{
	int fd = open(unit_path("other"),
	    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	int old;

	ck_assert_int_eq(log_open(&conf), 0);
	old = log_fd();
	log_adopt(fd);
	ck_assert_int_eq(log_fd(), fd);
	ck_assert_int_eq(fcntl(old, F_GETFD), -1);
	log_notice("here");
	matches(unit_read(unit_path("other")), "here\n$");
}
END_TEST

START_TEST(a_full_disk_is_counted)
{
	uint64_t before = log_lost();

	ck_assert_int_eq(log_open(&conf), 0);
	log_adopt(open("/dev/full", O_WRONLY | O_CLOEXEC));
	log_notice("one");
	log_notice("two");
	ck_assert_uint_eq(log_lost(), before + 2);
}
END_TEST

START_TEST(a_full_pipe_loses_whole_lines_and_does_not_wait)
{
	static char got[1 << 17];
	uint64_t before = log_lost();
	int ends[2], i;
	ssize_t n;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(log_open(&conf), 0);
	log_adopt(ends[1]);
	for (i = 0; i < 2000; i++)
		log_notice("line %d of a pipe that nobody reads", i);
	ck_assert_uint_gt(log_lost(), before);
	n = read(ends[0], got, sizeof(got));
	ck_assert_int_gt(n, 0);
	ck_assert_int_eq(got[n - 1], '\n');
	before = log_lost();
	log_notice("there is room again");
	ck_assert_uint_eq(log_lost(), before);
	(void)close(ends[0]);
}
END_TEST

START_TEST(a_pipe_without_reader_is_no_signal)
{
	uint64_t before = log_lost();
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	(void)close(ends[0]);
	ck_assert_int_eq(log_open(&conf), 0);
	log_adopt(ends[1]);
	log_notice("nobody hears");
	ck_assert_uint_eq(log_lost(), before + 1);
}
END_TEST

/* The disk fills up inside a line.  With FD for the log's file, -1 its own. */
static int
tear(int fd)
{
	struct rlimit small = { 20, RLIM_INFINITY };
	struct rlimit large = { RLIM_INFINITY, RLIM_INFINITY };
	uint64_t before = log_lost();

	(void)signal(SIGXFSZ, SIG_IGN);
	if (log_open(&conf) == -1)
		return 1;
	if (fd != -1)
		log_adopt(fd);
	(void)setrlimit(RLIMIT_FSIZE, &small);
	log_notice("torn");
	(void)setrlimit(RLIMIT_FSIZE, &large);
	log_notice("whole");
	return log_lost() == before + 1 ? 0 : 2;
}

START_TEST(a_torn_line_is_taken_back)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(tear(-1));
	ck_assert_int_eq(unit_exit_code(pid), 0);
	matches(unit_read(target), "^\\[[^\n]*NOTICE: whole\n$");
}
END_TEST

START_TEST(a_torn_line_that_stays_is_ended_before_the_next)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(tear(open(target, O_WRONLY | O_CREAT | O_APPEND, 0600)));
	ck_assert_int_eq(unit_exit_code(pid), 0);
	matches(unit_read(target), "^.{20}\n\\[[^\n]*NOTICE: whole\n$");
}
END_TEST

START_TEST(only_what_is_still_the_end_is_taken_back)
{
	static const char piece[] = "a piece of a line";
	size_t n = sizeof(piece) - 1;
	int fd = logfile_open(target);

	ck_assert_int_eq(write(fd, "whole\n", 6), 6);
	ck_assert_int_eq(write(fd, piece, n), (ssize_t)n);
	ck_assert_int_eq(write(fd, "other\n", 6), 6);
	ck_assert(!logfile_take_back(fd, piece + n, n));
	ck_assert_int_eq(write(fd, piece, n), (ssize_t)n);
	ck_assert(!logfile_take_back(fd, piece + n, 1000));
	ck_assert(logfile_take_back(fd, piece + n, n));
	ck_assert_str_eq(unit_read(target), "whole\na piece of a lineother\n");
	(void)close(fd);
}
END_TEST

static int
daemon_socket(const char *path)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)snprintf(sun.sun_path, sizeof(sun.sun_path), "%s", path);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&sun, sizeof(sun)), 0);
	return fd;
}

static const char *
datagram(int fd)
{
	static char got[LOG_LINE_MAX + 1];
	ssize_t n = recv(fd, got, sizeof(got) - 1, MSG_DONTWAIT);

	got[n > 0 ? n : 0] = '\0';
	return got;
}

START_TEST(syslog_gets_datagrams_and_may_be_restarted)
{
	char path[128];
	uint64_t before = log_lost();
	int fd;

	(void)snprintf(path, sizeof(path), "%s", unit_path("devlog"));
	(void)snprintf(target, sizeof(target), "syslog:%s", path);
	ck_assert_int_eq(log_open(&conf), 0); /* not there yet */
	ck_assert_int_eq(log_fd(), -1);
	log_notice("lost");
	ck_assert_uint_eq(log_lost(), before + 1);
	fd = daemon_socket(path);
	log_notice("first");
	matches(datagram(fd),
	    "^<29>[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8} "
	    "cgi-fpm\\[[0-9]+\\]: NOTICE: first$");
	(void)close(fd);
	(void)unlink(path);
	fd = daemon_socket(path);
	log_error("second");
	matches(datagram(fd), "^<27>.* ERROR: second$");
	ck_assert_uint_eq(log_lost(), before + 1);
	(void)close(fd);
}
END_TEST

START_TEST(a_slow_syslog_is_not_waited_for)
{
	char path[128];
	uint64_t before = log_lost();
	int fd, i;

	(void)snprintf(path, sizeof(path), "%s", unit_path("devlog"));
	(void)snprintf(target, sizeof(target), "syslog:%s", path);
	fd = daemon_socket(path);
	ck_assert_int_eq(log_open(&conf), 0);
	for (i = 0; i < 10000; i++)
		log_notice("nobody reads this");
	ck_assert_uint_gt(log_lost(), before);
	(void)close(fd);
}
END_TEST

/* With stderr as a file in a process of its own. */
static int
log_to_stderr(bool is_journal)
{
	int fd =
	    open(unit_path("stderr"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	char stream[64];
	struct stat st;

	if (dup2(fd, 2) == -1 || fstat(2, &st) == -1)
		return 1;
	(void)snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)st.st_dev,
	    (uintmax_t)st.st_ino + (is_journal ? 0 : 1));
	(void)setenv("JOURNAL_STREAM", stream, 1);
	conf.target = "stderr";
	if (log_open(&conf) == -1)
		return 2;
	log_warn("hello");
	return log_fd() == 2 ? 0 : 3;
}

START_TEST(a_stderr_that_is_the_journal_gets_levels_instead_of_times)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(log_to_stderr(_i == 1));
	ck_assert_int_eq(unit_exit_code(pid), 0);
	matches(unit_read(unit_path("stderr")),
	    _i == 1 ? "^<4>WARNING: hello\n$"
		    : "^\\[[^\n]*\\] WARNING: hello\n$");
}
END_TEST

/* With a pipe (0) or socket (1) that nobody reads as a shared stderr. */
static int
fill_stderr(int is_socket)
{
	uint64_t before = log_lost();
	int ends[2], i;

	if (is_socket ? socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)
		      : pipe2(ends, O_CLOEXEC))
		return 1;
	if (dup2(ends[1], 2) == -1)
		return 2;
	conf.target = "stderr";
	if (log_open(&conf) == -1 || log_fd() != 2)
		return 3;
	for (i = 0; i < 20000; i++)
		log_warn("nobody reads");
	if (log_lost() == before)
		return 4;
	return (fcntl(2, F_GETFL) & O_NONBLOCK) == 0 ? 0 : 5;
}

START_TEST(a_shared_stderr_is_not_waited_for_nor_changed)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(fill_stderr(_i));
	ck_assert_int_eq(unit_exit_code(pid), 0);
}
END_TEST

START_TEST(what_was_opened_is_closed_again)
{
	int before = unit_count_fds(), ends[2], i;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	for (i = 0; i < 3; i++) {
		ck_assert_int_eq(log_open(&conf), 0);
		log_adopt(fcntl(ends[1], F_DUPFD_CLOEXEC, 3));
		ck_assert_int_ne(log_held_fd(), log_fd());
		log_adopt(log_fd()); /* no change */
		log_notice("x");
	}
	ck_assert_int_eq(log_open(&conf), 0);
	(void)close(ends[0]);
	(void)close(ends[1]);
	ck_assert_int_eq(unit_count_fds(), before + 1);
}
END_TEST

START_TEST(a_raw_line_is_written_as_it_is)
{
	static const char text[] = "{\"a\\\\b\": \"\x1b[m\"}\0x";

	ck_assert_int_eq(log_open(&conf), 0);
	log_tag("www");
	log_raw(&nobody, text, sizeof(text) - 1);
	log_tag(NULL);
	ck_assert_int_eq(memcmp(unit_read(target), text, sizeof(text) - 1), 0);
	conf.level = LOG_LEVEL_WARNING; /* it is a notice */
	ck_assert_int_eq(log_open(&conf), 0);
	log_raw(&nobody, "more", 4);
	ck_assert_ptr_null(strstr(unit_read(target), "more"));
}
END_TEST

START_TEST(a_raw_line_is_cut_like_any_other)
{
	static char text[2 * LOG_LINE_MAX];

	memset(text, 'x', sizeof(text));
	ck_assert_int_eq(log_open(&conf), 0);
	log_raw(&nobody, text, sizeof(text));
	log_raw(&nobody, "next", 4);
	matches(unit_read(target), "xxx\nnext\n$");
	ck_assert_uint_le(strlen(unit_read(target)), LOG_LINE_MAX + 5);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("log");
	TCase *tc = tcase_create("target");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_line_is_written_as_its_target_reads_it, 0,
	    sizeof(lines) / sizeof(lines[0]));
	tcase_add_test(tc, a_file_gets_php_fpms_lines);
	tcase_add_test(tc, a_log_file_is_not_for_everybody);
	tcase_add_test(tc, less_urgent_lines_are_dropped);
	tcase_add_test(tc, foreign_bytes_cannot_forge_a_line);
	tcase_add_test(tc, a_long_line_is_cut_and_whole);
	tcase_add_test(tc, logging_leaves_errno_alone);
	tcase_add_test(tc, a_raw_line_is_written_as_it_is);
	tcase_add_test(tc, a_raw_line_is_cut_like_any_other);
	tcase_add_test(tc, reopening_follows_the_name);
	tcase_add_test(tc, a_failed_reopen_keeps_the_old_file);
	tcase_add_test(tc, a_symbolic_link_is_not_followed);
	tcase_add_test(tc, a_fifo_without_reader_does_not_stop_the_start);
	tcase_add_test(tc, an_adopted_descriptor_takes_the_lines);
	tcase_add_test(tc, a_full_disk_is_counted);
	tcase_add_test(tc, a_full_pipe_loses_whole_lines_and_does_not_wait);
	tcase_add_test(tc, a_pipe_without_reader_is_no_signal);
	tcase_add_test(tc, a_torn_line_is_taken_back);
	tcase_add_test(tc, a_torn_line_that_stays_is_ended_before_the_next);
	tcase_add_test(tc, only_what_is_still_the_end_is_taken_back);
	tcase_add_test(tc, syslog_gets_datagrams_and_may_be_restarted);
	tcase_add_test(tc, a_slow_syslog_is_not_waited_for);
	tcase_add_loop_test(tc,
	    a_stderr_that_is_the_journal_gets_levels_instead_of_times, 0, 2);
	tcase_add_loop_test(
	    tc, a_shared_stderr_is_not_waited_for_nor_changed, 0, 2);
	tcase_add_test(tc, what_was_opened_is_closed_again);
	return unit_run(s);
}
