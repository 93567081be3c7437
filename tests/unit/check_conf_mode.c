/* check_conf_mode.c - what mode = fastcgi takes and what it refuses. */
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "conf_unit.h"
#include "unit.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define TCP "listen=tcp:127.0.0.1:9000"

/* In place of the listener that load_lines() gives. */
static int
load_over_tcp(const char *line)
{
	static char cat[] = "/bin/cat";
	char *command[] = { cat, NULL };
	const char *set[] = { TCP, "mode=fastcgi", line };
	const struct conf_source src = {
		.command = command, .set = set, .nset = 3, .stdin_fd = -1
	};

	return load(&src);
}

START_TEST(a_native_pool_runs_its_command)
{
	const struct pool_conf *pool;

	ck_assert_int_eq(load_line("mode=fastcgi"), 0);
	pool = &loaded()->master.pools[0];
	ck_assert(pool->native);
	ck_assert(pool->run == conf_unit_native);
	ck_assert_int_eq(pool->pm, POOL_STATIC);
	ck_assert_str_eq(worker(0)->command[0], "/bin/cat");
	ck_assert_int_eq(load_line("mode=cgi"), 0);
	ck_assert(!loaded()->master.pools[0].native);
	ck_assert(loaded()->master.pools[0].run != conf_unit_native);
	ck_assert_int_eq(loaded()->master.pools[0].pm, POOL_DYNAMIC);
}
END_TEST

static const struct {
	const char *mode, *line, *says;
} misplaced[] = {
	{ "mode=fastcgi", "cgi.root=/usr",
	    "cgi.root is for mode = cgi: command says what to run" },
	{ "mode=fastcgi", "cgi.env=safe", "cgi.env is for mode = cgi" },
	{ "mode=fastcgi", "cgi.stderr=log",
	    "cgi.stderr is for mode = cgi: what the program writes" },
	{ "mode=fastcgi", "cgi.argv={x}",
	    "cgi.argv is for mode = cgi: its arguments are those of" },
	{ "mode=fastcgi", "pm.hang_timeout=3s",
	    "pm.hang_timeout is for mode = cgi: a program that hangs" },
	{ "mode=fastcgi", "cgi.linger=1s", "cgi.linger is for mode = cgi" },
	{ "mode=fastcgi", "request_body_max=1", "request_body_max is for" },
	{ "mode=fastcgi", "request_terminate_timeout=1s",
	    "the program has the requests" },
	{ "mode=fastcgi", "client_abort=kill", "client_abort is for" },
	{ "mode=fastcgi", "keepalive=yes", "keepalive is for mode = cgi" },
	{ "mode=fastcgi", "keepalive_max=2", "keepalive_max is for" },
	{ "mode=fastcgi", "slowlog=/x", "the program has the requests" },
	{ "mode=fastcgi", "cgi.failure_log=/x", "is for mode = cgi" },
	{ "mode=fastcgi", "access.log=/x", "access.log is for mode = cgi" },
	{ "mode=fastcgi", "fastcgi.max_reqs=1", "fastcgi.max_reqs is for" },
	{ "mode=fastcgi", "pm.max_requests=5", "PHP_FCGI_MAX_REQUESTS" },
	{ "mode=fastcgi", "pm.max_requests_jitter=5", "is for mode = cgi" },
	{ "mode=fastcgi", "listen.allowed_clients=127.0.0.1",
	    "listen.allowed_clients is for TCP" },
	{ "mode=cgi", "listen.allowed_clients=127.0.0.1/33",
	    "'127.0.0.1/33' is not an address or a network" },
	{ "mode=cgi", "listen.allowed_clients=all",
	    "'all' is not an address or a network" },
	{ "mode=fastcgi", "listen=/run/second.sock", "one listener, not 2" },
	{ "mode=cgi", "pm.max_memory=1M",
	    "pm.max_memory is for mode = "
	    "fastcgi: rlimit_as" },
	{ "mode=cgi", "pm.max_memory_hard=1M", "is for mode = fastcgi" },
	{ "mode=cgi", "catch_workers_output=yes",
	    "catch_workers_output is for mode = fastcgi: cgi.stderr says" },
	{ "mode=cgi", "decorate_workers_output=no", "cgi.stderr says" },
};

