#include <stdlib.h>
#include <string.h>

#include "proto/fcgi.h"
#include "unit.h"

#define BYTES(...)                                           \
	{                                                    \
		(const uint8_t[]){ __VA_ARGS__ },            \
		    sizeof((const uint8_t[]){ __VA_ARGS__ }) \
	}
#define ROWS(t) ((int)(sizeof(t) / sizeof((t)[0])))

/* The first LEN bytes of IN on a heap block of exactly that size, so that
 * ASan guards its end. */
static struct span
exact(const uint8_t *in, size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);

	ck_assert_ptr_nonnull(copy);
	if (len > 0)
		memcpy(copy, in, len);
	return (struct span){ len > 0 ? copy : copy + 1, len };
}

static void
drop(struct span s)
{
	/* What exact() made: an empty one points behind its only byte. */
	free((void *)(uintptr_t)(s.len > 0 ? s.at : s.at - 1));
}

static const struct {
	const char *label;
	struct span in;
	enum fcgi_err want;
	struct fcgi_head head;
} heads[] = {
	{ "stdin of 3 bytes, 5 of padding", BYTES(1, 5, 0, 7, 0, 3, 5, 0),
	    FCGI_OK, { 5, 5, 7, 3 } },
	{ "the greatest lengths and id",
	    BYTES(1, 4, 0xff, 0xff, 0xff, 0xff, 0xff, 0), FCGI_OK,
	    { 4, 255, 65535, 65535 } },
	{ "an unknown type is the caller's business",
	    BYTES(1, 255, 0, 0, 0, 0, 0, 0), FCGI_OK, { 255, 0, 0, 0 } },
	{ "a reserved byte is not looked at", BYTES(1, 1, 0, 1, 0, 8, 0, 0xaa),
	    FCGI_OK, { 1, 0, 1, 8 } },
	{ "version 0", BYTES(0, 1, 0, 1, 0, 8, 0, 0), FCGI_EVERSION, { 0 } },
	{ "version 2", BYTES(2, 1, 0, 1, 0, 8, 0, 0), FCGI_EVERSION, { 0 } },
	{ "version 255, nothing else yet", BYTES(255), FCGI_EVERSION, { 0 } },
	{ "HTTP", BYTES('G', 'E', 'T', ' ', '/'), FCGI_EVERSION, { 0 } },
};

START_TEST(a_head_is_read_as_it_was_written)
{
	struct span in = exact(heads[_i].in.at, heads[_i].in.len);
	struct span rest = in;
	struct fcgi_head out = { 0 };
	enum fcgi_err got = fcgi_get_head(&rest, &out);

	ck_assert_msg(got == heads[_i].want, "%s: %s", heads[_i].label,
	    fcgi_strerror(got));
	ck_assert_uint_eq(out.type, heads[_i].head.type);
	ck_assert_uint_eq(out.pad_len, heads[_i].head.pad_len);
	ck_assert_uint_eq(out.id, heads[_i].head.id);
	ck_assert_uint_eq(out.body_len, heads[_i].head.body_len);
	ck_assert_uint_eq(
	    rest.len, got == FCGI_OK ? in.len - FCGI_HEAD_LEN : in.len);
	drop(in);
}
END_TEST

/* Cut after every byte the answer is "more" and nothing was consumed. */
START_TEST(a_head_cut_anywhere_waits_for_more)
{
	static const uint8_t good[] = { 1, 5, 0, 7, 0, 3, 5, 0 };
	struct span in = exact(good, (size_t)_i);
	struct span rest = in;
	struct fcgi_head out;

	ck_assert_int_eq(fcgi_get_head(&rest, &out), FCGI_MORE);
	ck_assert_ptr_eq(rest.at, in.at);
	ck_assert_uint_eq(rest.len, in.len);
	drop(in);
}
END_TEST

