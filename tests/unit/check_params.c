#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/fcgi.h"
#include "proto/params.h"
#include "unit.h"

#define ROWS(t) ((int)(sizeof(t) / sizeof((t)[0])))
#define TEXT(s)                                              \
	{                                                    \
		(const uint8_t *)(s), sizeof(s) - sizeof("") \
	}
#define WIRE_MAX ((size_t)1 << 20)

static struct params params;
static uint8_t *wire;
static size_t wire_len;
static char *arena;

static void
setup(void)
{
	wire = malloc(WIRE_MAX);
	ck_assert_ptr_nonnull(wire);
	wire_len = 0;
	arena = NULL;
}

static void
teardown(void)
{
	free(wire);
	free(arena);
}

/* An arena of exactly CAP bytes, so that ASan guards its end. */
static void
reset(size_t cap)
{
	free(arena);
	arena = malloc(cap > 0 ? cap : 1);
	ck_assert_ptr_nonnull(arena);
	memset(arena, 0x55, cap);
	params_reset(&params, arena, cap);
}

static void
add(const char *name, const char *value)
{
	const struct fcgi_pair pair = {
		{ (const uint8_t *)name, strlen(name) },
		{ (const uint8_t *)value, strlen(value) },
	};

	wire_len += fcgi_put_pair(wire + wire_len, pair);
}

static void
add_lens(uint32_t name_len, uint32_t value_len)
{
	const uint32_t both[] = { name_len, value_len };

	for (size_t i = 0; i < 2; i++) {
		wire[wire_len++] = (uint8_t)(both[i] >> 24 | 0x80);
		wire[wire_len++] = (uint8_t)(both[i] >> 16);
		wire[wire_len++] = (uint8_t)(both[i] >> 8);
		wire[wire_len++] = (uint8_t)both[i];
	}
}

static void
add_fill(uint32_t value_len)
{
	add_lens(1, value_len);
	wire[wire_len++] = 'A';
	memset(wire + wire_len, 'x', value_len);
	wire_len += value_len;
}

/* Feed the wire in pieces of at most PIECE bytes, each on a heap block of
 * its own exact size. */
static enum params_err
feed_by(size_t piece)
{
	for (size_t at = 0; at < wire_len; at += piece) {
		size_t n = wire_len - at < piece ? wire_len - at : piece;
		uint8_t *exact = malloc(n);

		ck_assert_ptr_nonnull(exact);
		memcpy(exact, wire + at, n);
		(void)params_feed(&params, (struct span){ exact, n });
		free(exact);
	}
	return params_finish(&params);
}

static void
expect(unsigned i, const char *want)
{
	size_t name_len = 0;

	ck_assert_uint_lt(i, params.count);
	ck_assert_str_eq(params_entry(&params, i, &name_len), want);
	ck_assert_uint_eq(name_len, (size_t)(strchr(want, '=') - want));
}

static void
sample(void)
{
	add("SERVER_PORT", "80");
	add("SERVER_ADDR", "199.170.183.42");
	add("EMPTY", "");
	add("BAD-NAME", "dropped");
	add("", "no name");
	add("", "");
	add_lens(2, 3);
	memcpy(wire + wire_len, "AB=c\n", 5);
	wire_len += 5;
	add("SERVER_PORT", "8080");
}

static void
expect_sample(void)
{
	ck_assert_uint_eq(params.count, 4);
	ck_assert_uint_eq(params.dropped, 3);
	expect(0, "SERVER_PORT=8080");
	expect(1, "SERVER_ADDR=199.170.183.42");
	expect(2, "EMPTY=");
	expect(3, "AB==c\n");
	ck_assert_str_eq(params_get(&params, "SERVER_PORT"), "8080");
	ck_assert_str_eq(params_get(&params, "EMPTY"), "");
	ck_assert_ptr_null(params_get(&params, "SERVER"));
	ck_assert_ptr_null(params_get(&params, "SERVER_PORTS"));
	ck_assert_ptr_null(params_get(&params, "BAD-NAME"));
	ck_assert_ptr_null(params_get(&params, ""));
}

START_TEST(no_parameters_are_no_error)
{
	reset(0);
	ck_assert_int_eq(
	    params_feed(&params, (struct span){ NULL, 0 }), PARAMS_OK);
	ck_assert_int_eq(params_finish(&params), PARAMS_OK);
	ck_assert_uint_eq(params.count, 0);
	ck_assert_ptr_null(params_get(&params, "A"));
}
END_TEST

