#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/sock.h"
#include "conf_unit.h"
#include "unit.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))

/* --- defaults ------------------------------------------------------------ */

START_TEST(a_program_and_a_listener_are_enough)
{
	const struct pool_conf *pool;
	const struct worker_conf *w;

	ck_assert_int_eq(load_lines(NULL, 0), 0);
	ck_assert_uint_eq(loaded()->master.npools, 1);
	pool = &loaded()->master.pools[0];
	w = pool->run_arg;
	ck_assert_str_eq(pool->name, "cat");
	ck_assert_str_eq(w->pool, "cat");
	ck_assert(pool->run != NULL);
	ck_assert_uint_eq(pool->nlisten, 1);
	ck_assert_str_eq(pool->listen[0].addr.name, "/run/check.sock");
	ck_assert_int_eq(pool->listen[0].fd, -1);
	ck_assert_int_eq(pool->listen[0].backlog, 511);
	ck_assert_uint_eq(pool->listen[0].perm.mode, 0660);
	ck_assert(pool->listen[0].perm.uid == (uid_t)-1);
	ck_assert_str_eq(w->command[0], "/bin/cat");
	ck_assert_ptr_null(w->command[1]);
	ck_assert_ptr_null(w->cgi_root);
	ck_assert_ptr_null(pool->logs[PLACE_LOG_ACCESS]);
	ck_assert(!w->privs.change_ids);
	ck_assert(loaded()->daemonize);
	ck_assert_str_eq(loaded()->log.target, "syslog");
}
END_TEST

START_TEST(defaults_are_those_of_the_manual)
{
	const struct pool_conf *pool;
	const struct worker_conf *w;

	ck_assert_int_eq(load_lines(NULL, 0), 0);
	pool = &loaded()->master.pools[0];
	w = pool->run_arg;
	ck_assert_int_eq(pool->pm, POOL_DYNAMIC);
	ck_assert_int_ge(pool->max_children, 8);
	ck_assert_uint_eq(w->max_children, (unsigned)pool->max_children);
	ck_assert_int_eq(pool->start_servers, 2);
	ck_assert_int_eq(pool->min_spare_servers, 1);
	ck_assert_int_eq(pool->max_spare_servers, 3);
	ck_assert_int_eq(pool->idle_timeout_ms, 10000);
	ck_assert_int_eq(pool->restart_delay_ms, 100);
	ck_assert_int_eq(pool->restart_delay_max_ms, 60000);
	ck_assert_int_eq(pool->settled_ms, 1000);
	ck_assert(pool->keepalive && w->keepalive);
	ck_assert_int_eq(pool->keepalive_timeout_ms, 75000);
	ck_assert_uint_eq(pool->keepalive_max, 1024);
	ck_assert_uint_eq(w->keepalive_max, 1024);
	ck_assert_uint_eq(w->max_reqs, 8);
	ck_assert_uint_eq(w->max_requests, 0);
	ck_assert_int_eq(w->head_timeout_ms, 10000);
	ck_assert_int_eq(pool->head_timeout_ms, 10000);
	ck_assert_int_eq(w->body_timeout_ms, 30000);
	ck_assert_int_eq(w->write_timeout_ms, 30000);
	ck_assert_int_eq(w->first_byte_timeout_ms, 60000);
	ck_assert_int_eq(w->idle_timeout_ms, 60000);
	ck_assert_int_eq(w->terminate_timeout_ms, 0);
	ck_assert_int_eq(w->kill_timeout_ms, 5000);
	ck_assert_int_eq(w->linger_ms, 1000);
	ck_assert_int_eq(w->control_timeout_ms, 10000);
	ck_assert_int_eq(loaded()->master.control_timeout_ms, 10000);
	ck_assert_uint_eq(w->params_max, 1 << 20);
	ck_assert_uint_eq(w->body_max, 0);
	ck_assert_str_eq(w->temp_dir, "/tmp");
	ck_assert_int_eq(w->stderr_to, WORKER_STDERR_FASTCGI);
	ck_assert(w->clear_env && w->cut_on_crash && w->scaling);
	ck_assert(!w->env_strict && !w->abort_finish);
	ck_assert_uint_eq(w->privs.umask, 022);
	ck_assert_uint_eq(w->nrlimits, 0);
}
END_TEST

START_TEST(one_number_alone_moves_the_others)
{
	ck_assert_int_eq(load_line("pm.max_children=1"), 0);
	ck_assert_int_eq(loaded()->master.pools[0].max_spare_servers, 1);
	ck_assert_int_eq(loaded()->master.pools[0].start_servers, 1);
	ck_assert_int_eq(load_line("pm.start_servers=5"), 0);
	ck_assert_int_eq(loaded()->master.pools[0].max_spare_servers, 5);
	ck_assert_int_eq(loaded()->master.pools[0].min_spare_servers, 1);
	ck_assert_int_eq(load_line("pm.min_spare_servers=5"), 0);
	ck_assert_int_eq(loaded()->master.pools[0].max_spare_servers, 5);
	ck_assert_int_eq(loaded()->master.pools[0].start_servers, 5);
}
END_TEST

