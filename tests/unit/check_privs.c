/* Most of it needs root, and a process that may be given away. */
#include <errno.h>
#include <grp.h>
#include <linux/securebits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/privs.h"
#include "unit.h"

static char text[256];

/* An account that every system has, and its number as text. */
static struct passwd *
nobody(char *number, size_t cap)
{
	struct passwd *pw = getpwnam("nobody");

	ck_assert_ptr_nonnull(pw);
	(void)snprintf(number, cap, "%u", (unsigned)pw->pw_uid);
	return pw;
}

START_TEST(nothing_asked_changes_nothing)
{
	struct privs p = { .change_ids = true };

	ck_assert_int_eq(privs_resolve(&p, NULL, NULL, text, sizeof(text)), 0);
	ck_assert(!p.change_ids);
	ck_assert_ptr_null(privs_apply(&p));
}
END_TEST

START_TEST(a_user_is_found_by_name_and_by_number)
{
	struct privs p = { 0 };
	char number[16];
	struct passwd *pw = nobody(number, sizeof(number));
	uid_t uid = pw->pw_uid;
	gid_t gid = pw->pw_gid;

	ck_assert_int_eq(privs_resolve(&p, _i == 0 ? "nobody" : number, NULL,
			     text, sizeof(text)),
	    0);
	ck_assert(p.change_ids);
	ck_assert_uint_eq(p.uid, uid);
	ck_assert_uint_eq(p.gid, gid);
	ck_assert_uint_ge(p.ngroups, 1);
	ck_assert_uint_eq(p.groups[0], gid);
	free(p.groups);
}
END_TEST

START_TEST(an_id_is_found_by_name_and_by_number)
{
	char number[16];
	struct passwd *pw = nobody(number, sizeof(number));
	uid_t expected = pw->pw_uid, uid = 1;
	gid_t gid = 1;

	ck_assert_int_eq(privs_find_user(_i == 0 ? "nobody" : number, &uid), 0);
	ck_assert_uint_eq(uid, expected);
	ck_assert_int_eq(privs_find_group(_i == 0 ? "root" : "0", &gid), 0);
	ck_assert_uint_eq(gid, 0);
	ck_assert_int_eq(privs_find_user("no-such-user", &uid), -1);
	ck_assert_int_eq(privs_find_group("4294967295", &gid), -1);
}
END_TEST

/* The groups of an account that is in more than one, by name and number:
 * php-fpm once forgot those of a numeric user. */
START_TEST(a_numeric_user_has_the_groups_of_its_name)
{
	struct privs by_name = { 0 }, by_number = { 0 };
	char name[64], number[16];
	struct group *gr;
	struct passwd *pw = NULL;

	setgrent();
	while (pw == NULL && (gr = getgrent()) != NULL) {
		if (gr->gr_mem[0] != NULL)
			pw = getpwnam(gr->gr_mem[0]);
	}
	endgrent();
	if (pw == NULL)
		return; /* nobody here is in a second group */
	(void)snprintf(name, sizeof(name), "%s", pw->pw_name);
	(void)snprintf(number, sizeof(number), "%u", (unsigned)pw->pw_uid);
	ck_assert_int_eq(
	    privs_resolve(&by_name, name, NULL, text, sizeof(text)), 0);
	ck_assert_int_eq(
	    privs_resolve(&by_number, number, NULL, text, sizeof(text)), 0);
	ck_assert_uint_ge(by_name.ngroups, 2);
	ck_assert_uint_eq(by_name.ngroups, by_number.ngroups);
	ck_assert_mem_eq(
	    by_name.groups, by_number.groups, by_name.ngroups * sizeof(gid_t));
	free(by_name.groups);
	free(by_number.groups);
}
END_TEST

START_TEST(a_group_is_found_by_name_and_by_number)
{
	struct privs p = { 0 };
	struct group *gr = getgrgid(1);
	char name[64];

	ck_assert_ptr_nonnull(gr);
	(void)snprintf(name, sizeof(name), "%s", gr->gr_name);
	ck_assert_int_eq(privs_resolve(&p, "nobody", _i == 0 ? name : "1", text,
			     sizeof(text)),
	    0);
	ck_assert_uint_eq(p.gid, 1);
	ck_assert_uint_eq(p.groups[0], 1);
	free(p.groups);
}
END_TEST

