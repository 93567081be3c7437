#include <stdio.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sockfile.h"
#include "unit.h"

static struct sock_addr addr;
static struct sockfile file;
static int fd;

static void
listen_at(const char *path)
{
	const struct sock_perm perm = { 0600, (uid_t)-1, (gid_t)-1, NULL };
	struct sock_error err;

	ck_assert_int_eq(sock_parse(path, &addr, &err), 0);
	fd = sock_listen(&addr, 8, &perm, &err);
	ck_assert_int_ne(fd, -1);
}

static void
setup(void)
{
	unit_dir_make();
	file = (struct sockfile){ 0 };
	listen_at(unit_path("sock"));
	ck_assert_int_eq(sockfile_note(&file, &addr), 0);
}

static void
teardown(void)
{
	io_close(&fd);
	unit_dir_remove();
}

static bool
exists(void)
{
	return access(unit_path("sock"), F_OK) == 0;
}

START_TEST(the_file_we_made_is_removed_once)
{
	ck_assert(sockfile_is_ours(&file, &addr));
	sockfile_remove(&file, &addr);
	ck_assert(!exists());
	ck_assert(!file.made);

	unit_write(unit_path("sock"), "another's");
	sockfile_remove(&file, &addr);
	ck_assert(exists());
}
END_TEST

START_TEST(a_file_that_replaced_ours_stays)
{
	/* The old inode stays in use, or the new file might get its number. */
	ck_assert_int_eq(rename(unit_path("sock"), unit_path("old")), 0);
	unit_write(unit_path("sock"), "another's");

	ck_assert(!sockfile_is_ours(&file, &addr));
	ck_assert(!sockfile_is_gone(&file, &addr));
	sockfile_remove(&file, &addr);
	ck_assert(exists());
}
END_TEST

START_TEST(a_removed_file_is_gone_and_not_ours)
{
	ck_assert(!sockfile_is_gone(&file, &addr));
	ck_assert_int_eq(unlink(unit_path("sock")), 0);
	ck_assert(sockfile_is_gone(&file, &addr));
	ck_assert(!sockfile_is_ours(&file, &addr));
}
END_TEST

START_TEST(what_was_never_noted_is_neither_ours_nor_gone)
{
	const struct sockfile none = { 0 };

	ck_assert(!sockfile_is_ours(&none, &addr));
	ck_assert_int_eq(unlink(unit_path("sock")), 0);
	ck_assert(!sockfile_is_gone(&none, &addr));
}
END_TEST

START_TEST(tcp_and_abstract_sockets_have_no_file)
{
	struct sock_addr tcp, abstract = addr;
	struct sockfile none = { 0 };
	struct sock_error err;

	ck_assert_int_eq(sock_parse("127.0.0.1:9000", &tcp, &err), 0);
	ck_assert_ptr_null(sockfile_path(&tcp));
	ck_assert_int_eq(sockfile_note(&none, &tcp), 0);
	ck_assert(!none.made);
	((struct sockaddr *)&abstract.sa)->sa_data[0] = '\0';
	ck_assert_ptr_null(sockfile_path(&abstract));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("sockfile");
	TCase *tc = tcase_create("file");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_file_we_made_is_removed_once);
	tcase_add_test(tc, a_file_that_replaced_ours_stays);
	tcase_add_test(tc, a_removed_file_is_gone_and_not_ours);
	tcase_add_test(tc, what_was_never_noted_is_neither_ours_nor_gone);
	tcase_add_test(tc, tcp_and_abstract_sockets_have_no_file);
	return unit_run(s);
}