START_TEST(a_written_head_is_what_the_specification_draws)
{
	static const uint8_t want[] = { 1, 6, 0x12, 0x34, 0xab, 0xcd, 7, 0 };
	const struct fcgi_head head = { FCGI_STDOUT, 7, 0x1234, 0xabcd };
	uint8_t at[FCGI_HEAD_LEN];

	memset(at, 0xaa, sizeof(at));
	ck_assert_uint_eq(fcgi_put_head(at, &head), sizeof(at));
	ck_assert_mem_eq(at, want, sizeof(want));
}
END_TEST

START_TEST(fixed_bodies_have_exactly_eight_bytes)
{
	static const uint8_t body[16] = { 0, 1, 1, 0xff, 4 };
	struct span in = exact(body, (size_t)_i);
	enum fcgi_err want = _i == 8 ? FCGI_OK : FCGI_EBODY;
	struct fcgi_begin begin = { 99, 99 };
	uint32_t app = 99;
	uint8_t status = 99;

	ck_assert_int_eq(fcgi_get_begin(in, &begin), want);
	ck_assert_uint_eq(begin.role, _i == 8 ? FCGI_RESPONDER : 99);
	ck_assert_uint_eq(begin.flags, _i == 8 ? FCGI_KEEP_CONN : 99);
	ck_assert_int_eq(fcgi_get_end(in, &app, &status), want);
	ck_assert_uint_eq(app, _i == 8 ? 0x000101ff : 99);
	ck_assert_uint_eq(status, _i == 8 ? 4 : 99);
	drop(in);
}
END_TEST

START_TEST(whole_records_are_what_the_specification_draws)
{
	static const uint8_t begin[] = { 1, 1, 1, 2, 0, 8, 0, 0, 0, 3, 1, 0, 0,
		0, 0, 0 };
	static const uint8_t end[] = { 1, 3, 0, 1, 0, 8, 0, 0, 0, 0, 3, 0xaa, 0,
		0, 0, 0 };
	static const uint8_t over[] = { 1, 3, 0xff, 0xff, 0, 8, 0, 0, 0xff,
		0xfe, 0xfd, 0xfc, 2, 0, 0, 0 };
	static const uint8_t unknown[] = { 1, 11, 0, 0, 0, 8, 0, 0, 99, 0, 0, 0,
		0, 0, 0, 0 };
	uint8_t at[16];

	memset(at, 0xaa, sizeof(at));
	ck_assert_uint_eq(
	    fcgi_put_begin(at, 0x102, (struct fcgi_begin){ 3, 1 }), 16);
	ck_assert_mem_eq(at, begin, 16);
	memset(at, 0xaa, sizeof(at));
	ck_assert_uint_eq(fcgi_put_end(at, 1, 938, FCGI_REQUEST_COMPLETE), 16);
	ck_assert_mem_eq(at, end, 16);
	memset(at, 0xaa, sizeof(at));
	ck_assert_uint_eq(
	    fcgi_put_end(at, 65535, 0xfffefdfc, FCGI_OVERLOADED), 16);
	ck_assert_mem_eq(at, over, 16);
	memset(at, 0xaa, sizeof(at));
	ck_assert_uint_eq(fcgi_put_unknown(at, 99), 16);
	ck_assert_mem_eq(at, unknown, 16);
}
END_TEST

static const struct {
	const char *label;
	struct span in;
	enum fcgi_err want;
	size_t len;
	size_t left;
} lens[] = {
	{ "nothing", { NULL, 0 }, FCGI_MORE, 0, 0 },
	{ "0", BYTES(0), FCGI_OK, 0, 0 },
	{ "the greatest short one", BYTES(127, 9), FCGI_OK, 127, 1 },
	{ "the least that must be long", BYTES(0x80, 0, 0, 128), FCGI_OK, 128,
	    0 },
	{ "0 in the long form", BYTES(0x80, 0, 0, 0, 7), FCGI_OK, 0, 1 },
	{ "the greatest", BYTES(0xff, 0xff, 0xff, 0xff), FCGI_OK, 0x7fffffff,
	    0 },
	{ "long, one byte", BYTES(0x80), FCGI_MORE, 0, 1 },
	{ "long, three bytes", BYTES(0x80, 1, 2), FCGI_MORE, 0, 3 },
};

