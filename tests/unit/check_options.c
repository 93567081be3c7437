#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf/options.h"
#include "conf_unit.h"
#include "unit.h"

#define COUNT(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define ARGS_MAX 16

static struct options options;

/* LINE split at its spaces, behind the program's own name. */
static int
parse(const char *line)
{
	static char copy[512];
	static char self[] = "cgi-fpm";
	char *argv[ARGS_MAX] = { self }, *word, *rest = copy;
	int argc = 1;

	(void)snprintf(copy, sizeof(copy), "%s", line);
	options_free(&options);
	while ((word = strsep(&rest, " ")) != NULL && argc < ARGS_MAX - 1)
		if (*word != '\0')
			argv[argc++] = word;
	return options_parse(argc, argv, &options);
}

static void
teardown(void)
{
	options_free(&options);
}

static const struct {
	const char *line, *says;
} bad_lines[] = {
	{ "", "no program: give PROGRAM, --root DIR or -y FILE" },
	{ "-n", "no program" },
	{ "-s /run/x", "no program" },
	{ "-x prog", "-x is no option; see cgi-fpm --help" },
	{ "-nx prog", "-x is no option" },
	{ "--bogus prog", "--bogus is no option" },
	{ "--foreground=3 prog", "--foreground=3 is no option" },
	{ "-s", "-s needs an argument" },
	{ "--socket", "--socket needs an argument" },
	{ "-a 127.0.0.1 prog", "-a ADDR needs -p PORT" },
	{ "-y file prog", "-y FILE and PROGRAM exclude each other" },
	{ "-y file --root /srv", "-y FILE and --root exclude each other" },
	{ "-y file -s /run/x", "-y FILE and --socket exclude each other" },
	{ "-y file -p 9000", "-y FILE and --port exclude each other" },
	{ "-y file -a ::1", "-y FILE and --address exclude each other" },
	{ "-y file --name x", "-y FILE and --name exclude each other" },
};

START_TEST(a_usage_error_is_one_line_that_says_what)
{
	ck_assert_msg(
	    parse(bad_lines[_i].line) == -1, "%s", bad_lines[_i].line);
	if (strstr(options.text, bad_lines[_i].says) == NULL)
		ck_abort_msg("%s", options.text);
	ck_assert_ptr_null(strchr(options.text, '\n'));
}
END_TEST

/* What the options become: the first lines of SOURCE, "; " between them. */
static const struct {
	const char *line, *set;
} good_lines[] = {
	{ "-s /run/x prog", "listen='/run/x'" },
	{ "--socket=/run/x prog", "listen='/run/x'" },
	{ "-s x.sock prog", "listen='/CWD/x.sock'" },
	{ "-s unix:x.sock prog", "listen='/CWD/x.sock'" },
	{ "-s unix:/run/x prog", "listen='/run/x'" },
	{ "-s tcp:localhost:90 prog", "listen='tcp:localhost:90'" },
	{ "-s tcp6:[::1]:90 prog", "listen='tcp6:[::1]:90'" },
	{ "-s 127.0.0.1:90 prog", "listen='127.0.0.1:90'" },
	{ "-s ./a:b prog", "listen='/CWD/a:b'" },
	{ "-s /a'b\\c prog", "listen='/a\\'b\\\\c'" },
	{ "-p 9000 prog", "listen='9000'" },
	{ "-a 10.0.0.1 -p 90 prog", "listen='10.0.0.1:90'" },
	{ "-p 90 -a ::1 prog", "listen='[::1]:90'" },
	{ "-p 90 -a [::1] prog", "listen='[::1]:90'" },
	{ "-b 5 -M 0600 prog", "listen.backlog='5'; listen.mode='0600'" },
	{ "-U joe -G www prog", "listen.owner='joe'; listen.group='www'" },
	{ "-u joe -g www prog", "user='joe'; group='www'" },
	{ "-c /srv -d /x prog", "chroot='/srv'; chdir='/x'" },
	{ "-d x prog", "chdir='/CWD/x'" },
	{ "-P /run/pid prog", "pid='/run/pid'" },
	{ "-F 3 prog", "pm='static'; pm.max_children='3'" },
	{ "--workers 3 prog", "pm='static'; pm.max_children='3'" },
	{ "--root /srv", "cgi.root='/srv'" },
	{ "--root srv", "cgi.root='/CWD/srv'" },
	{ "-o pm=static -opm.max_children=3 prog",
	    "pm=static; pm.max_children=3" },
	{ "-o command={/bin/cat}", "command={/bin/cat}" },
	{ "-o cgi.root=/srv", "cgi.root=/srv" },
	{ "-F 3 -o pm=dynamic -y file",
	    "pm='static'; pm.max_children='3'; pm=dynamic" },
};

