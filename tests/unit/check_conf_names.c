/* What the files of php-fpm's users have, in libconfuse's syntax. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf_unit.h"
#include "unit.h"

/* A pool with the line LINE, listening on a socket of its own. */
static int
load_with(const char *line)
{
	char text[1024];

	(void)snprintf(text, sizeof(text),
	    "pool www {\nlisten = /run/check.sock\ncommand = /bin/cat\n%s\n}\n",
	    line);
	return load_text(text);
}

static const struct pool_conf *
pool(void)
{
	return &loaded()->master.pools[0];
}

/* --- names that are none here -------------------------------------------- */

static const struct {
	const char *line, *says;
} foreign[] = {
	{ "\"php_admin_value[memory_limit]\" = 32M",
	    "no directive 'php_admin_value[memory_limit]'; it is PHP's own: "
	    "give it to php-cgi with -d in command" },
	{ "php_admin_value[memory_limit] = 32M", "it is PHP's own" },
	{ "php_flag[display_errors] = off", "it is PHP's own" },
	{ "php_value[x] = y", "it is PHP's own" },
	{ "php_admin_flag[log_errors] = on", "it is PHP's own" },
	{ "listen.setfib = 1", "leave it out" },
	{ "apparmor_hat = x", "AppArmorProfile=" },
	{ "env[HOSTNAME] = $HOSTNAME", "env { NAME = \"value\" }" },
	{ "access.suppress_path[] = /ping", "it is a list: " },
	{ "[www]\nuser = x", "pool \"NAME\" { ... }" },
};

START_TEST(a_name_of_php_is_refused_with_what_to_do)
{
	ck_assert_int_eq(load_with(foreign[_i].line), -1);
	ck_assert_int_eq(failure()->code, 78);
	assert_says(foreign[_i].says);
}
END_TEST

START_TEST(so_is_one_outside_of_pools)
{
	ck_assert_int_eq(load_text("events.mechanism = epoll\n"), -1);
	assert_says("no directive 'events.mechanism'; it is always epoll");
}
END_TEST

START_TEST(and_one_of_the_command_line)
{
	ck_assert_int_eq(load_line("php_value[x]=1"), -1);
	assert_says("no directive 'php_value[x]'; it is PHP's own");
}
END_TEST

/* --- $pool ---------------------------------------------------------------- */

START_TEST(the_pools_name_stands_for_itself_in_every_value)
{
	must_load_text("pool www {\nlisten = \"/run/$pool-$pool.sock\"\n"
		       "command = {/bin/cat, $pool}\n"
		       "access.log = /tmp/$pool.access.log\n"
		       "access.format = \"$pool %R\"\n"
		       "ping.path = /$pool/ping\n"
		       "env { A = \"of $pool\" }\n}\n");
	ck_assert_str_eq(pool()->listen[0].addr.name, "/run/www-www.sock");
	ck_assert_str_eq(worker(0)->command[1], "www");
	ck_assert_str_eq(pool()->logs[PLACE_LOG_ACCESS], "/tmp/www.access.log");
	ck_assert_str_eq(worker(0)->access_format, "www %R");
	ck_assert_str_eq(worker(0)->ping_path, "/www/ping");
	ck_assert_str_eq(worker(0)->env[0], "A=of www");
}
END_TEST

START_TEST(also_on_the_command_line)
{
	const char *const lines[] = { "access.log=/tmp/$pool.log",
		"env.A=$pool" };

	ck_assert_int_eq(load_lines(lines, 2), 0);
	ck_assert_str_eq(pool()->logs[PLACE_LOG_ACCESS], "/tmp/cat.log");
	ck_assert_str_eq(worker(0)->env[0], "A=cat");
}
END_TEST

START_TEST(a_programs_own_arguments_are_left_alone)
{
	static char cat[] = "/bin/cat", arg[] = "$pool";
	char *command[] = { cat, arg, NULL };
	const char *set[] = { "listen=/run/check.sock" };
	const struct conf_source src = {
		.command = command, .set = set, .nset = 1, .stdin_fd = -1
	};

	ck_assert_int_eq(load(&src), 0);
	ck_assert_str_eq(worker(0)->command[1], "$pool");
}
END_TEST

/* --- prefix --------------------------------------------------------------- */