START_TEST(a_number_without_an_account_needs_a_group)
{
	struct privs p = { 0 };

	ck_assert_int_eq(
	    privs_resolve(&p, "3999999999", NULL, text, sizeof(text)), -1);
	ck_assert_ptr_nonnull(strstr(text, "group"));
	ck_assert_int_eq(
	    privs_resolve(&p, "3999999999", "1", text, sizeof(text)), 0);
	ck_assert_uint_eq(p.uid, 3999999999U);
	ck_assert_uint_eq(p.ngroups, 1);
	ck_assert_uint_eq(p.groups[0], 1);
	free(p.groups);
}
END_TEST

static const struct {
	const char *user, *group, *text;
} unknown[] = {
	{ "no-such-user", NULL, "unknown user 'no-such-user'" },
	{ "nobody", "no-such-group", "unknown group 'no-such-group'" },
	{ "", NULL, "unknown user ''" },
	{ "-1", NULL, "unknown user '-1'" },
	/* (uid_t)-1 would mean "leave as it is" to the kernel. */
	{ "4294967295", "1", "unknown user '4294967295'" },
	{ "nobody", "4294967295", "unknown group '4294967295'" },
	{ "4294967296", "1", "unknown user '4294967296'" },
};

START_TEST(an_unknown_name_is_said)
{
	struct privs p = { 0 };

	ck_assert_int_eq(privs_resolve(&p, unknown[_i].user, unknown[_i].group,
			     text, sizeof(text)),
	    -1);
	ck_assert_str_eq(text, unknown[_i].text);
	ck_assert_ptr_null(p.groups);
}
END_TEST

static bool
status_says(const char *line)
{
	return strstr(unit_read("/proc/self/status"), line) != NULL;
}

static int
become_nobody(void)
{
	const gid_t groups[] = { 7, 3, 5 };
	gid_t list[3];
	struct privs p = { .change_ids = true,
		.uid = 65534,
		.gid = 65533,
		.groups = list,
		.ngroups = 3,
		.umask = 027 };

	memcpy(list, groups, sizeof(list));
	if (privs_apply(&p) != NULL)
		return 1;
	if (!status_says("Uid:\t65534\t65534\t65534\t65534\n") ||
	    !status_says("Gid:\t65533\t65533\t65533\t65533\n") ||
	    !status_says("Groups:\t3 5 7 \n") ||
	    !status_says("CapEff:\t0000000000000000\n") ||
	    !status_says("CapPrm:\t0000000000000000\n"))
		return 2;
	if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0)
		return 3;
	if (prctl(PR_GET_DUMPABLE) != 0)
		return 4;
	return umask(0) == 027 ? 0 : 5;
}

static int
become_dumpable(void)
{
	gid_t group = 65534;
	const struct privs p = { .change_ids = true,
		.uid = 65534,
		.gid = 65534,
		.groups = &group,
		.ngroups = 1,
		.dumpable = true };

	if (privs_apply(&p) != NULL)
		return 1;
	if (!status_says("Uid:\t65534\t65534\t65534\t65534\n"))
		return 2;
	return prctl(PR_GET_DUMPABLE) == 1 ? 0 : 3;
}

/* The kernel keeps capabilities for whoever asked for that before. */
static int
keep_a_way_back(void)
{
	gid_t group = 65534;
	struct privs p = { .change_ids = true,
		.uid = 65534,
		.gid = 65534,
		.groups = &group,
		.ngroups = 1 };
	const char *step;

	if (prctl(PR_SET_SECUREBITS, SECBIT_NO_SETUID_FIXUP) == -1)
		return 1;
	step = privs_apply(&p);
	if (step == NULL)
		return 2;
	return strcmp(step, "giving up root for good") == 0 ? 0 : 3;
}