/* --- single lines -------------------------------------------------------- */

static const struct {
	const char *line;
	int code;
	const char *says;
} bad_lines[] = {
	{ "pm.max_children=many", 78,
	    "command line: pm.max_children: 'many' is not a number from 1 to "
	    "10000" },
	{ "pm.max_children=0", 78, "not a number from 1 to 10000" },
	{ "pm.max_children=10001", 78, "not a number from 1 to 10000" },
	{ "pm.max_children=-1", 78, "not a number from 1 to 10000" },
	{ "pm.max_children=8x", 78, "'8x' is not a number" },
	{ "pm.max_children=", 78, "'' is not a number" },
	{ "pm.max_children={1, 2}", 78, "pm.max_children: unexpected" },
	{ "pm.max_childrn=8", 78,
	    "no directive 'pm.max_childrn'; did you mean 'pm.max_children'?" },
	{ "xyzzy=1", 78, "no directive 'xyzzy'" },
	{ "xyzzy", 78, "'xyzzy' is not NAME=VALUE" },
	{ "=1", 78, "no directive ''" },
	{ "pm=sometimes", 78,
	    "pm: 'sometimes' is not supported; it can be: static, dynamic, "
	    "ondemand" },
	{ "mode=scgi", 78,
	    "mode: 'scgi' is not supported; it can be: cgi, fastcgi" },
	{ "request_head_timeout=soon", 78,
	    "'soon' is not a duration from 0 to 24d" },
	{ "request_head_timeout=25d", 78, "'25d' is not a duration" },
	{ "request_kill_timeout=0", 78,
	    "'0' is not a duration from 1ms to 24d" },
	{ "request_params_max=1", 78, "'1' is not a size from 4K to 64M" },
	{ "request_body_max=lots", 78, "'lots' is not a size from 0 up" },
	{ "keepalive=perhaps", 78, "'perhaps' is not yes or no" },
	{ "listen.mode=0888", 78, "'0888' is not an octal mode" },
	{ "listen.mode=01777", 78, "is not an octal mode from 0 to 777" },
	{ "fastcgi.max_reqs=65", 78, "not a number from 1 to 64" },
	{ "process.priority=20", 78, "not a number from -20 to 19" },
	{ "rlimit_files=all", 78, "'all' is not a number" },
	{ "rlimit_as=1", 78, "'1' is not a size" },
	{ "chdir=here", 78, "chdir: 'here' is not an absolute path" },
	{ "chdir=/nowhere", 78, "chdir: '/nowhere': No such file" },
	{ "request_body_temp_dir=/bin/cat", 78,
	    "'/bin/cat' is not a directory" },
	{ "access.log=access.log", 78, "is not an absolute path" },
	{ "error_log=log", 78, "'log' is not an absolute path" },
	{ "log_level=loud", 78, "it can be: alert, error" },
	{ "user=", 78, "user: must not be empty" },
	{ "user=no-such-user", 78, "no-such-user" },
	{ "group=no-such-group", 78, "no-such-group" },
	{ "listen.owner=no-such-user", 78,
	    "listen.owner: unknown user 'no-such-user'" },
	{ "listen.group=no-such-group", 78,
	    "listen.group: unknown group 'no-such-group'" },
	{ "listen=/run/check.sock", 78, "already an address of pool 'cat'" },
	{ "listen=tcp:127.0.0.1:bad", 78, "listen: " },
	{ "listen=unix:x.sock", 78, "'unix:x.sock' is not an absolute path" },
	{ "listen=x.sock", 78, "listen: 'x.sock'" },
	{ "listen={}", 78, "" },
	{ "command={/bin/nothing-here}", 78,
	    "command: '/bin/nothing-here': No such file" },
	{ "command=/etc/passwd", 78, "command: '/etc/passwd' is not exec" },
	{ "command=/etc", 78, "command: '/etc' is not a regular file" },
	{ "command=cat", 78, "command: 'cat' is not an absolute path" },
	{ "command={/bin/cat /x}", 78, "command: unexpected" },
	{ "command={\"/bin/cat", 78, "command: premature end" },
	{ "cgi.root=/srv", 78, "command and cgi.root exclude each other" },
	{ "cgi.argv=x", 78, "cgi.argv is for cgi.root" },
	{ "cgi.env_drop={A, B-C}", 78,
	    "cgi.env_drop: 'B-C' is not a variable's name" },
	{ "cgi.env_keep=*A", 78, "cgi.env_keep: '*A' is not" },
	{ "cgi.env_keep=A**", 78, "cgi.env_keep: 'A**' is not" },
	{ "access.format=%R %!", 78, "access.format: " },
	{ "env.9=x", 78, "env: '9' is not a variable's name" },
	{ "env.A-B=x", 78, "env: 'A-B' is not a variable's name" },
	{ "env=x", 78, "env: is a section" },
	{ "env={A = b}", 78, "env: is a section: env.NAME=VALUE" },
	{ "pm.min_spare_servers=9000", 78, "above pm.max_" },
	{ "pm.max_spare_servers=10000", 78,
	    "pm.max_spare_servers (10000) is above pm.max_children" },
	{ "pm.start_servers=10000", 78, "pm.start_servers (10000) is not" },
	{ "pm.restart_delay=2m", 78, "above pm.restart_delay_max" },
	{ "chroot=/nowhere", 78, "chroot: '/nowhere': No such file" },
	{ "\"x\" } pool \"evil\" {=1", 78, "no directive" },
};