START_TEST(paths_begin_at_the_prefix)
{
	must_load_text("pool tmp {\nprefix = \"/$pool\"\n"
		       "listen = {run/s, $pool.sock, unix:u, 127.0.0.1:9999}\n"
		       "command = /bin/cat\nchdir = .\n"
		       "access.log = log/$pool.access.log\n"
		       "slowlog = $prefix/slow\n"
		       "cgi.failure_log = /var/failed\n"
		       "ping.path = /ping\npm.status_listen = status\n}\n");
	ck_assert_str_eq(pool()->listen[0].addr.name, "/tmp/run/s");
	ck_assert_str_eq(pool()->listen[1].addr.name, "/tmp/tmp.sock");
	ck_assert_str_eq(pool()->listen[2].addr.name, "/tmp/u");
	ck_assert_str_eq(pool()->listen[3].addr.name, "127.0.0.1:9999");
	ck_assert_str_eq(pool()->listen[4].addr.name, "/tmp/status");
	ck_assert_str_eq(
	    pool()->logs[PLACE_LOG_ACCESS], "/tmp/log/tmp.access.log");
	ck_assert_str_eq(pool()->logs[PLACE_LOG_SLOW], "/tmp/slow");
	ck_assert_str_eq(pool()->logs[PLACE_LOG_FAILURE], "/var/failed");
	ck_assert_str_eq(worker(0)->chdir, "/tmp/.");
}
END_TEST

START_TEST(what_is_in_effect_reads_back)
{
	char *first, *second;

	must_load_text("pool tmp {\nprefix = /tmp\nlisten = $pool.sock\n"
		       "command = /bin/cat\naccess.log = $pool.log\n}\n");
	first = printed();
	must_load_text(first);
	second = printed();
	ck_assert_str_eq(first, second);
	ck_assert_ptr_nonnull(strstr(first, "access.log = '/tmp/tmp.log'"));
	free(first);
	free(second);
}
END_TEST

static const struct {
	const char *line, *says;
} bad_paths[] = {
	{ "access.log = log/x",
	    "access.log: 'log/x' is not an absolute path, and there is no "
	    "prefix" },
	{ "prefix = srv", "prefix: 'srv' is not an absolute path" },
	{ "prefix = /nowhere", "prefix: '/nowhere': No such file" },
	{ "prefix = /bin/cat", "prefix: '/bin/cat' is not a directory" },
};

START_TEST(a_path_from_nowhere_is_refused)
{
	ck_assert_int_eq(load_with(bad_paths[_i].line), -1);
	assert_says(bad_paths[_i].says);
}
END_TEST

/* --- process.max ----------------------------------------------------------- */

START_TEST(each_pool_needs_a_worker)
{
	static const char two[] = "pool a {\nlisten = /run/a.sock\n"
				  "command = /bin/cat\n}\n"
				  "pool b {\nlisten = /run/b.sock\n"
				  "command = /bin/cat\n}\n";
	char text[512];

	(void)snprintf(text, sizeof(text), "process.max = 1\n%s", two);
	ck_assert_int_eq(load_text(text), -1);
	assert_says("process.max (1) is too low: the pools need 2 workers");
	(void)snprintf(text, sizeof(text), "process.max = 2\n%s", two);
	must_load_text(text);
	ck_assert_int_eq(loaded()->master.process_max, 2);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

static Suite *
names_suite(void)
{
	Suite *s = suite_create("conf_names");
	TCase *t = tcase_create("names");

	tcase_add_checked_fixture(t, conf_unit_setup, conf_unit_teardown);
	tcase_add_loop_test(
	    t, a_name_of_php_is_refused_with_what_to_do, 0, ROWS(foreign));
	tcase_add_test(t, so_is_one_outside_of_pools);
	tcase_add_test(t, and_one_of_the_command_line);
	tcase_add_test(t, the_pools_name_stands_for_itself_in_every_value);
	tcase_add_test(t, also_on_the_command_line);
	tcase_add_test(t, a_programs_own_arguments_are_left_alone);
	tcase_add_test(t, paths_begin_at_the_prefix);
	tcase_add_test(t, what_is_in_effect_reads_back);
	tcase_add_loop_test(
	    t, a_path_from_nowhere_is_refused, 0, ROWS(bad_paths));
	tcase_add_test(t, each_pool_needs_a_worker);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return unit_run(names_suite());
}
