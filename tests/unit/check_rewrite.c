/* check_rewrite.c - who writes a file has it alone until it is closed. */
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ctl/rewrite.h"
#include "unit.h"

#define WHILE_MS 300

static const char *path;

static void
setup(void)
{
	unit_dir_make();
	path = unit_path("pool.conf");
	unit_write(path, "one\n");
}

/* Somebody else's addition to the file: 0 when it was made. */
static int
add_line(void)
{
	struct rewrite r;
	int code = 1;
	char text[80];

	if (rewrite_open(&r, path)) {
		(void)snprintf(text, sizeof(text), "%.40stwo\n", r.text);
		code = rewrite_put(&r, text) ? 0 : 2;
	}
	rewrite_close(&r);
	return code;
}

static pid_t
start_other(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(add_line());
	(void)poll(NULL, 0, WHILE_MS);
	return pid;
}

START_TEST(what_was_put_there_is_whole)
{
	ck_assert_int_eq(add_line(), 0);
	ck_assert_str_eq(unit_read(path), "one\ntwo\n");
}
END_TEST

START_TEST(another_waits_while_it_is_read)
{
	struct rewrite r;
	pid_t other;

	ck_assert(rewrite_open(&r, path));
	other = start_other();
	ck_assert_int_eq(waitpid(other, NULL, WNOHANG), 0);
	ck_assert(rewrite_put(&r, "1\n"));
	rewrite_close(&r);
	ck_assert_int_eq(unit_exit_code(other), 0);
	ck_assert_str_eq(unit_read(path), "1\ntwo\n");
}
END_TEST

/* It is another file by then. */
START_TEST(another_waits_while_it_may_be_put_back)
{
	struct rewrite r;
	pid_t other;

	ck_assert(rewrite_open(&r, path));
	ck_assert(rewrite_put(&r, "1\n"));
	other = start_other();
	ck_assert_int_eq(waitpid(other, NULL, WNOHANG), 0);
	ck_assert(rewrite_put(&r, r.text));
	rewrite_close(&r);
	ck_assert_int_eq(unit_exit_code(other), 0);
	ck_assert_str_eq(unit_read(path), "one\ntwo\n");
}
END_TEST

START_TEST(what_an_editor_did_meanwhile_stays)
{
	struct rewrite r;

	ck_assert(rewrite_open(&r, path));
	unit_write(path, "by hand\n");
	ck_assert(!rewrite_put(&r, "1\n"));
	rewrite_close(&r);
	ck_assert_str_eq(unit_read(path), "by hand\n");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("rewrite");
	TCase *tc = tcase_create("rewrite");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, unit_dir_remove);
	tcase_add_test(tc, what_was_put_there_is_whole);
	tcase_add_test(tc, another_waits_while_it_is_read);
	tcase_add_test(tc, another_waits_while_it_may_be_put_back);
	tcase_add_test(tc, what_an_editor_did_meanwhile_stays);
	return unit_run(s);
}
