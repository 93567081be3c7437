/* Access control lists of sockets, as the kernel shows them. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/acl.h"
#include "base/sock.h"
#include "unit.h"

static const struct acl two = { .n = 3,
	.at = { { true, 4711 }, { false, 33 }, { false, 65534 } } };
static const struct acl one = { .n = 1, .at = { { false, 33 } } };
static struct sock_addr addr;
static int fd = -1;

static void
setup(void)
{
	struct sock_error err;
	char text[256];

	unit_dir_make();
	(void)snprintf(text, sizeof(text), "unix:%s", unit_path("s"));
	ck_assert_int_eq(sock_parse(text, &addr, &err), 0);
}

static void
teardown(void)
{
	if (fd != -1)
		(void)close(fd);
	unit_dir_remove();
}

static int
listens_with(unsigned mode, const struct acl *acl)
{
	const struct sock_perm perm = { mode, (uid_t)-1, (gid_t)-1, acl };
	struct sock_error err;

	fd = sock_listen(&addr, 5, &perm, &err);
	if (fd == -1 && strstr(err.text, "its file system has none") != NULL)
		return -1; /* the machine's, not ours */
	ck_assert_msg(fd != -1, "%s", err.text);
	return 0;
}

static void
change(unsigned mode, gid_t gid, const struct acl *acl)
{
	const struct sock_perm perm = { mode, (uid_t)-1, gid, acl };
	struct sock_error err;

	ck_assert_msg(
	    sock_change_perm(&addr, &perm, &err) == 0, "%s", err.text);
}

static unsigned
shown_mode(void)
{
	struct stat st;

	ck_assert_int_eq(lstat(unit_path("s"), &st), 0);
	return st.st_mode & 07777;
}

/* Bytes of its list, 0: none. */
static size_t
list(unsigned char *at, size_t cap)
{
	ssize_t n =
	    lgetxattr(unit_path("s"), "system.posix_acl_access", at, cap);

	return n == -1 ? 0 : (size_t)n;
}

START_TEST(named_ones_stand_beside_owner_and_group)
{
	static const unsigned char wanted[] = { 2, 0, 0, 0, /* */
		0x01, 0, 6, 0, 255, 255, 255, 255,          /* owner */
		0x02, 0, 6, 0, 33, 0, 0, 0,                 /* users */
		0x02, 0, 6, 0, 254, 255, 0, 0,              /* */
		0x04, 0, 4, 0, 255, 255, 255, 255,          /* group */
		0x08, 0, 6, 0, 0x67, 0x12, 0, 0,            /* groups */
		0x10, 0, 6, 0, 255, 255, 255, 255,          /* the most */
		0x20, 0, 0, 0, 255, 255, 255, 255 };
	unsigned char got[256];
	unsigned mode = 0;

	if (listens_with(0640, &two) == -1)
		return;
	ck_assert_uint_eq(list(got, sizeof(got)), sizeof(wanted));
	ck_assert_int_eq(memcmp(got, wanted, sizeof(wanted)), 0);
	ck_assert_uint_eq(shown_mode(), 0660); /* the mask, as it is */
	ck_assert_int_eq(acl_mode(unit_path("s"), &mode), 0);
	ck_assert_uint_eq(mode, 0640);
}
END_TEST

START_TEST(a_change_replaces_the_list)
{
	unsigned char got[256];
	unsigned mode = 0;

	if (listens_with(0600, &two) == -1)
		return;
	change(0620, (gid_t)-1, &one);
	ck_assert_uint_eq(list(got, sizeof(got)), 4 + 5 * 8);
	ck_assert_int_eq(acl_mode(unit_path("s"), &mode), 0);
	ck_assert_uint_eq(mode, 0620);
}
END_TEST

START_TEST(a_list_that_is_not_wanted_any_more_goes)
{
	unsigned char got[256];
	unsigned mode;

	if (listens_with(0600, &two) == -1)
		return;
	change(0660, getegid(), NULL);
	ck_assert_uint_eq(list(got, sizeof(got)), 0);
	ck_assert_int_eq(acl_mode(unit_path("s"), &mode), -1);
	ck_assert_uint_eq(shown_mode(), 0660);
}
END_TEST

START_TEST(one_that_is_wanted_later_comes)
{
	unsigned char got[256];

	if (listens_with(0600, &one) == -1)
		return;
	change(0600, (gid_t)-1, NULL);
	change(0600, (gid_t)-1, &one);
	ck_assert_uint_eq(list(got, sizeof(got)), 4 + 5 * 8);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("acl");
	TCase *tc = tcase_create("sockets");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, named_ones_stand_beside_owner_and_group);
	tcase_add_test(tc, a_change_replaces_the_list);
	tcase_add_test(tc, a_list_that_is_not_wanted_any_more_goes);
	tcase_add_test(tc, one_that_is_wanted_later_comes);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
