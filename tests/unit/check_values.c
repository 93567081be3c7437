/* GET_VALUES: which names were asked for, however its content is cut. */
#include "proto/values.h"

#include <stdlib.h>
#include <string.h>

#include "proto/fcgi.h"
#include "unit.h"

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define CONNS 1u
#define REQS 2u
#define MPXS 4u

struct text {
	size_t len;
	uint8_t at[4096];
};

static void
ask(struct text *t, const char *name, const char *value)
{
	t->len += fcgi_put_pair(t->at + t->len,
	    (struct fcgi_pair){
		.name = { (const uint8_t *)name, strlen(name) },
		.value = { (const uint8_t *)value, strlen(value) },
	    });
}

static unsigned
asked(const struct values *v)
{
	return (v->max_conns ? CONNS : 0) | (v->max_reqs ? REQS : 0) |
	    (v->mpxs_conns ? MPXS : 0);
}

/* Bytes in a buffer of exactly their size, so that ASan guards its end. */
static void
feed(struct values *v, const uint8_t *at, size_t len)
{
	uint8_t *copy = malloc(len + 1);

	ck_assert_ptr_nonnull(copy);
	memcpy(copy + 1, at, len);
	values_feed(v, (struct span){ copy + 1, len });
	free(copy);
}

static const struct {
	const char *label;
	const char *bytes;
	size_t len;
	unsigned want;
} rows[] = {
#define TEXT(s) s, sizeof(s) - 1
	{ "nothing", TEXT(""), 0 },
	{ "one", TEXT("\16\0FCGI_MAX_CONNS"), CONNS },
	{ "with a value", TEXT("\15\3FCGI_MAX_REQSxyz"), REQS },
	{ "long lengths",
	    TEXT("\200\0\0\17\200\0\0\0"
		 "FCGI_MPXS_CONNS"),
	    MPXS },
	{ "all, with a stranger between them",
	    TEXT("\16\0FCGI_MAX_CONNS\4\1NAMEx\17\0FCGI_MPXS_CONNS"
		 "\15\0FCGI_MAX_REQS"),
	    CONNS | REQS | MPXS },
	{ "a longer name", TEXT("\20\0FCGI_MPXS_CONNSS"), 0 },
	{ "a shorter name", TEXT("\15\0FCGI_MAX_CONN"), 0 },
	{ "small letters", TEXT("\15\0fcgi_max_reqs"), 0 },
	{ "the name as a value", TEXT("\0\15FCGI_MAX_REQS"), 0 },
	{ "no name, no value, then one", TEXT("\0\0\0\0\15\0FCGI_MAX_REQS"),
	    REQS },
	{ "cut", TEXT("\15\0FCGI_MAX_REQ"), 0 },
	{ "cut in its value", TEXT("\15\3FCGI_MAX_REQSxy"), 0 },
	{ "a length that no record has, then one",
	    TEXT("\377\377\377\377\0\15\0FCGI_MAX_REQS"), 0 },
	{ "both lengths, whose sum wraps",
	    TEXT("\377\377\377\377\377\377\377\377\15\0FCGI_MAX_REQS"), 0 },
#undef TEXT
};

START_TEST(the_names_that_were_asked_for)
{
	struct values v;

	values_reset(&v);
	feed(&v, (const uint8_t *)rows[_i].bytes, rows[_i].len);
	ck_assert_msg(
	    asked(&v) == rows[_i].want, "%s: %u", rows[_i].label, asked(&v));
}
END_TEST

START_TEST(however_they_are_cut)
{
	const uint8_t *at = (const uint8_t *)rows[_i].bytes;
	struct values v;
	size_t cut;

	for (cut = 0; cut <= rows[_i].len; cut++) {
		values_reset(&v);
		feed(&v, at, cut);
		feed(&v, at + cut, rows[_i].len - cut);
		ck_assert_msg(asked(&v) == rows[_i].want, "%s, cut at %zu",
		    rows[_i].label, cut);
	}
	values_reset(&v);
	for (cut = 0; cut < rows[_i].len; cut++)
		feed(&v, at + cut, 1);
	ck_assert_msg(
	    asked(&v) == rows[_i].want, "%s, in single bytes", rows[_i].label);
}
END_TEST