START_TEST(pieces_of_any_size_equal_the_whole)
{
	sample();
	for (size_t piece = 1; piece <= wire_len; piece++) {
		reset(wire_len);
		ck_assert_int_eq(feed_by(piece), PARAMS_OK);
		ck_assert_uint_eq(params.fed, wire_len);
		expect_sample();
	}
}
END_TEST

START_TEST(a_split_at_any_byte_equals_the_whole)
{
	sample();
	for (size_t cut = 0; cut <= wire_len; cut++) {
		reset(wire_len);
		(void)params_feed(&params, (struct span){ wire, cut });
		(void)params_feed(
		    &params, (struct span){ wire + cut, wire_len - cut });
		ck_assert_int_eq(params_finish(&params), PARAMS_OK);
		expect_sample();
	}
}
END_TEST

/* Only where a pair has just ended may the stream end. */
START_TEST(a_stream_cut_within_a_pair_is_an_error)
{
	size_t ends[8], n = 0;

	ends[n++] = 0;
	add("A", "1");
	ends[n++] = wire_len;
	add("LONGER", "");
	ends[n++] = wire_len;
	add_fill(200);
	ends[n++] = wire_len;
	for (size_t cut = 0, i = 0; cut <= wire_len; cut++) {
		uint8_t *exact = malloc(cut + 1);
		bool whole = i < n && ends[i] == cut;

		ck_assert_ptr_nonnull(exact);
		memcpy(exact + 1, wire, cut);
		reset(wire_len);
		ck_assert_int_eq(
		    params_feed(&params, (struct span){ exact + 1, cut }),
		    PARAMS_OK);
		ck_assert_int_eq(
		    params_finish(&params), whole ? PARAMS_OK : PARAMS_ECUT);
		i += whole;
		free(exact);
	}
}
END_TEST

static const struct {
	const char *label;
	struct span name;
	bool kept;
} names[] = {
	{ "letters, digits, _", TEXT("HTTP_X_9z"), true },
	{ "one letter", TEXT("a"), true },
	{ "underscore first", TEXT("_x"), true },
	{ "empty", TEXT(""), false },
	{ "digit first", TEXT("9A"), false },
	{ "minus", TEXT("A-B"), false },
	{ "equals", TEXT("A=B"), false },
	{ "newline", TEXT("A\nB"), false },
	{ "NUL", TEXT("A\0B"), false },
	{ "NUL at the end", TEXT("A\0"), false },
	{ "a shell function", TEXT("BASH_FUNC_x%%"), false },
	{ "space at the end", TEXT("A "), false },
	{ "above ASCII", TEXT("A\xc3\xa4"), false },
	{ "just beside the letters", TEXT("A@"), false },
	{ "just behind the letters", TEXT("A["), false },
};

START_TEST(only_plain_names_are_kept)
{
	const struct fcgi_pair pair = { names[_i].name, TEXT("value") };

	wire_len += fcgi_put_pair(wire, pair);
	add("NEXT", "1");
	for (size_t piece = 1; piece <= wire_len; piece++) {
		reset(wire_len);
		ck_assert_int_eq(feed_by(piece), PARAMS_OK);
		ck_assert_msg(params.count == (names[_i].kept ? 2 : 1), "%s",
		    names[_i].label);
		ck_assert_uint_eq(params.dropped, names[_i].kept ? 0 : 1);
		ck_assert_str_eq(params_get(&params, "NEXT"), "1");
	}
}
END_TEST

START_TEST(a_dropped_pair_takes_no_room_whatever_its_size)
{
	const uint32_t big = 100000;

	add("OK", "1");
	reset(WIRE_MAX);
	(void)feed_by(wire_len);
	wire_len = 0;
	add_lens(3, big);
	memcpy(wire + wire_len, "A-B", 3);
	memset(wire + wire_len + 3, 0, big); /* not even looked at */
	wire_len += 3 + big;
	ck_assert_int_eq(feed_by(4096), PARAMS_OK);
	ck_assert_uint_eq(params.used, sizeof("OK=1"));
	ck_assert_uint_eq(params.fed, 5 + 8 + 3 + big);
	ck_assert_uint_eq(params.dropped, 1);
}
END_TEST

START_TEST(a_nul_within_a_value_is_refused)
{
	static const uint8_t good[] = { 1, 3, 'A', 'x', 0, 'y' };

	memcpy(wire, good, sizeof(good));
	wire_len = sizeof(good);
	for (size_t piece = 1; piece <= wire_len; piece++) {
		reset(wire_len);
		ck_assert_int_eq(feed_by(piece), PARAMS_ENUL);
		ck_assert_uint_eq(params.count, 0);
	}
}
END_TEST

