#include <stdlib.h>
#include <string.h>

#include "proto/chan.h"
#include "unit.h"

#define ROWS(t) ((int)(sizeof(t) / sizeof((t)[0])))

static const struct {
	struct chan_msg msg;
	size_t fds;
} rows[] = {
	{ { CHAN_READY, 0, 0 }, 0 },
	{ { CHAN_PARK, 1, 1234567890123 }, 1 },
	{ { CHAN_FULL, 0, INT64_MAX }, 0 },
	{ { CHAN_FAILED, 13, 5 }, 0 },
	{ { CHAN_RETIRE, INT32_MIN, INT64_MIN }, 0 },
	{ { CHAN_STOP, INT32_MAX, -1 }, 0 },
	{ { CHAN_LOG, -1, 1 }, 1 },
	{ { CHAN_CONN, 0, 77 }, 1 },
	{ { CHAN_LOOK, 12, 99 }, 1 },
	{ { CHAN_KEEP, 12, 99 }, 0 },
	{ { CHAN_PASS, 12, 99 }, 0 },
	{ { CHAN_PING, 0, 0 }, 0 },
	{ { CHAN_MORE, 12, 99 }, 0 },
};

START_TEST(a_message_comes_back_as_it_went)
{
	struct chan_msg got = { 0 };
	uint8_t *at = malloc(CHAN_LEN);

	ck_assert_ptr_nonnull(at);
	chan_put(at, &rows[_i].msg);
	ck_assert_int_eq(chan_get((struct span){ at, CHAN_LEN }, &got), 0);
	ck_assert_int_eq(got.kind, rows[_i].msg.kind);
	ck_assert_int_eq(got.value, rows[_i].msg.value);
	ck_assert_int_eq(got.since_ms, rows[_i].msg.since_ms);
	ck_assert_uint_eq(chan_fds(got.kind), rows[_i].fds);
	ck_assert_uint_le(chan_fds(got.kind), CHAN_FDS_MAX);
	free(at);
}
END_TEST

START_TEST(a_message_of_another_length_is_none)
{
	struct chan_msg got = { CHAN_STOP, 7, 7 };
	uint8_t whole[CHAN_LEN];

	chan_put(whole, &rows[1].msg);
	for (size_t len = 0; len <= 2 * CHAN_LEN; len++) {
		uint8_t *exact = calloc(len + 1, 1);

		ck_assert_ptr_nonnull(exact);
		memcpy(exact + 1, whole, len < CHAN_LEN ? len : CHAN_LEN);
		ck_assert_int_eq(
		    chan_get((struct span){ exact + 1, len }, &got),
		    len == CHAN_LEN ? 0 : -1);
		free(exact);
		if (len < CHAN_LEN)
			ck_assert_int_eq(got.kind, CHAN_STOP);
	}
}
END_TEST

/* The first 8 and the reserved 4 bytes decide: any other value of them is
 * either another known kind or no message. */
START_TEST(any_changed_byte_is_refused_or_another_kind)
{
	for (size_t i = 0; i < 16; i++) {
		for (int v = 0; v < 256; v++) {
			struct chan_msg got = { 0 };
			uint8_t at[CHAN_LEN];
			uint8_t was;

			chan_put(at, &rows[1].msg);
			was = at[i];
			at[i] = (uint8_t)v;
			if (chan_get((struct span){ at, CHAN_LEN }, &got) != 0)
				continue;
			ck_assert(i == 7 || (i >= 8 && i < 12) || v == was);
			ck_assert_int_ge(got.kind, CHAN_READY);
			ck_assert_int_le(got.kind, CHAN_CLOSING);
		}
	}
}
END_TEST

START_TEST(zeroes_are_no_message)
{
	static const uint8_t zero[CHAN_LEN];
	struct chan_msg got;

	ck_assert_int_eq(chan_get((struct span){ zero, CHAN_LEN }, &got), -1);
}
END_TEST

static Suite *
chan_suite(void)
{
	Suite *s = suite_create("chan");
	TCase *tc = tcase_create("messages");

	tcase_add_loop_test(tc, a_message_comes_back_as_it_went, 0, ROWS(rows));
	tcase_add_test(tc, a_message_of_another_length_is_none);
	tcase_add_test(tc, any_changed_byte_is_refused_or_another_kind);
	tcase_add_test(tc, zeroes_are_no_message);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return unit_run(chan_suite());
}