START_TEST(length_table)
{
	struct span in = exact(lens[_i].in.at, lens[_i].in.len);
	struct span rest = in;
	size_t len = 0;
	enum fcgi_err got = fcgi_get_len(&rest, &len);

	ck_assert_msg(
	    got == lens[_i].want, "%s: %s", lens[_i].label, fcgi_strerror(got));
	ck_assert_uint_eq(len, lens[_i].len);
	ck_assert_uint_eq(rest.len, lens[_i].left);
	drop(in);
}
END_TEST

static const struct {
	const char *label;
	struct span in;
	enum fcgi_err want;
	size_t left; /* bytes that must still be in the span */
} pairs[] = {
	{ "short name, short value", BYTES(1, 2, 'A', 'x', 'y'), FCGI_OK, 0 },
	{ "empty value", BYTES(1, 0, 'A'), FCGI_OK, 0 },
	{ "empty name", BYTES(0, 1, 'A'), FCGI_OK, 0 },
	{ "both empty", BYTES(0, 0), FCGI_OK, 0 },
	{ "the next pair is left alone", BYTES(1, 0, 'A', 1, 0, 'B'), FCGI_OK,
	    3 },
	{ "long form of short lengths",
	    BYTES(0x80, 0, 0, 1, 0x80, 0, 0, 1, 'A', 'x'), FCGI_OK, 0 },
	{ "both 2^31-1: their sum wraps 32 bits",
	    BYTES(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 'A'),
	    FCGI_ELIMIT, 9 },
	{ "name of 2^31-1, the value's length to come",
	    BYTES(0xff, 0xff, 0xff, 0xff), FCGI_ELIMIT, 4 },
	{ "value of 2^31-1", BYTES(1, 0xff, 0xff, 0xff, 0xff, 'A'), FCGI_ELIMIT,
	    6 },
	{ "one byte over the limit", BYTES(100, 29), FCGI_ELIMIT, 2 },
	{ "exactly the limit, bytes to come", BYTES(100, 28), FCGI_MORE, 2 },
	{ "50 and 50 claimed, 8 there", BYTES(50, 50, 1, 2, 3, 4, 5, 6, 7, 8),
	    FCGI_MORE, 10 },
};

START_TEST(pair_table)
{
	struct span in = exact(pairs[_i].in.at, pairs[_i].in.len);
	struct span rest = in;
	struct fcgi_pair out;
	enum fcgi_err got = fcgi_get_pair(&rest, 128, &out);

	ck_assert_msg(got == pairs[_i].want, "%s: %s", pairs[_i].label,
	    fcgi_strerror(got));
	ck_assert_msg(rest.len == pairs[_i].left, "%s: %zu bytes left",
	    pairs[_i].label, rest.len);
	drop(in);
}
END_TEST

START_TEST(a_pair_cut_anywhere_waits_for_more)
{
	static const uint8_t good[] = { 0x80, 0, 0, 2, 3, 'A', 'B', 'x', 'y',
		'z' };
	struct span in = exact(good, (size_t)_i);
	struct span rest = in;
	struct fcgi_pair out;

	ck_assert_int_eq(fcgi_get_pair(&rest, 128, &out), FCGI_MORE);
	ck_assert_ptr_eq(rest.at, in.at);
	ck_assert_uint_eq(rest.len, in.len);
	drop(in);
}
END_TEST