static int
fail_without_root(void)
{
	gid_t group = 1;
	struct privs p = { .change_ids = true,
		.uid = 1,
		.gid = 1,
		.groups = &group,
		.ngroups = 1 };
	const char *step;

	if (setgroups(1, &group) == -1 || setgid(65534) == -1 ||
	    setuid(65534) == -1)
		return 1;
	step = privs_apply(&p);
	return step != NULL && strcmp(step, "setgroups") == 0 && errno == EPERM
	    ? 0
	    : 2;
}

/* Already there: nothing has to be changed, so root is not needed. */
static int
stay_without_root(void)
{
	gid_t group = 65534;
	struct privs p = { .change_ids = true,
		.uid = 65534,
		.gid = 65534,
		.groups = &group,
		.ngroups = 1 };

	if (setgroups(1, &group) == -1 || setgid(65534) == -1 ||
	    setuid(65534) == -1)
		return 1;
	return privs_apply(&p) == NULL ? 0 : 2;
}

static int
raise_priority(void)
{
	struct privs p = { .set_priority = true, .priority = 5 };
	const char *step;

	if (privs_apply(&p) != NULL || getpriority(PRIO_PROCESS, 0) != 5)
		return 1;
	if (setuid(65534) == -1)
		return 2;
	p.priority = -5;
	step = privs_apply(&p);
	return step != NULL && strcmp(step, "setpriority") == 0 ? 0 : 3;
}

static int
change_root(void)
{
	struct privs p = { .chroot = unit_path("."), .chdir = "/in" };
	char cwd[64];

	if (mkdir(unit_path("in"), 0755) == -1 || privs_apply(&p) != NULL)
		return 1;
	if (getcwd(cwd, sizeof(cwd)) == NULL || strcmp(cwd, "/in") != 0)
		return 2;
	return access("/etc", F_OK) == -1 ? 0 : 3;
}

static int
fail_in_a_folder(void)
{
	struct privs p = { .chdir = "/nonexistent" };
	const char *step = privs_apply(&p);

	if (step == NULL || strcmp(step, "chdir") != 0 || errno != ENOENT)
		return 1;
	p.chroot = "/nonexistent";
	step = privs_apply(&p);
	return step != NULL && strcmp(step, "chroot") == 0 && errno == ENOENT
	    ? 0
	    : 2;
}

static const struct {
	const char *what;
	int (*act)(void);
} acts[] = {
	{ "ids are changed, verified and lost for good", become_nobody },
	{ "who is asked to be dumpable is", become_dumpable },
	{ "a way back to root is a failure", keep_a_way_back },
	{ "a change without permission is a failure", fail_without_root },
	{ "no change needs no permission", stay_without_root },
	{ "the priority is set, or named as failed", raise_priority },
	{ "the root and the folder in it are changed", change_root },
	{ "a missing folder or root is named", fail_in_a_folder },
};

START_TEST(a_process_becomes_what_was_asked_or_fails)
{
	pid_t pid;
	int code;

	if (geteuid() != 0)
		return;
	unit_dir_make();
	pid = fork();
	if (pid == 0)
		_exit(acts[_i].act());
	code = unit_exit_code(pid);
	unit_dir_remove();
	ck_assert_msg(code == 0, "%s: %d", acts[_i].what, code);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("privs");
	TCase *tc = tcase_create("resolve");

	suite_add_tcase(s, tc);
	tcase_add_test(tc, nothing_asked_changes_nothing);
	tcase_add_loop_test(tc, a_user_is_found_by_name_and_by_number, 0, 2);
	tcase_add_loop_test(tc, an_id_is_found_by_name_and_by_number, 0, 2);
	tcase_add_test(tc, a_numeric_user_has_the_groups_of_its_name);
	tcase_add_loop_test(tc, a_group_is_found_by_name_and_by_number, 0, 2);
	tcase_add_test(tc, a_number_without_an_account_needs_a_group);
	tcase_add_loop_test(tc, an_unknown_name_is_said, 0,
	    sizeof(unknown) / sizeof(unknown[0]));
	tc = tcase_create("apply");
	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, a_process_becomes_what_was_asked_or_fails, 0,
	    sizeof(acts) / sizeof(acts[0]));
	return unit_run(s);
}
