/* The status page's formats: what strict readers would choke on. */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "view/markup.h"
#include "view/status.h"

#define N(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define SECOND INT64_C(1000000)
#define NOW (INT64_C(100000) * SECOND)
#define HOSTILE "/a</script>\n\x1b[31m\xff\"'&]]>%s"

static struct board *board;
static char *page;
static size_t page_len;

/* One worker, within a request with HOSTILE in all its texts. */
static void
setup(void)
{
	const struct board_pool pool = { .name = "www",
		.pm = BOARD_DYNAMIC,
		.life = BOARD_LIFE_UP,
		.start_s = 1700000000,
		.start_ms = 100 * (NOW / SECOND) };
	const struct note_text text = { .method = HOSTILE,
		.uri = HOSTILE,
		.script = HOSTILE,
		.query = "a=b",
		.user = HOSTILE,
		.length = 12 };

	board = board_new(2);
	ck_assert_ptr_nonnull(board);
	board_set_pool(board, &pool);
	board_enter(board, 0, 4711);
	board_set_state(board, 0, BOARD_BUSY);
	board_add(board, 0, BOARD_ACCEPTED, 3);
	board_add(board, 0, BOARD_COMPLETED, 2);
	note_begin(board, 0, 0, NOW - 5 * SECOND);
	note_text(board, 0, 0, &text);
}

static void
teardown(void)
{
	board_free(board);
	free(page);
	page = NULL;
}

/* The page for QUERY, NOW_US after the machine's start. */
static const char *
ask_at(const char *query, int64_t now_us)
{
	struct snapshot *snap =
	    snapshot_take(board, now_us, 1700000000 + (now_us - NOW) / SECOND);
	struct status_ask what = status_asked(query);
	FILE *out;

	free(page);
	page = NULL;
	out = open_memstream(&page, &page_len);
	ck_assert_ptr_nonnull(snap);
	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(status_put(out, snap, &what), 0);
	(void)fclose(out);
	snapshot_free(snap);
	ck_assert_uint_eq(strlen(page), page_len); /* no NUL within */
	return page;
}

static const char *
ask(const char *query)
{
	return ask_at(query, NOW);
}

static void
assert_has(const char *text, const char *part)
{
	if (strstr(text, part) == NULL)
		ck_abort_msg("no '%s' in: %s", part, text);
}

static const struct {
	const char *query;
	enum status_format format;
	bool full;
} asks[] = {
	{ NULL, STATUS_TEXT, false },
	{ "", STATUS_TEXT, false },
	{ "full", STATUS_TEXT, true },
	{ "json", STATUS_JSON, false },
	{ "json=1", STATUS_JSON, false },
	{ "full&json", STATUS_JSON, true },
	{ "json&full", STATUS_JSON, true },
	{ "xml&full=yes", STATUS_XML, true },
	{ "openmetrics", STATUS_OPENMETRICS, false },
	{ "prometheus", STATUS_PROMETHEUS, false },
	{ "&&a=b&xml", STATUS_XML, false },
	{ "jsonx&xfull", STATUS_TEXT, false },
	{ "a=json&b=full", STATUS_TEXT, false },
	{ "text", STATUS_TEXT, false },
};

START_TEST(the_query_says_which_format)
{
	struct status_ask got = status_asked(asks[_i].query);

	ck_assert_int_eq(got.format, asks[_i].format);
	ck_assert_int_eq(got.full, asks[_i].full);
}
END_TEST

START_TEST(text_has_php_fpms_lines)
{
	const char *text = ask("full");

	assert_has(text, "pool:                 www\n");
	assert_has(text, "process manager:      dynamic\n");
	assert_has(text, "accepted conn:        3\n");
	assert_has(text, "active processes:     1\n");
	assert_has(text,
	    "\n************************\npid:                  4711"
	    "\nstate:                Running\n");
	assert_has(text, "request duration:     5000000\n");
	assert_has(text, "content length:       12\n");
	assert_has(text, "last request cpu:     0.00\n");
}
END_TEST

START_TEST(text_keeps_each_field_on_its_line)
{
	const char *text = ask("full");

	assert_has(text,
	    "request URI:          "
	    "/a</script>\\x0a\\x1b[31m\\xff\\x22'&]]>%s?a=b\n");
	ck_assert_ptr_null(strchr(text, '\x1b'));
}
END_TEST

