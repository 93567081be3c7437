#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/asuser.h"
#include "unit.h"

static struct asuser_answer a;

/* As ourselves, which everybody may ask. */
static enum asuser_what
ask(const char *path, bool folder)
{
	const struct asuser me = { .uid = geteuid(), .gid = getegid() };

	asuser_execute(&me, path, folder, &a);
	return a.what;
}

static const char *
put(const char *name, const char *text, mode_t mode)
{
	const char *path = unit_path(name);
	FILE *f = fopen(path, "we");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
	return path;
}

static const struct {
	const char *label, *text;
	mode_t mode;
	enum asuser_what what;
	const char *names;
} files[] = {
	{ "a script", "#!/bin/sh\n", 0755, ASUSER_MAY, "" },
	{ "with an argument", "#! /bin/sh -e\n", 0755, ASUSER_MAY, "" },
	{ "without a line's end", "#!/bin/sh", 0755, ASUSER_MAY, "" },
	{ "no script", "x", 0755, ASUSER_MAY, "" },
	{ "empty", "", 0755, ASUSER_MAY, "" },
	{ "nothing but #!", "#!\n", 0755, ASUSER_MAY, "" },
	{ "no mode", "#!/bin/sh\n", 0644, ASUSER_MODE, "" },
	{ "a missing interpreter", "#!/nowhere/x y\n", 0755, ASUSER_INTERPRETER,
	    "/nowhere/x" },
	{ "CR LF", "#!/bin/sh\r\n", 0755, ASUSER_INTERPRETER, "/bin/sh\r" },
};

START_TEST(a_file_may_be_executed_or_it_says_why)
{
	const char *path = put("file", files[_i].text, files[_i].mode);

	ck_assert_msg(ask(path, false) == files[_i].what, "%s: %d",
	    files[_i].label, a.what);
	ck_assert_str_eq(a.text, files[_i].names);
	ck_assert_uint_eq(a.mode, files[_i].mode);
}
END_TEST

START_TEST(files_and_folders_are_told_apart)
{
	const char *path = put("file", "", 0755);

	ck_assert_int_eq(ask(unit_path("."), true), ASUSER_MAY);
	ck_assert_int_eq(ask(unit_path("."), false), ASUSER_KIND);
	ck_assert_int_eq(ask(path, true), ASUSER_KIND);
	ck_assert_int_eq(ask(unit_path("missing"), false), ASUSER_MISSING);
	ck_assert_int_eq(a.error, ENOENT);
}
END_TEST

START_TEST(only_root_can_ask_for_others)
{
	const struct asuser other = { .uid = geteuid() + 1, .gid = getegid() };

	asuser_execute(&other, "/bin/sh", false, &a);
	ck_assert_int_eq(a.what, geteuid() == 0 ? ASUSER_MAY : ASUSER_UNKNOWN);
	ck_assert_int_eq((int)geteuid(), (int)getuid());
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("asuser");
	TCase *tc = tcase_create("access");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, unit_dir_make, unit_dir_remove);
	tcase_add_loop_test(tc, a_file_may_be_executed_or_it_says_why, 0,
	    sizeof(files) / sizeof(files[0]));
	tcase_add_test(tc, files_and_folders_are_told_apart);
	tcase_add_test(tc, only_root_can_ask_for_others);
	return unit_run(s);
}