START_TEST(a_bad_line_is_refused_and_named)
{
	int rc = load_line(bad_lines[_i].line);

	if (strcmp(bad_lines[_i].line, "listen={}") == 0) {
		ck_assert_int_eq(rc, 0); /* adds none to the one there is */
		return;
	}
	ck_assert_msg(rc == -1, "%s", bad_lines[_i].line);
	ck_assert_int_eq(failure()->code, bad_lines[_i].code);
	assert_says(bad_lines[_i].says);
	ck_assert_ptr_null(loaded()->data);
}
END_TEST

/* Each is read, and printed in the second form. */
static const struct {
	const char *line, *printed;
} good_lines[] = {
	{ "pm.max_children=20", "pm.max_children = 20\n" },
	{ " pm.max_children = 20 ", "pm.max_children = 20\n" },
	{ "pm.max_children=\"20\"", "pm.max_children = 20\n" },
	{ "pm.max_children='20'", "pm.max_children = 20\n" },
	{ "pm=ondemand", "pm = ondemand\n" },
	{ "request_idle_timeout=1500ms", "request_idle_timeout = 1500ms\n" },
	{ "request_idle_timeout=90", "request_idle_timeout = 90s\n" },
	{ "request_idle_timeout=2h", "request_idle_timeout = 2h\n" },
	{ "request_body_max=64m", "request_body_max = 64M\n" },
	{ "request_body_max=1000", "request_body_max = 1000\n" },
	{ "listen.mode=0600", "listen.mode = 0600\n" },
	{ "umask=77", "umask = 0077\n" },
	{ "keepalive=off", "keepalive = no\n" },
	{ "process.priority=-5", "process.priority = -5\n" },
	{ "rlimit_core=unlimited", "rlimit_core = unlimited\n" },
	{ "rlimit_as=2G", "rlimit_as = 2G\n" },
	{ "rlimit_nproc=40", "rlimit_nproc = 40\n" },
	{ "command={/bin/echo, \"a b\", 'c\\'d'}",
	    "command = {'/bin/echo', 'a b', 'c\\'d'}\n" },
	{ "command=/bin/echo", "command = {'/bin/echo'}\n" },
	{ "access.format=%R \"%m %r\" \\ ${NONE:-x}",
	    "access.format = '%R \"%m %r\" \\\\ x'\n" },
	{ "env.GREETING=hello, world # {1}",
	    "GREETING = 'hello, world # {1}'\n" },
	{ "env.EMPTY=", "EMPTY = ''\n" },
	{ "env.EQUALS=a=b", "EQUALS = 'a=b'\n" },
	{ "cgi.env_drop={HTTP_X, \"FOO*\"}",
	    "cgi.env_drop = {'HTTP_X', 'FOO*'}\n" },
	{ "listen.acl_users=root", "listen.acl_users = {'root'}\n" },
	{ "listen.acl_groups=daemon, bin",
	    "listen.acl_groups = {'daemon', 'bin'}\n" },
	{ "error_log=stderr", "error_log = 'stderr'\n" },
	{ "daemonize=no", "error_log = 'stderr'\n" },
	{ "syslog.facility=local3", "syslog.facility = local3\n" },
	{ "pid=/run/x.pid", "pid = '/run/x.pid'\n" },
};

START_TEST(a_good_line_is_taken)
{
	char *text;

	if (load_line(good_lines[_i].line) == -1)
		ck_abort_msg("%s", failure()->text);
	text = printed();
	if (strstr(text, good_lines[_i].printed) == NULL)
		ck_abort_msg("no '%s' in:\n%s", good_lines[_i].printed, text);
	free(text);
}
END_TEST