/* Every pair of one-byte claims, with nothing but two bytes behind them. */
START_TEST(no_claim_reads_past_the_end)
{
	for (int name = 0; name < 256; name++) {
		for (int value = 0; value < 256; value++) {
			const uint8_t raw[] = { (uint8_t)name, (uint8_t)value,
				'A', 'B' };
			struct span in = exact(raw, sizeof(raw));
			struct span rest = in;
			struct fcgi_pair out;
			enum fcgi_err want = FCGI_OK;

			if (name >= 0x80)
				want = FCGI_ELIMIT;
			else if (name + value > 2)
				want = FCGI_MORE;
			ck_assert_int_eq(fcgi_get_pair(&rest, 254, &out), want);
			drop(in);
		}
	}
}
END_TEST

static const struct {
	size_t name_len, value_len;
	size_t head;
} written[] = {
	{ 0, 0, 2 },
	{ 1, 127, 2 },
	{ 127, 128, 5 },
	{ 128, 127, 5 },
	{ 128, 70000, 8 },
};

START_TEST(a_written_pair_is_read_back)
{
	size_t name_len = written[_i].name_len,
	       value_len = written[_i].value_len;
	size_t want = written[_i].head + name_len + value_len;
	uint8_t *text = malloc(name_len + value_len + 1);
	uint8_t *wire = malloc(want);
	struct fcgi_pair in, out;
	struct span rest = { wire, want };

	ck_assert(text != NULL && wire != NULL);
	for (size_t i = 0; i < name_len + value_len; i++)
		text[i] = (uint8_t)(i * 7);
	in.name = (struct span){ text, name_len };
	in.value = (struct span){ text + name_len, value_len };
	ck_assert_uint_eq(fcgi_put_pair(wire, in), want);
	ck_assert_int_eq(fcgi_get_pair(&rest, 1 << 20, &out), FCGI_OK);
	ck_assert_uint_eq(rest.len, 0);
	ck_assert_uint_eq(out.name.len, name_len);
	ck_assert_uint_eq(out.value.len, value_len);
	ck_assert_int_eq(memcmp(out.name.at, text, name_len), 0);
	ck_assert_int_eq(memcmp(out.value.at, text + name_len, value_len), 0);
	free(text);
	free(wire);
}
END_TEST

START_TEST(every_error_has_a_text_of_its_own)
{
	for (int a = FCGI_OK; a <= FCGI_EBODY; a++) {
		ck_assert_str_ne(
		    fcgi_strerror((enum fcgi_err)a), "unknown error");
		for (int b = FCGI_OK; b < a; b++)
			ck_assert_str_ne(fcgi_strerror((enum fcgi_err)a),
			    fcgi_strerror((enum fcgi_err)b));
	}
}
END_TEST

static Suite *
fcgi_suite(void)
{
	Suite *s = suite_create("fcgi");
	TCase *heads_tc = tcase_create("heads and fixed bodies");
	TCase *pairs_tc = tcase_create("pairs");

	tcase_add_loop_test(
	    heads_tc, a_head_is_read_as_it_was_written, 0, ROWS(heads));
	tcase_add_loop_test(
	    heads_tc, a_head_cut_anywhere_waits_for_more, 0, FCGI_HEAD_LEN);
	tcase_add_test(
	    heads_tc, a_written_head_is_what_the_specification_draws);
	tcase_add_loop_test(
	    heads_tc, fixed_bodies_have_exactly_eight_bytes, 0, 17);
	tcase_add_test(
	    heads_tc, whole_records_are_what_the_specification_draws);
	tcase_add_test(heads_tc, every_error_has_a_text_of_its_own);
	suite_add_tcase(s, heads_tc);
	tcase_add_loop_test(pairs_tc, length_table, 0, ROWS(lens));
	tcase_add_loop_test(pairs_tc, pair_table, 0, ROWS(pairs));
	tcase_add_loop_test(
	    pairs_tc, a_pair_cut_anywhere_waits_for_more, 0, 10);
	tcase_add_test(pairs_tc, no_claim_reads_past_the_end);
	tcase_add_loop_test(
	    pairs_tc, a_written_pair_is_read_back, 0, ROWS(written));
	suite_add_tcase(s, pairs_tc);
	return s;
}

int
main(void)
{
	return unit_run(fcgi_suite());
}
