#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/sock.h"
#include "conf_unit.h"
#include "unit.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define POOL(name, more)                    \
	"pool \"" name "\" {\n"             \
	"    listen = /run/" name ".sock\n" \
	"    command = /bin/cat\n" more "}\n"

START_TEST(a_file_has_globals_and_pools)
{
	must_load_text("# a comment\n"
		       "error_log = \"/var/log/x.log\" // another\n"
		       "process_control_timeout = 3s\n"
		       "/* and\n one more */\n" POOL("a",
			   "pm = static\npm.max_children = 3\n"
			   "rlimit_files = 64\nclear_env = no\n") POOL("b",
			   "access.log = /var/log/b.log\n"
			   "client_abort = finish\n"));
	ck_assert_str_eq(loaded()->log.target, "/var/log/x.log");
	ck_assert_int_eq(loaded()->master.control_timeout_ms, 3000);
	ck_assert_uint_eq(loaded()->master.npools, 2);
	ck_assert_str_eq(loaded()->master.pools[0].name, "a");
	ck_assert_int_eq(loaded()->master.pools[0].pm, POOL_STATIC);
	ck_assert_int_eq(loaded()->master.pools[0].max_children, 3);
	ck_assert(!worker(0)->scaling);
	ck_assert(!worker(0)->clear_env);
	ck_assert_uint_eq(worker(0)->nrlimits, 1);
	ck_assert_int_eq(worker(0)->rlimits[0].resource, RLIMIT_NOFILE);
	ck_assert_uint_eq(worker(0)->rlimits[0].value, 64);
	ck_assert_int_eq(worker(0)->control_timeout_ms, 3000);
	ck_assert_str_eq(
	    loaded()->master.pools[1].logs[PLACE_LOG_ACCESS], "/var/log/b.log");
	ck_assert_str_eq(worker(1)->access_format, "%R - %u %t \"%m %r\" %s");
	ck_assert(worker(1)->abort_finish);
}
END_TEST

START_TEST(sections_of_variables_are_taken_whole)
{
	must_load_text(POOL("a",
	    "env {\n  ONE = 1\n  TWO = \"a b\"\n"
	    "  ONE = 'x'\n}\n"));
	ck_assert_str_eq(worker(0)->env[0], "ONE=x");
	ck_assert_str_eq(worker(0)->env[1], "TWO=a b");
	ck_assert_ptr_null(worker(0)->env[2]);
}
END_TEST

START_TEST(listen_may_be_repeated_and_be_a_list)
{
	must_load_text("pool a { command = /bin/cat\n listen = /run/1\n"
		       "listen = { /run/2, /run/3 }\nlisten += /run/4 }");
	ck_assert_uint_eq(loaded()->master.pools[0].nlisten, 4);
	ck_assert_str_eq(
	    loaded()->master.pools[0].listen[0].addr.name, "/run/1");
	ck_assert_str_eq(
	    loaded()->master.pools[0].listen[3].addr.name, "/run/4");
}
END_TEST