START_TEST(what_cannot_work_in_a_mode_is_refused_by_name)
{
	const char *lines[] = { misplaced[_i].mode, misplaced[_i].line };

	ck_assert_int_eq(load_lines(lines, 2), -1);
	ck_assert_int_eq(failure()->code, EX_CONFIG);
	assert_says(misplaced[_i].says);
	/* Whichever comes first. */
	lines[0] = misplaced[_i].line;
	lines[1] = misplaced[_i].mode;
	ck_assert_int_eq(load_lines(lines, 2), -1);
	assert_says(misplaced[_i].says);
}
END_TEST

START_TEST(a_native_pool_needs_a_command)
{
	ck_assert_int_eq(load_text("pool \"x\" { listen = /run/x\n"
				   "mode = fastcgi }"),
	    -1);
	assert_says("pool 'x': no command: with mode = fastcgi");
}
END_TEST

START_TEST(addresses_of_web_servers_become_a_variable)
{
	const char *line = "listen.allowed_clients=192.0.2.1, 127.0.0.1,::1";

	ck_assert_int_eq(load_over_tcp(line), 0);
	ck_assert_str_eq(
	    worker(0)->env[0], "FCGI_WEB_SERVER_ADDRS=192.0.2.1,127.0.0.1,::1");
}
END_TEST

static const char *const bad_addresses[] = { "localhost", "192.0.2.1,",
	",192.0.2.1", "192.0.2.1 192.0.2.2,", "192.0.2.0/24", "192.0.2",
	"1.2.3.4.5", "::g" };

START_TEST(what_is_no_address_is_refused)
{
	char line[80] = "listen.allowed_clients=";

	strcat(line, bad_addresses[_i]);
	ck_assert_int_eq(load_over_tcp(line), -1);
	assert_says("is not an address");
}
END_TEST

START_TEST(memory_is_limited_softly_before_hard)
{
	const char *lines[] = { "mode=fastcgi", "pm.max_memory=64M",
		"pm.max_memory_hard=128M" };

	ck_assert_int_eq(load_lines(lines, 3), 0);
	ck_assert_uint_eq(loaded()->master.pools[0].max_memory, 64 << 20);
	ck_assert_uint_eq(loaded()->master.pools[0].max_memory_hard, 128 << 20);
	lines[2] = "pm.max_memory_hard=32M";
	ck_assert_int_eq(load_lines(lines, 3), -1);
	assert_says("pm.max_memory is above pm.max_memory_hard");
	lines[1] = "pm.max_memory=0";
	ck_assert_int_eq(load_lines(lines, 3), 0);
}
END_TEST

START_TEST(what_is_printed_of_a_native_pool_reads_back)
{
	char *first, *second;

	ck_assert_int_eq(load_over_tcp("listen.allowed_clients=127.0.0.1"), 0);
	first = printed();
	ck_assert_ptr_null(strstr(first, "cgi."));
	ck_assert_ptr_null(strstr(first, "request_"));
	if (load_text(first) == -1)
		ck_abort_msg("%s in:\n%s", failure()->text, first);
	second = printed();
	ck_assert_str_eq(first, second);
	free(first);
	free(second);
}
END_TEST

static Suite *
conf_mode_suite(void)
{
	Suite *s = suite_create("conf_mode");
	TCase *t = tcase_create("modes");

	tcase_add_checked_fixture(t, conf_unit_setup, conf_unit_teardown);
	tcase_add_test(t, a_native_pool_runs_its_command);
	tcase_add_loop_test(t, what_cannot_work_in_a_mode_is_refused_by_name, 0,
	    COUNT(misplaced));
	tcase_add_test(t, a_native_pool_needs_a_command);
	tcase_add_test(t, addresses_of_web_servers_become_a_variable);
	tcase_add_loop_test(
	    t, what_is_no_address_is_refused, 0, COUNT(bad_addresses));
	tcase_add_test(t, memory_is_limited_softly_before_hard);
	tcase_add_test(t, what_is_printed_of_a_native_pool_reads_back);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return unit_run(conf_mode_suite());
}