/* Last wins, one entry, the first's place; the arena is as large as the
 * wire and must do. */
START_TEST(of_duplicates_the_last_wins)
{
	char value[16];

	add("FIRST", "1");
	for (int i = 0; i < 1000; i++) {
		(void)snprintf(value, sizeof(value), "%d", i);
		add("X", value);
		if (i == 0)
			add("AFTER", "2");
	}
	for (size_t piece = 1; piece < wire_len; piece += 97) {
		reset(wire_len);
		ck_assert_int_eq(feed_by(piece), PARAMS_OK);
		ck_assert_uint_eq(params.count, 3);
		expect(0, "FIRST=1");
		expect(1, "X=999");
		expect(2, "AFTER=2");
		ck_assert_uint_le(params.used, params.fed);
	}
}
END_TEST

START_TEST(the_tightest_pairs_fill_the_arena_and_no_more)
{
	for (int i = 0; i < 600; i++)
		add(i % 2 != 0 ? "A" : "B", "");
	reset(wire_len);
	ck_assert_int_eq(feed_by(7), PARAMS_OK);
	ck_assert_uint_eq(params.used, wire_len);
	ck_assert_uint_eq(params.count, 2);
	reset(wire_len - 1);
	ck_assert_int_eq(feed_by(7), PARAMS_ETOTAL);
}
END_TEST

START_TEST(names_are_counted_up_to_the_limit)
{
	char name[16];

	for (int i = 0; i < PARAMS_COUNT_MAX; i++) {
		(void)snprintf(name, sizeof(name), "N%d", i);
		add(name, name);
	}
	add("N7", "again");
	reset(WIRE_MAX);
	ck_assert_int_eq(feed_by(333), PARAMS_OK);
	ck_assert_uint_eq(params.count, PARAMS_COUNT_MAX);
	for (int i = 0; i < PARAMS_COUNT_MAX; i++) {
		(void)snprintf(name, sizeof(name), "N%d", i);
		ck_assert_str_eq(
		    params_get(&params, name), i == 7 ? "again" : name);
	}
	ck_assert_ptr_null(params_get(&params, "N"));
	wire_len = 0;
	add("ONE_MORE", "");
	ck_assert_int_eq(feed_by(333), PARAMS_ECOUNT);
}
END_TEST

static const struct {
	const char *label;
	uint32_t value_len;
	enum params_err want;
} entries[] = {
	{ "a header of 70,000 bytes", 70000, PARAMS_OK },
	{ "131,060", 131060, PARAMS_OK },
	{ "A=... of exactly the maximum", PARAMS_ENTRY_MAX - 2, PARAMS_OK },
	{ "one more", PARAMS_ENTRY_MAX - 1, PARAMS_EENTRY },
	{ "131,072", 131072, PARAMS_EENTRY },
	{ "200,000", 200000, PARAMS_EENTRY },
};

START_TEST(one_pair_may_be_as_large_as_the_kernel_takes)
{
	add_fill(entries[_i].value_len);
	reset(WIRE_MAX);
	ck_assert_msg(feed_by(65535) == entries[_i].want, "%s: %s",
	    entries[_i].label, params_strerror(params.err));
	if (entries[_i].want != PARAMS_OK)
		return;
	ck_assert_uint_eq(
	    strlen(params_get(&params, "A")), entries[_i].value_len);
	/* It is not held back from the next ones either. */
	ck_assert_int_eq(feed_by(1000), PARAMS_OK);
	ck_assert_uint_eq(params.count, 1);
}
END_TEST

static const struct {
	const char *label;
	struct span in;
	enum params_err want;
} claims[] = {
	{ "name of 2^31-1", TEXT("\xff\xff\xff\xff"), PARAMS_EENTRY },
	{ "value of 2^31-1", TEXT("\x01\xff\xff\xff\xff"), PARAMS_EENTRY },
	{ "both", TEXT("\xff\xff\xff\xff\xff\xff\xff\xff"), PARAMS_EENTRY },
	{ "name of 2^31-8, whose sum wraps",
	    TEXT("\xff\xff\xff\xf8\x80\x00\x00\x0c"), PARAMS_EENTRY },
	{ "name beyond the arena", TEXT("\x80\x00\x01\x00"), PARAMS_ETOTAL },
	{ "value beyond the arena", TEXT("\x01\x80\x00\x01\x00"),
	    PARAMS_ETOTAL },
	{ "both beyond the arena", TEXT("\x64\x64"), PARAMS_ETOTAL },
	{ "0 and 0 in the long form", TEXT("\x80\0\0\0\x80\0\0\0"), PARAMS_OK },
};

