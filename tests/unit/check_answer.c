#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "ctl/answer.h"
#include "ctl/client.h"
#include "unit.h"

#define ROWS(t) ((int)(sizeof(t) / sizeof((t)[0])))

static uint8_t wire[1024];
static size_t wire_len;
static char said[1024]; /* the parts, as text */

static void
setup(void)
{
	wire_len = 0;
}

static void
add(uint8_t type, uint16_t id, const char *text, uint8_t pad_len)
{
	const struct fcgi_head head = { type, pad_len, id,
		(uint16_t)strlen(text) };

	wire_len += fcgi_put_head(wire + wire_len, &head);
	memcpy(wire + wire_len, text, strlen(text));
	wire_len += strlen(text);
	memset(wire + wire_len, 0, pad_len);
	wire_len += pad_len;
}

static void
add_end(uint32_t app_status, enum fcgi_end status)
{
	wire_len += fcgi_put_end(wire + wire_len, 1, app_status, status);
}

/* The streams of the answer, whatever its pieces: "o" bytes, "e" bytes. */
static void
note(const struct answer_part *part)
{
	static const char mark[] = { 'o', 'e', '.' };
	size_t n = strlen(said);

	for (size_t i = 0; i < part->bytes.len; i++) {
		said[n++] = mark[part->kind];
		said[n++] = (char)part->bytes.at[i];
	}
	if (part->kind == ANSWER_END)
		said[n++] = '.';
	said[n] = '\0';
}

/* The wire in pieces of PIECE bytes, each on an exact heap block. */
static enum answer_err
feed_by(struct answer *a, size_t piece)
{
	enum answer_err err = ANSWER_MORE;
	struct answer_part part = { ANSWER_STDOUT, { NULL, 0 } };

	said[0] = '\0';
	answer_reset(a, 1);
	for (size_t at = 0; at < wire_len && err == ANSWER_MORE;) {
		size_t n = wire_len - at < piece ? wire_len - at : piece;
		uint8_t *exact = malloc(n);
		struct span in = { exact, n };

		ck_assert_ptr_nonnull(exact);
		memcpy(exact, wire + at, n);
		at += n;
		while ((err = answer_next(a, &in, &part)) == ANSWER_OK) {
			note(&part);
			if (part.kind == ANSWER_END)
				break;
		}
		free(exact);
	}
	return err;
}

START_TEST(streams_come_apart_in_pieces_of_any_size)
{
	struct answer a;

	add(FCGI_STDOUT, 1, "ab", 5);
	add(FCGI_GET_VALUES_RESULT, 0, "xyz", 1);
	add(FCGI_STDERR, 1, "e", 255);
	add(FCGI_STDOUT, 1, "c", 0);
	add(FCGI_STDOUT, 1, "", 7);
	add(FCGI_UNKNOWN_TYPE, 0, "12345678", 0);
	add(FCGI_STDERR, 1, "", 0);
	add_end(938, FCGI_REQUEST_COMPLETE);
	for (size_t piece = 1; piece <= wire_len; piece++) {
		ck_assert_int_eq(feed_by(&a, piece), ANSWER_OK);
		ck_assert_str_eq(said, "oaobeeoc.");
		ck_assert_uint_eq(a.app_status, 938);
		ck_assert_uint_eq(a.protocol_status, FCGI_REQUEST_COMPLETE);
	}
}
END_TEST

START_TEST(cut_anywhere_there_is_no_end)
{
	struct answer a;
	size_t whole;

	add(FCGI_STDOUT, 1, "a", 3);
	add_end(7, FCGI_REQUEST_COMPLETE);
	whole = wire_len;
	for (wire_len = 0; wire_len < whole; wire_len++) {
		ck_assert_int_eq(feed_by(&a, 1000), ANSWER_MORE);
		ck_assert_ptr_null(strchr(said, '.'));
	}
}
END_TEST