START_TEST(what_was_printed_reads_back_the_same)
{
	char *first, *second;

	if (load_line(good_lines[_i].line) == -1)
		ck_abort_msg("%s", failure()->text);
	first = printed();
	if (load_text(first) == -1)
		ck_abort_msg("%s", failure()->text);
	second = printed();
	ck_assert_str_eq(first, second);
	free(first);
	free(second);
}
END_TEST

START_TEST(listeners_of_the_line_add_up)
{
	const char *lines[] = { "listen=/run/b.sock",
		"listen={tcp:127.0.0.1:9000, tcp6:[::1]:9000}" };

	ck_assert_int_eq(load_lines(lines, 2), 0);
	ck_assert_uint_eq(loaded()->master.pools[0].nlisten, 4);
	ck_assert_str_eq(
	    loaded()->master.pools[0].listen[2].addr.name, "127.0.0.1:9000");
	ck_assert_str_eq(
	    loaded()->master.pools[0].listen[3].addr.name, "[::1]:9000");
}
END_TEST

START_TEST(a_root_names_the_pool_and_needs_no_program)
{
	const char *set[] = { "cgi.root=/usr/bin", "listen=/run/r.sock",
		"cgi.argv={-T}" };
	struct conf_source src = { .set = set, .nset = 3, .stdin_fd = -1 };

	ck_assert_int_eq(load(&src), 0);
	ck_assert_str_eq(loaded()->master.pools[0].name, "bin");
	ck_assert_str_eq(worker(0)->cgi_root, "/usr/bin");
	ck_assert_str_eq(worker(0)->cgi_argv[0], "-T");
	src.pool_name = "other";
	ck_assert_int_eq(load(&src), 0);
	ck_assert_str_eq(loaded()->master.pools[0].name, "other");
	src.pool_name = "not/good";
	ck_assert_int_eq(load(&src), -1);
	assert_says("a pool's name is");
}
END_TEST

START_TEST(without_any_listener_it_says_what_to_give)
{
	const char *set[] = { "cgi.root=/usr/bin" };
	struct conf_source src = { .set = set, .nset = 1, .stdin_fd = -1 };
	int fd = open("/dev/null", O_RDONLY);

	ck_assert_int_eq(load(&src), -1);
	ck_assert_int_eq(failure()->code, EX_CONFIG);
	assert_says("give -s PATH or -p PORT");
	src.stdin_fd = fd;
	ck_assert_int_eq(load(&src), -1);
	assert_says("give -s PATH or -p PORT");
	(void)close(fd);
}
END_TEST

START_TEST(descriptor_0_is_taken_when_it_listens)
{
	const char *set[] = { "cgi.root=/usr/bin", "listen=/run/x.sock" };
	struct conf_source src = { .set = set, .nset = 1 };
	struct sock_perm perm = { 0600, (uid_t)-1, (gid_t)-1, NULL };
	struct sock_error why;
	struct sock_addr addr;

	ck_assert_int_eq(sock_parse(unit_path("s"), &addr, &why), 0);
	src.stdin_fd = sock_listen(&addr, 5, &perm, &why);
	ck_assert_int_ne(src.stdin_fd, -1);
	ck_assert_int_eq(load(&src), 0);
	ck_assert_uint_eq(loaded()->master.pools[0].nlisten, 1);
	ck_assert_int_eq(loaded()->master.pools[0].listen[0].fd, src.stdin_fd);
	src.nset = 2; /* not asked for: left alone */
	ck_assert_int_eq(load(&src), 0);
	ck_assert_uint_eq(loaded()->master.pools[0].nlisten, 1);
	ck_assert_int_eq(loaded()->master.pools[0].listen[0].fd, -1);
	(void)close(src.stdin_fd);
}
END_TEST

static Suite *
conf_suite(void)
{
	Suite *s = suite_create("conf");
	TCase *t = tcase_create("lines");

	tcase_add_checked_fixture(t, conf_unit_setup, conf_unit_teardown);
	tcase_add_test(t, a_program_and_a_listener_are_enough);
	tcase_add_test(t, defaults_are_those_of_the_manual);
	tcase_add_test(t, one_number_alone_moves_the_others);
	tcase_add_loop_test(
	    t, a_bad_line_is_refused_and_named, 0, COUNT(bad_lines));
	tcase_add_loop_test(t, a_good_line_is_taken, 0, COUNT(good_lines));
	tcase_add_loop_test(
	    t, what_was_printed_reads_back_the_same, 0, COUNT(good_lines));
	tcase_add_test(t, listeners_of_the_line_add_up);
	tcase_add_test(t, a_root_names_the_pool_and_needs_no_program);
	tcase_add_test(t, without_any_listener_it_says_what_to_give);
	tcase_add_test(t, descriptor_0_is_taken_when_it_listens);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return unit_run(conf_suite());
}