static const struct {
	const char *text, *says;
} bad_files[] = {
	{ "", "/test.conf: no pool: add a section" },
	{ "error_log = syslog\n", "no pool" },
	{ POOL("git", "cgi.env_drop = {\"A*\", SECRET*}\n"),
	    "'*}': a value with a * in it needs quotes" },
	{ "/* stars * */ # here *\n// and * there\nerror_log = '*'\n",
	    "error_log: '*' is not an absolute path" },
	{ POOL("git", "pm.max_children = many\n"),
	    "/test.conf: pool 'git': pm.max_children: 'many' is not a number "
	    "from 1 to 10000" },
	{ POOL("a", "pm.max_childen = 3\n"),
	    "pool 'a': no directive 'pm.max_childen'; did you mean "
	    "'pm.max_children'?" },
	{ "eror_log = syslog\n" POOL("a", ""),
	    "/test.conf: no directive 'eror_log'; did you mean 'error_log'?" },
	{ "pm.max_children = 3\n" POOL("a", ""),
	    "'pm.max_children'; it belongs into a section: pool" },
	{ POOL("a", "error_log = syslog\n"),
	    "'error_log'; it belongs outside of the pool's section" },
	{ POOL("a", "") POOL("a", ""), "pool 'a' is defined twice" },
	{ POOL("a", "") "pool b { listen = /run/a.sock command = /bin/cat }",
	    "pool 'b': listen: '/run/a.sock' is already an address of pool "
	    "'a'" },
	{ "pool \"a b\" { listen = /run/a command = /bin/cat }",
	    "a pool's name is 1 to 63 letters" },
	{ "pool a { command = /bin/cat }", "pool 'a': no listener: add" },
	{ "pool a { listen = /run/a }", "neither command nor cgi.root" },
	{ "pool a { listen = /run/a command = {} }", "neither command" },
	{ "pool a { listen = /run/a cgi.root = /etc/passwd }",
	    "cgi.root: '/etc/passwd' is not a directory" },
	{ POOL("a", "env { A-B = 1 }\n"), "env: 'A-B' is not" },
	{ POOL("a", "env { A = {1, 2} }\n"), "unexpected" },
	{ POOL("a", "pm = { static, dynamic }\n"), "unexpected" },
	{ POOL("a", "pm static\n"), "missing equal sign" },
	{ POOL("a", "pm = \"static\n"), "" },
	{ POOL("a", "pm = 'static\n"), "unterminated" },
	{ POOL("a", "") "/* never closed", "never closed" },
	{ "pool a {", "never closed" },
	{ "}", "unexpected closing brace" },
	{ "pool { }", "missing title" },
	{ "include()\n", "include: no file named" },
	{ "include(\"test.conf\")\n", "include: more than 10 files deep" },
};

START_TEST(a_bad_file_is_refused_and_says_why)
{
	ck_assert_msg(
	    load_text(bad_files[_i].text) == -1, "%s", bad_files[_i].text);
	ck_assert_int_eq(failure()->code, EX_CONFIG);
	assert_says(bad_files[_i].says);
	assert_says(unit_path(""));
	ck_assert_ptr_null(loaded()->data);
}
END_TEST

START_TEST(a_bad_file_does_not_spoil_the_next)
{
	ck_assert_int_eq(load_text(bad_files[_i].text), -1);
	must_load_text(POOL("good",
	    "pm.max_children = 4\n"
	    "env { A = \"1\" }\n"));
	ck_assert_int_eq(loaded()->master.pools[0].max_children, 4);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_told_apart)
{
	struct conf_source src = { .file = unit_path("none"), .stdin_fd = -1 };

	ck_assert_int_eq(load(&src), -1);
	ck_assert_int_eq(failure()->code, EX_NOINPUT);
	assert_says("/none: No such file");
	src.file = unit_path("");
	ck_assert_int_eq(load(&src), -1);
	ck_assert_int_eq(failure()->code, EX_NOINPUT);
	assert_says("Is a directory");
}
END_TEST

START_TEST(a_file_with_a_nul_is_no_text)
{
	struct conf_source src = { .file = unit_path("nul"), .stdin_fd = -1 };
	FILE *f = fopen(src.file, "w");

	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(fwrite("pool\0x", 1, 6, f), 6);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(load(&src), -1);
	ck_assert_int_eq(failure()->code, EX_CONFIG);
	assert_says("NUL");
}
END_TEST

