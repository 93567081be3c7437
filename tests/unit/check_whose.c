#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "wire.h"
#include "worker/peek.h"

#define ARENA 4096

static struct wire *w;
static struct params *p;
static char arena[ARENA];
static const struct worker_conf conf = {
	.status_path = "/status", .ping_path = "/ping", .params_max = ARENA
};

static void
setup(void)
{
	w = calloc(1, sizeof(*w));
	p = calloc(1, sizeof(*p));
	ck_assert(w != NULL && p != NULL);
}

static void
teardown(void)
{
	free(w);
	free(p);
}

/* Of the first LEN bytes; behind them nothing may be read. */
static enum peek_whose
whose(size_t len)
{
	uint8_t *copy = malloc(len > 0 ? len : 1);
	enum peek_whose got;

	ck_assert_ptr_nonnull(copy);
	memcpy(copy, w->at, len);
	params_reset(p, arena, sizeof(arena));
	got = peek_at((struct span){ copy, len }, p, &conf);
	free(copy);
	return got;
}

static void
head(const char *path, size_t cut)
{
	const char *const pairs[] = { "QUERY_STRING", "json", "SCRIPT_NAME",
		path, "REQUEST_METHOD", "GET", NULL };

	wire_begin(w, 1, 1, 1);
	wire_params(w, 1, pairs, cut);
}

static const struct {
	const char *path;
	enum peek_whose whose;
} paths[] = { { "/status", PEEK_OURS }, { "/ping", PEEK_OURS },
	{ "/statu", PEEK_OTHERS }, { "/hello", PEEK_OTHERS } };

/* In one record, in many, and with the head's last byte at every place. */
START_TEST(a_head_is_cut_until_it_is_whole)
{
	static const size_t cuts[] = { 65535, 7, 1 };
	size_t i, k, len;

	for (k = 0; k < sizeof(cuts) / sizeof(cuts[0]); k++) {
		w->len = 0;
		head(paths[_i].path, cuts[k]);
		len = w->len;
		wire_stdin(w, 1, "body");
		for (i = 0; i < len; i++)
			ck_assert_int_eq(whose(i), PEEK_CUT);
		for (i = len; i <= w->len; i++)
			ck_assert_int_eq(whose(i), paths[_i].whose);
	}
}
END_TEST

START_TEST(what_can_never_become_ours_is_others_at_once)
{
	static const uint8_t http[] = "GET / HTTP/1.1\r\n";
	static const uint8_t body[8] = { 0 };

	memcpy(w->at, http, sizeof(http));
	w->len = sizeof(http);
	ck_assert_int_eq(whose(1), PEEK_OTHERS);
	ck_assert_int_eq(whose(w->len), PEEK_OTHERS);
	w->len = 0;
	wire_record(w, 4, 1, body, 8, 0); /* PARAMS of nothing begun */
	ck_assert_int_eq(whose(8), PEEK_OTHERS);
	ck_assert_int_eq(whose(w->len), PEEK_OTHERS);
	w->len = 0;
	wire_record(w, 9, 0, body, 8, 0); /* GET_VALUES */
	ck_assert_int_eq(whose(9), PEEK_OTHERS);
}
END_TEST

START_TEST(two_requests_side_by_side_are_others)
{
	wire_begin(w, 1, 1, 1);
	wire_begin(w, 2, 1, 1);
	ck_assert_int_eq(whose(16), PEEK_CUT);
	ck_assert_int_eq(whose(25), PEEK_OTHERS);
	w->len = 0;
	head("/ping", 65535);
	wire_begin(w, 2, 1, 1);
	ck_assert_int_eq(whose(w->len), PEEK_OTHERS);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("whose");
	TCase *tc = tcase_create("request");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, a_head_is_cut_until_it_is_whole, 0,
	    sizeof(paths) / sizeof(paths[0]));
	tcase_add_test(tc, what_can_never_become_ours_is_others_at_once);
	tcase_add_test(tc, two_requests_side_by_side_are_others);
	return unit_run(s);
}