START_TEST(ten_thousand_names_are_passed_over)
{
	struct values v;
	struct text t = { 0 };
	int i;

	values_reset(&v);
	ask(&t, "SOME_NAME_OR_OTHER_OF_NO_MEANING", "and a value");
	for (i = 0; i < 10000; i++)
		feed(&v, t.at, t.len);
	ck_assert_uint_eq(asked(&v), 0);
	t.len = 0;
	ask(&t, "FCGI_MPXS_CONNS", "");
	feed(&v, t.at, t.len);
	ck_assert_uint_eq(asked(&v), MPXS);
}
END_TEST

START_TEST(a_record_of_the_greatest_length_is_passed_over)
{
	static const uint8_t zeroes[FCGI_BODY_MAX];
	struct values v;

	values_reset(&v);
	feed(&v, zeroes, sizeof(zeroes));
	ck_assert_uint_eq(asked(&v), 0);
}
END_TEST

START_TEST(the_answer_has_what_was_asked_and_no_more)
{
	static const char *const names[] = { "FCGI_MAX_CONNS", "FCGI_MAX_REQS",
		"FCGI_MPXS_CONNS" };
	const struct values_ours ours = { 4294967295u, 64 };
	const char *const values[] = { "4294967295", "64", "1" };
	const unsigned want = (unsigned)_i;
	struct values v = { .max_conns = want & CONNS,
		.max_reqs = want & REQS,
		.mpxs_conns = want & MPXS };
	uint8_t at[VALUES_RESULT_MAX];
	struct span in = { at, values_put(at, &v, &ours) };
	struct fcgi_head head;
	struct fcgi_pair pair;
	unsigned i;

	ck_assert_uint_le(in.len, sizeof(at));
	ck_assert_int_eq(fcgi_get_head(&in, &head), FCGI_OK);
	ck_assert_uint_eq(head.type, FCGI_GET_VALUES_RESULT);
	ck_assert_uint_eq(head.id, 0);
	ck_assert_uint_eq(head.pad_len, 0);
	ck_assert_uint_eq(head.body_len, in.len);
	for (i = 0; i < 3; i++) {
		if ((want & 1u << i) == 0)
			continue;
		ck_assert_int_eq(fcgi_get_pair(&in, 100, &pair), FCGI_OK);
		ck_assert_uint_eq(pair.name.len, strlen(names[i]));
		ck_assert_mem_eq(pair.name.at, names[i], pair.name.len);
		ck_assert_uint_eq(pair.value.len, strlen(values[i]));
		ck_assert_mem_eq(pair.value.at, values[i], pair.value.len);
	}
	ck_assert_uint_eq(in.len, 0);
}
END_TEST

START_TEST(one_request_at_a_time_is_no_multiplexing)
{
	static const char want[] = "\1\12\0\0\0\22\0\0\17\1FCGI_MPXS_CONNS0";
	const struct values_ours ours = { 1, 1 };
	const struct values v = { .mpxs_conns = true };
	uint8_t at[VALUES_RESULT_MAX];

	ck_assert_uint_eq(values_put(at, &v, &ours), sizeof(want) - 1);
	ck_assert_mem_eq(at, want, sizeof(want) - 1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("values");
	TCase *tc = tcase_create("asked"), *answer = tcase_create("answered");

	tcase_add_loop_test(tc, the_names_that_were_asked_for, 0, ROWS(rows));
	tcase_add_loop_test(tc, however_they_are_cut, 0, ROWS(rows));
	tcase_add_test(tc, ten_thousand_names_are_passed_over);
	tcase_add_test(tc, a_record_of_the_greatest_length_is_passed_over);
	suite_add_tcase(s, tc);
	tcase_add_loop_test(
	    answer, the_answer_has_what_was_asked_and_no_more, 0, 8);
	tcase_add_test(answer, one_request_at_a_time_is_no_multiplexing);
	suite_add_tcase(s, answer);
	return unit_run(s);
}