START_TEST(includes_are_relative_and_sorted)
{
	ck_assert_int_eq(mkdir(unit_path("d"), 0700), 0);
	unit_write(unit_path("d/2.conf"), POOL("two", ""));
	unit_write(
	    unit_path("d/1.conf"), "include(more/3.inc)\n" POOL("one", ""));
	ck_assert_int_eq(mkdir(unit_path("d/more"), 0700), 0);
	unit_write(
	    unit_path("d/more/3.inc"), "log_level = debug\n" POOL("three", ""));
	must_load_text("log_level = error\n"
		       "include(\"d/*.conf\")\ninclude(\"none/*.conf\")\n"
		       "syslog.ident = after\n" POOL("last", ""));
	ck_assert_uint_eq(loaded()->master.npools, 4);
	ck_assert_str_eq(loaded()->master.pools[0].name, "three");
	ck_assert_str_eq(loaded()->master.pools[1].name, "one");
	ck_assert_str_eq(loaded()->master.pools[2].name, "two");
	ck_assert_str_eq(loaded()->master.pools[3].name, "last");
	ck_assert_int_eq(loaded()->log.level, LOG_LEVEL_DEBUG);
	ck_assert_str_eq(loaded()->log.ident, "after");
}
END_TEST

START_TEST(an_error_in_an_included_file_names_that_file)
{
	unit_write(unit_path("x.inc"), POOL("a", "pm = none\n"));
	ck_assert_int_eq(load_text("include(x.inc)\n"), -1);
	assert_says("/x.inc: pool 'a': pm: 'none'");
	ck_assert_int_eq(load_text("include(gone.inc)\n"), -1);
	ck_assert_int_eq(failure()->code, EX_NOINPUT);
	assert_says("/test.conf: include: ");
	assert_says("gone.inc': No such file");
}
END_TEST

START_TEST(one_name_in_two_files_is_refused)
{
	unit_write(unit_path("x.inc"), POOL("a", ""));
	ck_assert_int_eq(load_text(POOL("a", "") "include(x.inc)\n"), -1);
	assert_says("/x.inc: pool 'a': this pool is already defined");
	assert_says("/test.conf");
}
END_TEST

START_TEST(lines_override_the_file_in_every_pool)
{
	const char *set[] = { "pm=static", "log_level=debug", "env.A=2",
		"env.B=3" };
	struct conf_source src = { .file = unit_path("t.conf"),
		.set = set,
		.nset = 4,
		.foreground = true,
		.stdin_fd = -1 };
	size_t i;

	unit_write(src.file,
	    "log_level = error\n" POOL("a", "env { A = 1 }\n")
		POOL("b", "pm = ondemand\n"));
	ck_assert_int_eq(load(&src), 0);
	ck_assert_int_eq(loaded()->log.level, LOG_LEVEL_DEBUG);
	ck_assert_str_eq(loaded()->log.target, "stderr");
	ck_assert(!loaded()->daemonize);
	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(loaded()->master.pools[i].pm, POOL_STATIC);
		ck_assert_str_eq(worker(i)->env[0], "A=2");
		ck_assert_str_eq(worker(i)->env[1], "B=3");
	}
}
END_TEST

START_TEST(a_failed_load_leaves_the_settings_alone)
{
	struct conf_source src = { .file = unit_path("bad"), .stdin_fd = -1 };
	struct conf before;

	must_load_text(POOL("a", ""));
	before = *loaded();
	unit_write(src.file, POOL("a", "pm = none\n"));
	ck_assert_int_eq(conf_load(&src, NULL, loaded(), failure()), -1);
	ck_assert_mem_eq(&before, loaded(), sizeof(before));
}
END_TEST

/* Two inherited listeners; NAMES as in LISTEN_FDNAMES. */
static int
load_inherited(const char *text, char *const *names, int *fds)
{
	struct conf_source src = { .file = unit_path("t.conf"),
		.inherited = fds,
		.inherited_names = names,
		.ninherited = 2,
		.stdin_fd = -1 };
	struct sock_perm perm = { 0600, (uid_t)-1, (gid_t)-1, NULL };
	struct sock_error why;
	struct sock_addr addr;
	int i, rc;

	for (i = 0; i < 2; i++) {
		ck_assert_int_eq(
		    sock_parse(unit_path(i == 0 ? "s0" : "s1"), &addr, &why),
		    0);
		fds[i] = sock_listen(&addr, 5, &perm, &why);
		ck_assert_int_ne(fds[i], -1);
	}
	unit_write(src.file, text);
	rc = load(&src);
	for (i = 0; i < 2; i++)
		(void)close(fds[i]);
	return rc;
}

