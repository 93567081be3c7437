#include "unit.h"
#include "view/words.h"

#define SECOND INT64_C(1000000)

static const struct {
	int64_t us;
	const char *text;
} times[] = {
	{ -1, "-" },
	{ 0, "0 us" },
	{ 999, "999 us" },
	{ 1000, "1.0 ms" },
	{ 9949, "9.9 ms" },
	{ 12000, "12 ms" },
	{ SECOND - 1, "999 ms" },
	{ SECOND, "1.0 s" },
	{ 59 * SECOND, "59.0 s" },
	{ 60 * SECOND, "1m" },
	{ 125 * SECOND, "2m 5s" },
	{ 7500 * SECOND, "2h 5m" },
	{ 86400 * SECOND, "1d" },
	{ 273600 * SECOND, "3d 4h" },
};

START_TEST(a_time_has_the_unit_that_suits_it)
{
	char buf[WORDS_MAX];

	ck_assert_str_eq(words_time(buf, times[_i].us), times[_i].text);
}
END_TEST

static const struct {
	uint64_t bytes;
	const char *text;
} sizes[] = {
	{ 0, "0" },
	{ 1023, "1023" },
	{ 1024, "1.0K" },
	{ 65536, "64K" },
	{ 1048575, "1.0M" },
	{ 3355443, "3.2M" },
	{ UINT64_C(3) << 29, "1.5G" },
	{ UINT64_MAX, "16E" },
};

START_TEST(a_size_has_the_unit_that_suits_it)
{
	char buf[WORDS_MAX];

	ck_assert_str_eq(words_size(buf, sizes[_i].bytes), sizes[_i].text);
}
END_TEST

START_TEST(every_counter_has_a_name_of_its_own)
{
	int i, k;

	for (i = 0; i < BOARD_COUNTERS; i++) {
		const char *name = words_counter((enum board_counter)i);

		ck_assert_ptr_nonnull(name);
		for (k = 0; k < i; k++)
			ck_assert_str_ne(
			    name, words_counter((enum board_counter)k));
	}
}
END_TEST

START_TEST(what_no_board_may_say_is_unknown)
{
	ck_assert_str_eq(words_stage(BOARD_STAGES), "unknown");
	ck_assert_str_eq(words_life(BOARD_LIVES + 1), "unknown");
	ck_assert_str_eq(words_histogram(BOARD_HISTOGRAMS), "unknown");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("words");
	TCase *tc = tcase_create("words");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, a_time_has_the_unit_that_suits_it, 0,
	    (int)(sizeof(times) / sizeof(times[0])));
	tcase_add_loop_test(tc, a_size_has_the_unit_that_suits_it, 0,
	    (int)(sizeof(sizes) / sizeof(sizes[0])));
	tcase_add_test(tc, every_counter_has_a_name_of_its_own);
	tcase_add_test(tc, what_no_board_may_say_is_unknown);
	return unit_run(s);
}
