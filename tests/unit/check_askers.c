#include <string.h>
#include <sysexits.h>

#include "master/askers.h"
#include "unit.h"

/* Somebody who asked, and what he was told. */
struct ear {
	int heard;
	int code;
	char text[64];
};

static struct askers askers;
static struct ear ears[ASKERS_MAX + 1];

static void
hear(void *arg, int code, const char *text)
{
	struct ear *e = arg;

	e->heard++;
	e->code = code;
	(void)strncpy(e->text, text, sizeof(e->text) - 1);
}

static void
setup(void)
{
	memset(&askers, 0, sizeof(askers));
	memset(ears, 0, sizeof(ears));
}

START_TEST(who_asked_before_the_work_began_gets_its_verdict)
{
	askers_add(&askers, hear, &ears[0]);
	askers_serve(&askers);
	askers_add(&askers, hear, &ears[1]);
	askers_tell(&askers, false, 0, "done");
	ck_assert_int_eq(ears[0].heard, 1);
	ck_assert_str_eq(ears[0].text, "done");
	ck_assert_int_eq(ears[1].heard, 0);

	askers_serve(&askers);
	askers_tell(&askers, false, EX_CONFIG, "no");
	ck_assert_int_eq(ears[0].heard, 1);
	ck_assert_int_eq(ears[1].heard, 1);
	ck_assert_int_eq(ears[1].code, EX_CONFIG);
}
END_TEST

START_TEST(all_are_told_when_nothing_more_will_be_done)
{
	askers_add(&askers, hear, &ears[0]);
	askers_serve(&askers);
	askers_add(&askers, hear, &ears[1]);
	askers_tell(&askers, true, EX_UNAVAILABLE, "stop");
	ck_assert_int_eq(ears[0].heard, 1);
	ck_assert_int_eq(ears[1].heard, 1);
}
END_TEST

START_TEST(who_left_is_told_nothing)
{
	askers_add(&askers, hear, &ears[0]);
	askers_add(&askers, hear, &ears[1]);
	askers_serve(&askers);
	askers_forget(&askers, &ears[0]);
	askers_tell(&askers, false, 0, "done");
	ck_assert_int_eq(ears[0].heard, 0);
	ck_assert_int_eq(ears[1].heard, 1);
}
END_TEST

START_TEST(one_too_many_is_told_so_at_once_and_a_place_is_used_again)
{
	int i;

	for (i = 0; i <= ASKERS_MAX; i++)
		askers_add(&askers, hear, &ears[i]);
	ck_assert_int_eq(ears[ASKERS_MAX].heard, 1);
	ck_assert_int_eq(ears[ASKERS_MAX].code, EX_TEMPFAIL);
	ck_assert_int_eq(ears[0].heard, 0);

	askers_forget(&askers, &ears[3]);
	askers_add(&askers, hear, &ears[ASKERS_MAX]);
	ck_assert_int_eq(ears[ASKERS_MAX].heard, 1);
	askers_tell(&askers, true, 0, "done");
	ck_assert_int_eq(ears[ASKERS_MAX].heard, 2);
	ck_assert_int_eq(ears[3].heard, 0);
}
END_TEST

START_TEST(nobody_waits_where_nothing_was_given_to_call)
{
	askers_add(&askers, NULL, NULL);
	askers_serve(&askers);
	askers_tell(&askers, true, 0, "done");
	ck_assert(askers.at[0].done == NULL);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("askers");
	TCase *tc = tcase_create("verdicts");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, who_asked_before_the_work_began_gets_its_verdict);
	tcase_add_test(tc, all_are_told_when_nothing_more_will_be_done);
	tcase_add_test(tc, who_left_is_told_nothing);
	tcase_add_test(
	    tc, one_too_many_is_told_so_at_once_and_a_place_is_used_again);
	tcase_add_test(tc, nobody_waits_where_nothing_was_given_to_call);
	return unit_run(s);
}