/* They moved by a second from one look to the next. */
START_TEST(when_a_worker_started_stays)
{
	static const char name[] = "\"start time\":";
	char first[40];
	int i;

	for (i = 0; i < 100; i++) {
		const char *page_text =
		    ask_at("json&full", NOW + i * (SECOND / 100));
		const char *its =
		    strstr(strstr(page_text, "\"processes\""), name);

		ck_assert_ptr_nonnull(its);
		if (i == 0)
			(void)snprintf(first, sizeof(first), "%.30s", its);
		ck_assert_int_eq(strncmp(its, first, strlen(first)), 0);
	}
}
END_TEST

START_TEST(workers_are_left_out_unless_asked_for)
{
	ck_assert_ptr_null(strstr(ask(""), "pid:"));
	ck_assert_ptr_null(strstr(ask("json"), "\"processes\""));
	ck_assert_ptr_null(strstr(ask("xml"), "<process>"));
}
END_TEST

START_TEST(json_is_read_by_a_strict_reader)
{
	json_error_t err;
	json_t *json =
		   json_loads(ask("json&full"), JSON_REJECT_DUPLICATES, &err),
	       *process;

	if (json == NULL)
		ck_abort_msg("%s: %s", err.text, page);
	process = json_array_get(json_object_get(json, "processes"), 0);
	ck_assert_str_eq(
	    json_string_value(json_object_get(process, "request uri")),
	    "/a</script>\n\x1b[31m\xef\xbf\xbd\"'&]]>%s?a=b");
	ck_assert_int_eq(
	    json_integer_value(json_object_get(json, "accepted conn")), 3);
	ck_assert_int_eq(
	    json_integer_value(json_object_get(process, "pid")), 4711);
	json_decref(json);
}
END_TEST

START_TEST(xml_has_no_byte_that_xml_may_not_have)
{
	assert_has(ask("xml&full"),
	    "<request-uri>/a&lt;/script&gt;\xef\xbf\xbd\xef\xbf\xbd[31m"
	    "\xef\xbf\xbd&quot;&#39;&amp;]]&gt;%s?a=b</request-uri>");
	ck_assert_ptr_null(strchr(page, '\x1b'));
	ck_assert_ptr_null(strchr(page, '\xff'));
}
END_TEST