static const struct {
	const char *label;
	uint8_t type;
	uint16_t id;
	const char *text;
	enum answer_err want;
} strange[] = {
	{ "stdin", FCGI_STDIN, 1, "x", ANSWER_ETYPE },
	{ "an unknown type", 99, 1, "", ANSWER_ETYPE },
	{ "stdout with id 0", FCGI_STDOUT, 0, "x", ANSWER_ETYPE },
	{ "another request", FCGI_STDOUT, 2, "x", ANSWER_EID },
	{ "the end of another request", FCGI_END_REQUEST, 256, "12345678",
	    ANSWER_EID },
	{ "a short end", FCGI_END_REQUEST, 1, "1234567", ANSWER_EEND },
	{ "a long end", FCGI_END_REQUEST, 1, "123456789", ANSWER_EEND },
	{ "an empty end", FCGI_END_REQUEST, 1, "", ANSWER_EEND },
	{ "stderr twice ended", FCGI_STDERR, 1, "", ANSWER_EORDER },
	{ "stderr after its end", FCGI_STDERR, 1, "x", ANSWER_EORDER },
	{ "stdout after its end", FCGI_STDOUT, 1, "x", ANSWER_EORDER },
};

START_TEST(strange_records_are_told_apart)
{
	struct answer a;

	add(FCGI_STDERR, 1, "", 0);
	add(FCGI_STDOUT, 1, "", 0);
	add(strange[_i].type, strange[_i].id, strange[_i].text, 0);
	for (size_t piece = 1; piece <= wire_len; piece++)
		ck_assert_msg(feed_by(&a, piece) == strange[_i].want, "%s",
		    strange[_i].label);
}
END_TEST

START_TEST(another_protocol_shows_in_its_first_byte)
{
	struct answer a;

	wire_len = (size_t)snprintf((char *)wire, sizeof(wire), "HTTP/1.1 4");
	ck_assert_int_eq(feed_by(&a, 1), ANSWER_EVERSION);
	ck_assert_int_eq(feed_by(&a, 100), ANSWER_EVERSION);
}
END_TEST

static const struct {
	struct client_result result;
	int status;
	bool silent; /* nothing to say beside the status */
} ends[] = {
	{ { .head_done = true }, 0, true },
	{ { .head_done = true, .app_status = 3 }, 3, true },
	{ { .head_done = true, .app_status = 254 }, 254, true },
	{ { .head_done = true, .app_status = 255 }, 255, true },
	{ { .head_done = true, .app_status = 256 }, 255, true },
	{ { .head_done = true, .app_status = 0xffffff00 }, 255, true },
	{ { .app_status = 0 }, EX_PROTOCOL, false },
	{ { .app_status = 9 }, 9, false },
	{ { .head_done = true, .protocol_status = FCGI_OVERLOADED },
	    EX_TEMPFAIL, false },
	{ { .head_done = true, .protocol_status = FCGI_UNKNOWN_ROLE },
	    EX_PROTOCOL, false },
	{ { .protocol_status = FCGI_CANT_MPX_CONN, .app_status = 5 },
	    EX_PROTOCOL, false },
	{ { .protocol_status = 77 }, EX_PROTOCOL, false },
	{ { .err = CLIENT_ELATE }, EX_TEMPFAIL, false },
	{ { .err = CLIENT_ECLOSED, .head_done = true }, EX_PROTOCOL, false },
	{ { .err = CLIENT_EPROTO, .answer = ANSWER_EID }, EX_PROTOCOL, false },
	{ { .err = CLIENT_EBODY }, EX_IOERR, false },
	{ { .err = CLIENT_EOUT }, EX_IOERR, false },
};

START_TEST(only_a_complete_request_is_a_success)
{
	ck_assert_int_eq(client_exit(&ends[_i].result), ends[_i].status);
	ck_assert_int_eq(
	    client_strerror(&ends[_i].result) == NULL, ends[_i].silent);
}
END_TEST

START_TEST(every_error_has_a_text)
{
	ck_assert_str_ne(answer_strerror((enum answer_err)_i), "unknown error");
}
END_TEST

static Suite *
answer_suite(void)
{
	Suite *s = suite_create("answer");
	TCase *tc = tcase_create("decode");

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, streams_come_apart_in_pieces_of_any_size);
	tcase_add_test(tc, cut_anywhere_there_is_no_end);
	tcase_add_loop_test(
	    tc, strange_records_are_told_apart, 0, ROWS(strange));
	tcase_add_test(tc, another_protocol_shows_in_its_first_byte);
	tcase_add_loop_test(
	    tc, only_a_complete_request_is_a_success, 0, ROWS(ends));
	tcase_add_loop_test(
	    tc, every_error_has_a_text, ANSWER_OK, ANSWER_EEND + 1);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return unit_run(answer_suite());
}