START_TEST(inherited_listeners_go_to_the_pool_of_their_name)
{
	static char b[] = "b", a[] = "a", x[] = "x";
	char *const names[] = { b, a }, *const wrong[] = { x, a };
	int fds[2];

	ck_assert_int_eq(load_inherited("pool a { command = /bin/cat }\n"
					"pool b { command = /bin/cat }\n",
			     names, fds),
	    0);
	ck_assert_uint_eq(loaded()->master.pools[0].nlisten, 1);
	ck_assert_int_eq(loaded()->master.pools[0].listen[0].fd, fds[1]);
	ck_assert_int_eq(loaded()->master.pools[1].listen[0].fd, fds[0]);
	ck_assert_int_eq(load_inherited("pool a { command = /bin/cat }\n"
					"pool b { command = /bin/cat }\n",
			     wrong, fds),
	    -1);
	assert_says("LISTEN_FDS: no pool has the name 'x' or listens on");
}
END_TEST

START_TEST(inherited_listeners_replace_the_address_they_have)
{
	char text[512];
	int fds[2];

	(void)snprintf(text, sizeof(text),
	    "pool a { command = /bin/cat listen = { %s, /run/other } }\n"
	    "pool b { command = /bin/cat listen = %s }\n",
	    unit_path("s1"), unit_path("s0"));
	ck_assert_int_eq(load_inherited(text, NULL, fds), 0);
	ck_assert_uint_eq(loaded()->master.pools[0].nlisten, 2);
	ck_assert_int_eq(loaded()->master.pools[0].listen[0].fd, fds[1]);
	ck_assert_int_eq(loaded()->master.pools[0].listen[1].fd, -1);
	ck_assert_int_eq(loaded()->master.pools[1].listen[0].fd, fds[0]);
}
END_TEST

START_TEST(a_single_pool_takes_them_all)
{
	int fds[2];

	ck_assert_int_eq(
	    load_inherited("pool a { command = /bin/cat }\n", NULL, fds), 0);
	ck_assert_uint_eq(loaded()->master.pools[0].nlisten, 2);
}
END_TEST

static Suite *
conf_file_suite(void)
{
	Suite *s = suite_create("conf_file");
	TCase *t = tcase_create("files");

	tcase_add_checked_fixture(t, conf_unit_setup, conf_unit_teardown);
	tcase_add_test(t, a_file_has_globals_and_pools);
	tcase_add_test(t, sections_of_variables_are_taken_whole);
	tcase_add_test(t, listen_may_be_repeated_and_be_a_list);
	tcase_add_loop_test(
	    t, a_bad_file_is_refused_and_says_why, 0, COUNT(bad_files));
	tcase_add_loop_test(
	    t, a_bad_file_does_not_spoil_the_next, 0, COUNT(bad_files));
	tcase_add_test(t, a_file_that_cannot_be_read_is_told_apart);
	tcase_add_test(t, a_file_with_a_nul_is_no_text);
	tcase_add_test(t, includes_are_relative_and_sorted);
	tcase_add_test(t, an_error_in_an_included_file_names_that_file);
	tcase_add_test(t, one_name_in_two_files_is_refused);
	tcase_add_test(t, lines_override_the_file_in_every_pool);
	tcase_add_test(t, a_failed_load_leaves_the_settings_alone);
	suite_add_tcase(s, t);
	t = tcase_create("inherited");
	tcase_add_checked_fixture(t, conf_unit_setup, conf_unit_teardown);
	tcase_add_test(t, inherited_listeners_go_to_the_pool_of_their_name);
	tcase_add_test(t, inherited_listeners_replace_the_address_they_have);
	tcase_add_test(t, a_single_pool_takes_them_all);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return unit_run(conf_file_suite());
}
