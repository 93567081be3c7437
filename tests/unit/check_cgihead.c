#include <stdlib.h>
#include <string.h>

#include "proto/cgihead.h"
#include "unit.h"

#define ROWS(t) ((int)(sizeof(t) / sizeof((t)[0])))

static const struct {
	const char *label;
	const char *head; /* all of it belongs to the head */
	const char *body;
	bool done;
	int status;
} rows[] = {
	{ "no Status is 200", "Content-Type: text/plain\r\n\r\n", "body\n",
	    true, 200 },
	{ "LF ends", "Content-Type: text/plain\n\n", "body", true, 200 },
	{ "mixed ends", "A: b\n\r\n", "\nx", true, 200 },
	{ "Status", "Status: 404 Not Found\r\nA: b\r\n\r\n", "", true, 404 },
	{ "Status, no reason", "A: b\nStatus: 204\n\n", "x", true, 204 },
	{ "Status, no space, any case", "sTATUS:503\n\n", "x", true, 503 },
	{ "Status, tabs", "Status: \t 410\tGone\n\n", "x", true, 410 },
	{ "the first Status counts", "Status: 500\nStatus: 200\n\n", "", true,
	    500 },
	{ "Location without Status", "Location: /there\n\n", "", true, 302 },
	{ "Location with Status", "Location: /there\nStatus: 301\n\n", "x",
	    true, 301 },
	{ "Status of four digits", "Status: 2000\n\n", "", true, 200 },
	{ "Status of two", "Status: 20\n\n", "", true, 200 },
	{ "Status of letters", "Status: OK\nStatus: 403\n\n", "", true, 403 },
	{ "a name that only begins so", "Status2: 404\nStatu: 500\n\n", "",
	    true, 200 },
	{ "a leading blank line", "\r\nStatus: 404\r\n\r\n", "b", true, 404 },
	{ "two blank lines are a whole head", "\n\n", "Status: 404\n\n", true,
	    200 },
	{ "a lone CR is no end", "A: b\r\r\n\r\n", "x", true, 200 },
	{ "no end", "Status: 404\nbody", "", false, 404 },
	{ "no end, nothing known", "A: b\n", "", false, 0 },
	{ "nothing", "", "", false, 0 },
};

/* HEAD and BODY in pieces of PIECE bytes, each on an exact heap block. */
static size_t
feed_by(struct cgihead *h, const char *text, size_t len, size_t piece)
{
	size_t took = 0;

	for (size_t at = 0; at < len; at += piece) {
		size_t n = len - at < piece ? len - at : piece;
		uint8_t *exact = malloc(n);

		ck_assert_ptr_nonnull(exact);
		memcpy(exact, text + at, n);
		took += cgihead_feed(h, (struct span){ exact, n });
		free(exact);
	}
	return took;
}

START_TEST(head_table_in_pieces_of_any_size)
{
	char text[256];
	size_t head_len = strlen(rows[_i].head);
	size_t len = head_len + strlen(rows[_i].body);

	strcpy(text, rows[_i].head);
	strcat(text, rows[_i].body);
	for (size_t piece = 1; piece <= len + 1; piece++) {
		struct cgihead h;

		memset(&h, 0xaa, sizeof(h));
		cgihead_reset(&h);
		ck_assert_uint_eq(feed_by(&h, text, len, piece), head_len);
		ck_assert_uint_eq(h.head_len, head_len);
		ck_assert_msg(h.done == rows[_i].done, "%s", rows[_i].label);
		ck_assert_msg(h.status == rows[_i].status, "%s: %d",
		    rows[_i].label, h.status);
	}
}
END_TEST

START_TEST(cut_anywhere_the_head_is_not_done)
{
	static const char head[] = "Status: 404 Not Found\r\nA: b\r\n\r\n";

	for (size_t cut = 0; cut < sizeof(head) - 1; cut++) {
		struct cgihead h;

		cgihead_reset(&h);
		ck_assert_uint_eq(feed_by(&h, head, cut, cut + 1), cut);
		ck_assert(!h.done);
		(void)feed_by(&h, head + cut, sizeof(head) - 1 - cut, 1);
		ck_assert(h.done);
		ck_assert_int_eq(h.status, 404);
	}
}
END_TEST

/* Around the number of bytes kept of a line nothing is lost or invented. */
START_TEST(lines_of_any_length_are_passed_over)
{
	size_t long_len = (size_t)_i;
	size_t len = long_len + strlen("\nStatus: 404\n\n");
	char *text = malloc(len + 1);
	struct cgihead h;

	ck_assert_ptr_nonnull(text);
	memset(text, 'x', long_len);
	strcpy(text + long_len, "\nStatus: 404\n\n");
	for (size_t piece = 1; piece <= len; piece += 101) {
		cgihead_reset(&h);
		ck_assert_uint_eq(feed_by(&h, text, len, piece), len);
		ck_assert(h.done);
		ck_assert_int_eq(h.status, 404);
	}
	free(text);
}
END_TEST

START_TEST(after_the_head_nothing_is_looked_at)
{
	static const char more[] = "Status: 500\n\n";
	struct cgihead h;

	cgihead_reset(&h);
	(void)feed_by(&h, "A: b\n\n", 6, 6);
	ck_assert_uint_eq(feed_by(&h, more, sizeof(more) - 1, 1), 0);
	ck_assert_int_eq(h.status, 200);
	ck_assert_uint_eq(h.head_len, 6);
}
END_TEST

START_TEST(a_nul_within_a_line_is_harmless)
{
	static const char text[] = "Status: 40\0\n\0Status: 404\nA:\0b\n\n";
	struct cgihead h;

	cgihead_reset(&h);
	(void)feed_by(&h, text, sizeof(text) - 1, 3);
	ck_assert(h.done);
	ck_assert_int_eq(h.status, 200);
}
END_TEST

static Suite *
cgihead_suite(void)
{
	Suite *s = suite_create("cgihead");
	TCase *tc = tcase_create("head");

	tcase_add_loop_test(
	    tc, head_table_in_pieces_of_any_size, 0, ROWS(rows));
	tcase_add_test(tc, cut_anywhere_the_head_is_not_done);
	tcase_add_loop_test(tc, lines_of_any_length_are_passed_over,
	    CGIHEAD_LINE_MAX - 2, CGIHEAD_LINE_MAX + 3);
	tcase_add_test(tc, after_the_head_nothing_is_looked_at);
	tcase_add_test(tc, a_nul_within_a_line_is_harmless);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return unit_run(cgihead_suite());
}