START_TEST(letters_become_lines)
{
	char cwd[256], expected[512] = "", got[512] = "";
	const char *from = good_lines[_i].set, *mark;
	size_t i;

	if (parse(good_lines[_i].line) == -1)
		ck_abort_msg("%s", options.text);
	ck_assert_ptr_nonnull(getcwd(cwd, sizeof(cwd)));
	mark = strstr(from, "/CWD");
	if (mark == NULL)
		(void)snprintf(expected, sizeof(expected), "%s", from);
	else
		(void)snprintf(expected, sizeof(expected), "%.*s%s%s",
		    (int)(mark - from), from, cwd, mark + 4);
	for (i = 0; i < options.source.nset; i++) {
		(void)strcat(got, i == 0 ? "" : "; ");
		(void)strcat(got, options.source.set[i]);
	}
	ck_assert_str_eq(got, expected);
}
END_TEST

START_TEST(what_follows_the_program_is_its_own)
{
	ck_assert_int_eq(parse("-n -s /run/x /bin/prog -n --root x"), 0);
	ck_assert(options.source.foreground);
	ck_assert_str_eq(options.source.command[0], "/bin/prog");
	ck_assert_str_eq(options.source.command[1], "-n");
	ck_assert_str_eq(options.source.command[2], "--root");
	ck_assert_str_eq(options.source.command[3], "x");
	ck_assert_ptr_null(options.source.command[4]);
	ck_assert_uint_eq(options.source.nset, 1);
}
END_TEST

START_TEST(a_relative_program_becomes_absolute)
{
	char cwd[256], path[300];

	ck_assert_ptr_nonnull(getcwd(cwd, sizeof(cwd)));
	(void)snprintf(path, sizeof(path), "%s/-prog", cwd);
	ck_assert_int_eq(parse("-s /run/x -- -prog"), 0);
	ck_assert_str_eq(options.source.command[0], path);
}
END_TEST

START_TEST(dots_before_a_path_leave_no_trace)
{
	char cwd[256], path[300];

	ck_assert_ptr_nonnull(getcwd(cwd, sizeof(cwd)));
	(void)snprintf(path, sizeof(path), "%s/p", cwd);
	ck_assert_int_eq(parse("-s /run/x -- .//./p"), 0);
	ck_assert_str_eq(options.source.command[0], path);
	ck_assert_int_eq(parse("-s /run/x -- ."), 0);
	ck_assert_str_eq(options.source.command[0], cwd);
}
END_TEST

START_TEST(verbs_are_told_apart)
{
	ck_assert_int_eq(parse("-h"), 0);
	ck_assert_int_eq(options.verb, OPTIONS_HELP);
	ck_assert_int_eq(parse("--version"), 0);
	ck_assert_int_eq(options.verb, OPTIONS_VERSION);
	ck_assert_int_eq(parse("-t -y /file"), 0);
	ck_assert_int_eq(options.verb, OPTIONS_TEST);
	ck_assert(options.source.test);
	ck_assert_str_eq(options.source.file, "/file");
	ck_assert_int_eq(parse("-tt -y /file"), 0);
	ck_assert_int_eq(options.verb, OPTIONS_DUMP);
	ck_assert_int_eq(parse("--name x prog"), 0);
	ck_assert_int_eq(options.verb, OPTIONS_RUN);
	ck_assert_str_eq(options.source.pool_name, "x");
	ck_assert(!options.source.foreground);
}
END_TEST

static Suite *
options_suite(void)
{
	Suite *s = suite_create("options");
	TCase *t = tcase_create("options");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_loop_test(
	    t, a_usage_error_is_one_line_that_says_what, 0, COUNT(bad_lines));
	tcase_add_loop_test(t, letters_become_lines, 0, COUNT(good_lines));
	tcase_add_test(t, what_follows_the_program_is_its_own);
	tcase_add_test(t, a_relative_program_becomes_absolute);
	tcase_add_test(t, dots_before_a_path_leave_no_trace);
	tcase_add_test(t, verbs_are_told_apart);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return unit_run(options_suite());
}
