
#include "unit.h"
#include "worker/report.h"

#define NOW INT64_C(1700000000000000)

static const struct {
	const char *text;
	int64_t wait_us;
} rows[] = {
	{ "t=1699999999.500", 500000 },
	{ "1699999999.5", 500000 },
	{ "1699999999000", 1000000 },
	{ "t=1699999999999000", 1000 },
	{ "t=1700000000", 0 },
	{ "t=1700000001", -1 }, /* later than now */
	{ "t=1699990000", -1 }, /* hours ago */
	{ "", -1 },
	{ "t=", -1 },
	{ "t=-5", -1 },
	{ "nan", -1 },
	{ "t=inf", -1 },
	{ "1699999999.5 x", -1 },
	{ "99999999999999999999999999999999", -1 },
};

START_TEST(the_wait_is_what_the_web_server_says_if_it_can_be)
{
	ck_assert_int_eq(report_wait_us(rows[_i].text, NOW), rows[_i].wait_us);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("report");
	TCase *tc = tcase_create("wait");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc,
	    the_wait_is_what_the_web_server_says_if_it_can_be, 0,
	    sizeof(rows) / sizeof(rows[0]));
	return unit_run(s);
}