/* 128 bytes of arena; the answer comes with the last length byte. */
START_TEST(a_claim_over_a_limit_is_refused_at_once)
{
	struct span in = claims[_i].in;

	for (size_t cut = 0; cut <= in.len; cut++) {
		reset(128);
		(void)params_feed(&params, (struct span){ in.at, cut });
		ck_assert_int_eq(
		    params_feed(
			&params, (struct span){ in.at + cut, in.len - cut }),
		    claims[_i].want);
		ck_assert_uint_eq(params.used, 0);
	}
}
END_TEST

START_TEST(an_error_is_sticky_and_takes_nothing)
{
	static const uint8_t bad[] = { 0xff, 0xff, 0xff, 0xff };
	size_t fed;

	reset(1000);
	ck_assert_int_eq(
	    params_feed(&params, (struct span){ bad, 4 }), PARAMS_EENTRY);
	fed = params.fed;
	add("A", "1");
	ck_assert_int_eq(params_feed(&params, (struct span){ wire, wire_len }),
	    PARAMS_EENTRY);
	ck_assert_int_eq(params_finish(&params), PARAMS_EENTRY);
	ck_assert_uint_eq(params.fed, fed);
	ck_assert_uint_eq(params.count, 0);
	reset(1000);
	ck_assert_int_eq(feed_by(1), PARAMS_OK);
	ck_assert_uint_eq(params.count, 1);
}
END_TEST

/* All claims of one byte, in pieces of all sizes: in an arena as large as
 * the wire, and in one with room for whatever is claimed. */
START_TEST(a_claim_neither_reads_past_an_end_nor_makes_half_an_entry)
{
	for (unsigned row = 0; row < 65536; row++) {
		unsigned claimed = (row >> 8) + (row & 0xff);

		wire_len = 10;
		memset(wire, 'A', wire_len);
		wire[0] = (uint8_t)(row >> 8);
		wire[1] = (uint8_t)row;
		reset(wire_len);
		(void)feed_by(row % 10 + 1);
		ck_assert_uint_le(params.used, params.fed);
		ck_assert_uint_le(params.fed, wire_len);
		if (claimed > 8)
			ck_assert_int_ne(params.err, PARAMS_OK);
		reset(512);
		(void)feed_by(row % 10 + 1);
		ck_assert(claimed <= 8 ||
		    (params.err != PARAMS_OK && params.count == 0));
	}
}
END_TEST

START_TEST(every_error_has_a_text)
{
	ck_assert_str_ne(params_strerror((enum params_err)_i), "unknown error");
}
END_TEST

static Suite *
params_suite(void)
{
	Suite *s = suite_create("params");
	TCase *tc = tcase_create("decode");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, no_parameters_are_no_error);
	tcase_add_test(tc, pieces_of_any_size_equal_the_whole);
	tcase_add_test(tc, a_split_at_any_byte_equals_the_whole);
	tcase_add_test(tc, a_stream_cut_within_a_pair_is_an_error);
	tcase_add_loop_test(tc, only_plain_names_are_kept, 0, ROWS(names));
	tcase_add_test(tc, a_dropped_pair_takes_no_room_whatever_its_size);
	tcase_add_test(tc, a_nul_within_a_value_is_refused);
	tcase_add_test(tc, of_duplicates_the_last_wins);
	tcase_add_test(tc, the_tightest_pairs_fill_the_arena_and_no_more);
	tcase_add_test(tc, names_are_counted_up_to_the_limit);
	tcase_add_loop_test(
	    tc, one_pair_may_be_as_large_as_the_kernel_takes, 0, ROWS(entries));
	tcase_add_loop_test(
	    tc, a_claim_over_a_limit_is_refused_at_once, 0, ROWS(claims));
	tcase_add_test(tc, an_error_is_sticky_and_takes_nothing);
	tcase_add_test(
	    tc, a_claim_neither_reads_past_an_end_nor_makes_half_an_entry);
	tcase_add_loop_test(
	    tc, every_error_has_a_text, PARAMS_OK, PARAMS_ECUT + 1);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return unit_run(params_suite());
}