static const struct {
	const char *in, *out;
} marks[] = {
	{ "", "" },
	{ "plain ~", "plain ~" },
	{ "<a href=\"b\" c='d'>&",
	    "&lt;a href=&quot;b&quot; "
	    "c=&#39;d&#39;&gt;&amp;" },
	{ "\t\r\n\x01\x7f",
	    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
	    "\xef\xbf\xbd" },
	{ "\xc3\xa9\xf0\x9f\x90\x98", "\xc3\xa9\xf0\x9f\x90\x98" },
	{ "\xc3", "\xef\xbf\xbd" },
	{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
	{ "\xef\xbf\xbf", "\xef\xbf\xbd" },
};

START_TEST(the_page_holds_its_figures_as_json)
{
	const char *text = ask("html"), *from, *to;
	json_error_t err;
	json_t *json;

	assert_has(text, "<title>www - cgi-fpm</title>");
	from = strstr(text, "id=\"data\">");
	ck_assert_ptr_nonnull(from);
	from += strlen("id=\"data\">");
	to = strchr(from, '<');
	ck_assert_ptr_nonnull(to);
	ck_assert_int_eq(strncmp(to, "</script>", 9), 0);
	json = json_loadb(from, (size_t)(to - from), 0, &err);
	if (json == NULL)
		ck_abort_msg("%s: %s", err.text, from);
	ck_assert_ptr_nonnull(json_object_get(json, "history"));
	json_decref(json);
}
END_TEST

START_TEST(history_is_a_ring_the_oldest_first)
{
	struct board_sample got[BOARD_HISTORY];
	uint64_t i;

	ck_assert_uint_eq(board_history_get(board, got), 0);
	for (i = 1; i <= 3; i++)
		board_history_add(board, &(struct board_sample){ .ended = i });
	ck_assert_uint_eq(board_history_get(board, got), 3);
	ck_assert_uint_eq(got[0].ended, 1);
	for (; i <= 2 * BOARD_HISTORY; i++)
		board_history_add(board, &(struct board_sample){ .ended = i });
	/* The one that may be written now is left out. */
	ck_assert_uint_eq(board_history_get(board, got), BOARD_HISTORY - 1);
	ck_assert_uint_eq(got[0].ended, BOARD_HISTORY + 2);
	ck_assert_uint_eq(got[BOARD_HISTORY - 2].ended, 2 * BOARD_HISTORY);
}
END_TEST

START_TEST(markup_is_inert)
{
	char text[128] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");

	ck_assert_ptr_nonnull(out);
	markup_put(out, marks[_i].in);
	(void)fclose(out);
	ck_assert_str_eq(text, marks[_i].out);
}
END_TEST

START_TEST(metrics_end_as_openmetrics_must)
{
	const char *text = ask("openmetrics");
	size_t len = strlen(text);

	ck_assert_str_eq(text + len - 6, "# EOF\n");
	assert_has(text, "# TYPE cgifpm_requests counter\n");
	assert_has(text,
	    "\ncgifpm_requests_total{pool=\"www\",outcome="
	    "\"completed\"} 2\n");
	assert_has(text, "# UNIT cgifpm_request_duration_seconds seconds\n");
	assert_has(text, "{pool=\"www\",le=\"+Inf\"} 0\n");
	assert_has(text, "le=\"1.0\"");
}
END_TEST

START_TEST(prometheus_own_format_names_counters_whole)
{
	const char *text = ask("prometheus");

	assert_has(text, "# TYPE cgifpm_requests_total counter\n");
	ck_assert_ptr_null(strstr(text, "# EOF"));
	ck_assert_ptr_null(strstr(text, "# UNIT"));
}
END_TEST

/* The pool's programs speak FastCGI themselves; what was counted are the
 * requests of its status worker. */
static void
make_native(void)
{
	const struct board_pool pool = { .name = "www", .native = 1 };

	board_set_pool(board, &pool);
	note_end(board, 0, 0, NOW - 5 * SECOND, &(struct note_end){ 0 });
}

START_TEST(what_native_programs_know_is_not_0)
{
	make_native();
	assert_has(ask("full"), "accepted conn:        0\n");
	assert_has(page, "not known:            accepted conn, slow requests,");
	assert_has(page, "state:                Running\n");
	ck_assert_ptr_null(strstr(page, "completed requests"));
	assert_has(ask("xml"), "<accepted-conn>0</accepted-conn>");
	assert_has(page, "<not-known>accepted-conn slow-requests requests ");
	ck_assert_ptr_null(strstr(page, "<requests>"));
	ck_assert_ptr_null(strstr(ask("openmetrics"), "cgifpm_request"));
	ck_assert_ptr_null(strstr(page, "cgifpm_connections"));
	ck_assert_ptr_null(strstr(page, "cgifpm_program"));
	assert_has(page, "cgifpm_workers{pool=\"www\",state=\"busy\"} 1\n");
	assert_has(page, "cgifpm_listen_queue{pool=\"www\"} 0\n");
}
END_TEST

START_TEST(null_stands_in_json_for_what_is_not_known)
{
	static const char *const names[] = { "miscounted", "bytes", "programs",
		"latency" };
	json_t *json, *worker, *counts;
	size_t i;

	make_native();
	json = json_loads(ask("json&full"), 0, NULL);
	ck_assert_ptr_nonnull(json);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		ck_assert(json_is_null(json_object_get(json, names[i])));
	counts = json_object_get(json, "requests");
	ck_assert(json_is_integer(json_object_get(counts, "lost_worker")));
	worker = json_array_get(json_object_get(json, "processes"), 0);
	ck_assert(json_is_null(json_object_get(worker, "running_requests")));
	/* Readers made for php-fpm want a number. */
	ck_assert(json_is_integer(json_object_get(json, "accepted conn")));
	ck_assert_str_eq(json_string_value(json_array_get(
			     json_object_get(json, "not_known"), 0)),
	    "accepted conn");
	json_decref(json);
}
END_TEST

static Suite *
view_suite(void)
{
	Suite *s = suite_create("view");
	TCase *t = tcase_create("status");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, the_query_says_which_format, 0, N(asks));
	tcase_add_test(t, text_has_php_fpms_lines);
	tcase_add_test(t, text_keeps_each_field_on_its_line);
	tcase_add_test(t, when_a_worker_started_stays);
	tcase_add_test(t, workers_are_left_out_unless_asked_for);
	tcase_add_test(t, json_is_read_by_a_strict_reader);
	tcase_add_test(t, xml_has_no_byte_that_xml_may_not_have);
	tcase_add_test(t, the_page_holds_its_figures_as_json);
	tcase_add_test(t, history_is_a_ring_the_oldest_first);
	tcase_add_loop_test(t, markup_is_inert, 0, N(marks));
	tcase_add_test(t, metrics_end_as_openmetrics_must);
	tcase_add_test(t, prometheus_own_format_names_counters_whole);
	tcase_add_test(t, what_native_programs_know_is_not_0);
	tcase_add_test(t, null_stands_in_json_for_what_is_not_known);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return unit_run(view_suite());
}
