#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/pidfile.h"
#include "unit.h"

static char path[256];

static void
setup(void)
{
	unit_dir_make();
	(void)snprintf(path, sizeof(path), "%s", unit_path("pid"));
}

static int
count_entries(void)
{
	DIR *d = opendir(unit_path("."));
	int n = -2; /* "." and ".." */

	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n;
}

START_TEST(a_pid_is_written_for_all_to_read)
{
	mode_t old = umask(0777);
	struct stat st;

	ck_assert_int_eq(pidfile_write(path, 4711), 0);
	(void)umask(old);
	ck_assert_str_eq(unit_read(path), "4711\n");
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0644);
	ck_assert_int_eq(count_entries(), 1);
}
END_TEST

static const char *const stale[] = { "1\n", "", "not a number",
	"99999999999999999999999999999999999999999999999" };

START_TEST(a_stale_file_is_replaced_whatever_it_says)
{
	unit_write(path, stale[_i]);
	ck_assert_int_eq(pidfile_write(path, 4711), 0);
	ck_assert_str_eq(unit_read(path), "4711\n");
}
END_TEST

START_TEST(a_link_is_replaced_and_its_target_stays)
{
	unit_write(unit_path("victim"), "precious");
	ck_assert_int_eq(symlink(unit_path("victim"), path), 0);
	ck_assert_int_eq(pidfile_write(path, 4711), 0);
	ck_assert_str_eq(unit_read(unit_path("victim")), "precious");
	ck_assert_str_eq(unit_read(path), "4711\n");
}
END_TEST

START_TEST(a_failure_leaves_nothing_behind)
{
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(pidfile_write(path, 4711), -1);
	ck_assert_int_eq(errno, EISDIR);
	ck_assert_int_eq(count_entries(), 1);
	ck_assert_int_eq(pidfile_write("/nonexistent/pid", 4711), -1);
	ck_assert_int_eq(errno, ENOENT);
}
END_TEST

START_TEST(too_long_a_path_is_refused)
{
	char name[PATH_MAX + 1];

	memset(name, 'x', sizeof(name));
	name[0] = '/';
	name[sizeof(name) - 1] = '\0';
	ck_assert_int_eq(pidfile_write(name, 1), -1);
	ck_assert_int_eq(errno, ENAMETOOLONG);
}
END_TEST

START_TEST(our_own_file_is_removed)
{
	ck_assert_int_eq(pidfile_write(path, 4711), 0);
	pidfile_remove(path, 4711);
	ck_assert_int_eq(access(path, F_OK), -1);
	pidfile_remove(path, 4711);
}
END_TEST

static const char *const foreign[] = { "4712\n", "47110\n", "471\n", "",
	"4711x\n", "-4711\n" };

START_TEST(anothers_file_stays)
{
	unit_write(path, foreign[_i]);
	pidfile_remove(path, 4711);
	ck_assert_str_eq(unit_read(path), foreign[_i]);
}
END_TEST

START_TEST(a_link_or_fifo_in_its_place_stays)
{
	unit_write(unit_path("other"), "4711\n");
	ck_assert_int_eq(symlink(unit_path("other"), path), 0);
	pidfile_remove(path, 4711);
	ck_assert_int_eq(count_entries(), 2);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	pidfile_remove(path, 4711);
	ck_assert_int_eq(count_entries(), 2);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("pidfile");
	TCase *tc = tcase_create("file");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, unit_dir_remove);
	tcase_add_test(tc, a_pid_is_written_for_all_to_read);
	tcase_add_loop_test(tc, a_stale_file_is_replaced_whatever_it_says, 0,
	    sizeof(stale) / sizeof(stale[0]));
	tcase_add_test(tc, a_link_is_replaced_and_its_target_stays);
	tcase_add_test(tc, a_failure_leaves_nothing_behind);
	tcase_add_test(tc, too_long_a_path_is_refused);
	tcase_add_test(tc, our_own_file_is_removed);
	tcase_add_loop_test(
	    tc, anothers_file_stays, 0, sizeof(foreign) / sizeof(foreign[0]));
	tcase_add_test(tc, a_link_or_fifo_in_its_place_stays);
	return unit_run(s);
}
