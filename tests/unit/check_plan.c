/* check_plan.c - which pools go on, come and go. */
#include <string.h>

#include "master/plan.h"
#include "unit.h"

/* A pool for each letter; '.' is a seat that nobody has. */
struct row {
	const char *label;
	const char *now;
	const char *next;
	const char *to; /* the seat's number, '-': new */
};

static const struct row rows[] = {
	{ "nothing changes", "abc", "abc", "012" },
	{ "the order is no matter", "abc", "cab", "201" },
	{ "one comes", "ab", "axb", "0-1" },
	{ "one goes", "abc", "ac", "02" },
	{ "all are others", "abc", "xyz", "---" },
	{ "there was none", "", "ab", "--" },
	{ "empty seats are nobody's", ".b.a", "ab", "31" },
	{ "a name that begins like another is another", "a", "A", "-" },
};

START_TEST(each_pool_goes_on_under_its_name)
{
	const struct row *r = &rows[_i];
	struct pool_conf pools[8] = { 0 };
	struct master_conf next = { .pools = pools, .npools = strlen(r->next) };
	char text[16][2] = { { 0 } };
	const char *names[8];
	size_t i, n = strlen(r->now), to[8];

	for (i = 0; i < n; i++) {
		text[i][0] = r->now[i];
		names[i] = r->now[i] == '.' ? NULL : text[i];
	}
	for (i = 0; i < next.npools; i++) {
		text[8 + i][0] = r->next[i];
		pools[i].name = text[8 + i];
	}
	plan_pools(names, n, &next, to);
	for (i = 0; i < next.npools; i++)
		ck_assert_msg(to[i] ==
			(r->to[i] == '-' ? PLAN_NEW : (size_t)(r->to[i] - '0')),
		    "%s: pool %c", r->label, r->next[i]);
}
END_TEST

START_TEST(what_only_a_restart_changes_is_named)
{
	struct master_conf now = { .control_listen = "/a" };
	struct master_conf next = { .control_listen = "/a" };

	ck_assert_ptr_null(plan_refuses(&now, &next));
	next.control_listen = "/b";
	ck_assert_str_eq(plan_refuses(&now, &next), "control.listen");
	next.control_listen = NULL;
	ck_assert_str_eq(plan_refuses(&now, &next), "control.listen");
	now.control_listen = NULL;
	ck_assert_ptr_null(plan_refuses(&now, &next));
	next.control_perm.gid = 5;
	ck_assert_str_eq(plan_refuses(&now, &next), "control.group");
	next.control_perm.uid = 5;
	ck_assert_str_eq(plan_refuses(&now, &next), "control.owner");
	next.control_perm.mode = 0600;
	ck_assert_str_eq(plan_refuses(&now, &next), "control.mode");
}
END_TEST

START_TEST(the_pid_file_is_kept_when_its_path_is)
{
	struct master_conf now = { 0 }, next = { 0 };
	char path[] = "/run/a.pid";

	ck_assert(plan_keeps_pid_file(&now, &next));
	next.pid_file = path;
	ck_assert(!plan_keeps_pid_file(&now, &next));
	now.pid_file = "/run/a.pid";
	ck_assert(plan_keeps_pid_file(&now, &next));
	now.pid_file = "/run/b.pid";
	ck_assert(!plan_keeps_pid_file(&now, &next));
	next.pid_file = NULL;
	ck_assert(!plan_keeps_pid_file(&now, &next));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("plan");
	TCase *tc = tcase_create("whole");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, each_pool_goes_on_under_its_name, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tc, what_only_a_restart_changes_is_named);
	tcase_add_test(tc, the_pid_file_is_kept_when_its_path_is);
	return unit_run(s);
}
