#include <inttypes.h>

#include "base/num.h"
#include "unit.h"

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))

static const struct {
	const char *text;
	int64_t ms; /* -1: refused */
} durations[] = {
	{ "0", 0 },
	{ "10", 10000 },
	{ "10s", 10000 },
	{ "100ms", 100 },
	{ "5m", 300000 },
	{ "1h", 3600000 },
	{ "2d", 172800000 },
	{ "1H", 3600000 },
	{ "9223372036854775807ms", INT64_MAX },
	{ "9223372036854775808ms", -1 },
	{ "9223372036854775807", -1 },
	{ "18446744073709551616ms", -1 },
	{ "", -1 },
	{ "s", -1 },
	{ "-1", -1 },
	{ "+1", -1 },
	{ " 1", -1 },
	{ "1 s", -1 },
	{ "1.5s", -1 },
	{ "1sec", -1 },
	{ "0x10", -1 },
};

START_TEST(a_duration_is_read_or_refused)
{
	int64_t ms = -7;
	int got = num_duration(durations[_i].text, &ms);

	ck_assert_msg(got == (durations[_i].ms == -1 ? -1 : 0), "'%s'",
	    durations[_i].text);
	ck_assert_msg(ms == (got == 0 ? durations[_i].ms : -7),
	    "'%s': %" PRId64, durations[_i].text, ms);
}
END_TEST

static const struct {
	const char *text;
	int code;
	uint64_t bytes;
} sizes[] = {
	{ "0", 0, 0 },
	{ "65536", 0, 65536 },
	{ "64K", 0, 65536 },
	{ "64k", 0, 65536 },
	{ "1M", 0, 1048576 },
	{ "2G", 0, UINT64_C(2147483648) },
	{ "18446744073709551615", 0, UINT64_MAX },
	{ "18446744073709551616", -1, 0 },
	{ "99999999999999999999999", -1, 0 },
	{ "17179869183G", 0, UINT64_C(17179869183) << 30 },
	{ "17179869184G", -1, 0 },
	{ "64KB", -1, 0 },
	{ "K", -1, 0 },
	{ "-1", -1, 0 },
	{ "", -1, 0 },
};

START_TEST(a_size_is_read_or_refused)
{
	uint64_t bytes = 7;
	int got = num_size(sizes[_i].text, &bytes);

	ck_assert_msg(got == sizes[_i].code, "'%s'", sizes[_i].text);
	ck_assert_msg(
	    bytes == (got == 0 ? sizes[_i].bytes : 7), "'%s'", sizes[_i].text);
}
END_TEST

static const struct {
	const char *text;
	int64_t min, max;
	int code;
	int64_t value;
} ints[] = {
	{ "5", 1, 10, 0, 5 },
	{ "1", 1, 10, 0, 1 },
	{ "10", 1, 10, 0, 10 },
	{ "0", 1, 10, -1, 0 },
	{ "11", 1, 10, -1, 0 },
	{ "-20", -20, 19, 0, -20 },
	{ "-21", -20, 19, -1, 0 },
	{ "-0", -1, 1, 0, 0 },
	{ "-9223372036854775808", INT64_MIN, INT64_MAX, 0, INT64_MIN },
	{ "-9223372036854775809", INT64_MIN, INT64_MAX, -1, 0 },
	{ "9223372036854775807", INT64_MIN, INT64_MAX, 0, INT64_MAX },
	{ "9223372036854775808", INT64_MIN, INT64_MAX, -1, 0 },
	{ "--1", -10, 10, -1, 0 },
	{ "-", -10, 10, -1, 0 },
	{ "1x", -10, 10, -1, 0 },
	{ "", -10, 10, -1, 0 },
};

START_TEST(an_integer_is_within_its_range)
{
	int64_t value = 7;
	int got = num_int(ints[_i].text, ints[_i].min, ints[_i].max, &value);

	ck_assert_msg(got == ints[_i].code, "'%s'", ints[_i].text);
	ck_assert_msg(
	    value == (got == 0 ? ints[_i].value : 7), "'%s'", ints[_i].text);
}
END_TEST

static const struct {
	const char *text;
	int code;
	unsigned mode;
} modes[] = {
	{ "0660", 0, 0660 },
	{ "660", 0, 0660 },
	{ "0", 0, 0 },
	{ "0777", 0, 0777 },
	{ "1777", -1, 0 },
	{ "0680", -1, 0 },
	{ "77777777777777777777777", -1, 0 },
	{ "-7", -1, 0 },
	{ "", -1, 0 },
};

START_TEST(a_mode_is_octal)
{
	unsigned mode = 7;
	int got = num_mode(modes[_i].text, &mode);

	ck_assert_msg(got == modes[_i].code, "'%s'", modes[_i].text);
	ck_assert_uint_eq(mode, got == 0 ? modes[_i].mode : 7);
}
END_TEST

static const struct {
	const char *text;
	int code;
	bool value;
} bools[] = {
	{ "yes", 0, true },
	{ "on", 0, true },
	{ "true", 0, true },
	{ "Yes", 0, true },
	{ "no", 0, false },
	{ "off", 0, false },
	{ "false", 0, false },
	{ "1", -1, false },
	{ "y", -1, false },
	{ "", -1, false },
};

START_TEST(a_truth_is_one_of_six_words)
{
	bool value = !bools[_i].value;
	int got = num_bool(bools[_i].text, &value);

	ck_assert_msg(got == bools[_i].code, "'%s'", bools[_i].text);
	ck_assert_int_eq(value, got == 0 ? bools[_i].value : !bools[_i].value);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("num");
	TCase *tc = tcase_create("text");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, a_duration_is_read_or_refused, 0, N(durations));
	tcase_add_loop_test(tc, a_size_is_read_or_refused, 0, N(sizes));
	tcase_add_loop_test(tc, an_integer_is_within_its_range, 0, N(ints));
	tcase_add_loop_test(tc, a_mode_is_octal, 0, N(modes));
	tcase_add_loop_test(tc, a_truth_is_one_of_six_words, 0, N(bools));
	return unit_run(s);
}
