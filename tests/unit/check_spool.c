#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "unit.h"
#include "worker/spool.h"

static struct span
span(const char *text)
{
	return (struct span){ (const uint8_t *)text, strlen(text) };
}

static off_t
size_of(const struct spool *s)
{
	struct stat st;

	ck_assert_int_eq(fstat(s->fd, &st), 0);
	return st.st_size;
}

static int
count_names(void)
{
	DIR *d = opendir(unit_path(""));
	int n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n - 2;
}

START_TEST(what_goes_in_comes_out_in_order)
{
	struct spool s;
	uint8_t buf[64];

	spool_init(&s);
	ck_assert_uint_eq(spool_len(&s), 0);
	ck_assert_int_eq(spool_peek(&s, buf, sizeof(buf)), 0);
	ck_assert_int_eq(spool_put(&s, unit_path(""), span("hello ")), 0);
	ck_assert_int_eq(spool_put(&s, unit_path(""), span("world")), 0);
	ck_assert_uint_eq(spool_len(&s), 11);
	ck_assert_int_eq(spool_peek(&s, buf, 4), 4);
	ck_assert_mem_eq(buf, "hell", 4);
	ck_assert_int_eq(spool_peek(&s, buf, 4), 4); /* a look takes nothing */
	spool_drop(&s, 4);
	ck_assert_int_eq(spool_peek(&s, buf, sizeof(buf)), 7);
	ck_assert_mem_eq(buf, "o world", 7);
	ck_assert_int_eq(spool_put(&s, unit_path(""), span("!")), 0);
	spool_drop(&s, 7);
	ck_assert_int_eq(spool_peek(&s, buf, sizeof(buf)), 1);
	ck_assert_mem_eq(buf, "!", 1);
	spool_close(&s);
	ck_assert_int_eq(s.fd, -1);
	ck_assert_uint_eq(spool_len(&s), 0);
}
END_TEST

START_TEST(its_file_has_no_name_and_only_we_may_read_it)
{
	struct spool s;
	struct stat st;

	spool_init(&s);
	ck_assert_int_eq(spool_put(&s, unit_path(""), span("x")), 0);
	ck_assert_int_eq(count_names(), 0);
	ck_assert_int_eq(fstat(s.fd, &st), 0);
	ck_assert_uint_eq(st.st_nlink, 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_ne(fcntl(s.fd, F_GETFD) & FD_CLOEXEC, 0);
	spool_close(&s);
}
END_TEST

START_TEST(what_is_done_with_gives_its_room_back)
{
	static char block[1 << 16];
	struct span in = { (const uint8_t *)block, sizeof(block) };
	struct spool s;
	int i;

	spool_init(&s);
	for (i = 0; i < 16; i++)
		ck_assert_int_eq(spool_put(&s, unit_path(""), in), 0);
	ck_assert_int_eq(size_of(&s), 16 * (1 << 16));
	spool_drop(&s, spool_len(&s));
	ck_assert_int_eq(size_of(&s), 0);
	ck_assert_int_eq(spool_put(&s, unit_path(""), span("again")), 0);
	ck_assert_uint_eq(spool_len(&s), 5);
	ck_assert_int_eq(size_of(&s), 5);
	spool_close(&s);
}
END_TEST

START_TEST(without_a_folder_it_says_why)
{
	struct spool s;

	spool_init(&s);
	ck_assert_int_eq(spool_put(&s, unit_path("nowhere"), span("x")), -1);
	ck_assert_int_eq(errno, ENOENT);
	ck_assert_int_eq(s.fd, -1);
	spool_close(&s);
}
END_TEST

START_TEST(a_full_disk_is_told)
{
	const struct rlimit little = { 3, RLIM_INFINITY };
	const struct rlimit all = { RLIM_INFINITY, RLIM_INFINITY };
	struct spool s;

	spool_init(&s);
	(void)signal(SIGXFSZ, SIG_IGN);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &little), 0);
	ck_assert_int_eq(spool_put(&s, unit_path(""), span("abcdef")), -1);
	ck_assert_int_eq(errno, EFBIG);
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &all), 0);
	spool_close(&s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("spool");
	TCase *tc = tcase_create("spool");

	tcase_add_checked_fixture(tc, unit_dir_make, unit_dir_remove);
	tcase_add_test(tc, what_goes_in_comes_out_in_order);
	tcase_add_test(tc, its_file_has_no_name_and_only_we_may_read_it);
	tcase_add_test(tc, what_is_done_with_gives_its_room_back);
	tcase_add_test(tc, without_a_folder_it_says_why);
	tcase_add_test(tc, a_full_disk_is_told);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
