#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "unit.h"
#include "worker/accesslog.h"

#define ROWS(t) ((int)(sizeof(t) / sizeof((t)[0])))
#define ARENA 65536
#define HEAD "Status: 404 Gone\r\nX-Kind:\t some kind \r\nEmpty:\n\r\n"

/* A request that has ended: exit code 3, 404, 1.5 s after it began. */
static struct request *req;
static struct outcome outcome;
static struct outcome_facts facts;

static void
add_pair(const char *name, const char *value, size_t value_len)
{
	uint8_t head[8] = { (uint8_t)strlen(name), 0x80,
		(uint8_t)(value_len >> 16), (uint8_t)(value_len >> 8),
		(uint8_t)value_len };
	struct span parts[] = { { head, 5 },
		{ (const uint8_t *)name, strlen(name) },
		{ (const uint8_t *)value, value_len } };
	size_t i;

	for (i = 0; i < 3; i++)
		ck_assert_int_eq(
		    params_feed(&req->params, parts[i]), PARAMS_OK);
}

static void
add_param(const char *name, const char *value)
{
	add_pair(name, value, strlen(value));
}

static void
setup(void)
{
	static const char *const pairs[][2] = {
		{ "REQUEST_METHOD", "POST" },
		{ "SCRIPT_NAME", "/x.cgi" },
		{ "QUERY_STRING", "a=b&c" },
		{ "REMOTE_ADDR", "192.0.2.7" },
		{ "REMOTE_USER", "anna" },
		{ "CONTENT_LENGTH", "77" },
		{ "HTTP_HOST", "example.test" },
	};
	size_t i;

	req = calloc(1, sizeof(*req));
	params_reset(&req->params, malloc(ARENA), ARENA);
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		add_param(pairs[i][0], pairs[i][1]);
	cgihead_reset(&req->head);
	(void)cgihead_feed(&req->head,
	    (struct span){ (const uint8_t *)HEAD, sizeof(HEAD) - 1 });
	memcpy(req->head_text, HEAD, sizeof(HEAD) - 1);
	req->head_text_len = sizeof(HEAD) - 1;
	req->got = 77;
	req->sent = 1234;
	req->begun_us = 5000000;
	req->first_us = 5250000;
	req->usage = (struct outcome_usage){ .known = true,
		.user_s = 0.3,
		.system_s = 0.15,
		.peak_kib = 4096,
		.pid = 4711,
		.script = "/srv/x.cgi" };
	facts = (struct outcome_facts){ .output = true, .code = 3 };
	outcome = outcome_for(&facts);
	ck_assert_int_eq(setenv("TZ", "UTC", 1), 0);
	tzset();
}

static void
teardown(void)
{
	free(req->params.arena);
	free(req);
}

static const char *
line(const char *format, size_t cap)
{
	static char text[ACCESSLOG_LINE_MAX];
	const struct accesslog_entry e = {
		.pool = "www",
		.r = req,
		.o = &outcome,
		.facts = &facts,
		.begun_us = INT64_C(1000000000) * 1000000,
		.now_s = 1000000061,
		.took_us = 1500000,
	};
	size_t len = accesslog_format(text, cap, format, &e);

	ck_assert_uint_lt(len, cap);
	ck_assert_uint_eq(strlen(text), len);
	return text;
}

static const struct {
	const char *format, *text;
} letters[] = {
	{ "plain", "plain" },
	{ "", "" },
	{ "%%", "%" },
	{ "100%% of %n", "100% of www" },
	{ "%C", "30.00" },
	{ "%{user}C %{system}C %{total}C", "20.00 10.00 30.00" },
	{ "%d", "1.500" },
	{ "%{seconds}d %{mili}d %{milli}d %{micro}d",
	    "1.500 1500.000 1500.000 1500000" },
	{ "%{HTTP_HOST}e %{NOTHING}e", "example.test -" },
	{ "%f", "/srv/x.cgi" },
	{ "%l", "77" },
	{ "%m", "POST" },
	{ "%M %{kilo}M %{mega}M", "4194304 4096 4" },
	{ "%n", "www" },
	{ "%{X-Kind}o|%{x-kind}o|%{Empty}o|%{None}o|%{X-Kin}o",
	    "some kind|some kind|-|-|-" },
	{ "%q", "a=b&c" },
	{ "%r%Q%q", "/x.cgi?a=b&c" },
	{ "%R", "192.0.2.7" },
	{ "%s", "404" },
	{ "%t", "09/Sep/2001:01:46:40 +0000" },
	{ "%T", "09/Sep/2001:01:47:41 +0000" },
	{ "%{%Y-%m-%d}t %{%H:%M}T", "2001-09-09 01:47" },
	{ "%u", "anna" },
	{ "%x", "3" },
	{ "%X", "exit:3" },
	{ "%b", "1234" },
	{ "%B", "77" },
	{ "%F", "0.250" },
	{ "%{milli}F", "250.000" },
	{ "%{milliseconds}d %{microseconds}d", "1500.000 1500000" },
	{ "%{bytes}M %{kilobytes}M %{megabytes}M", "4194304 4096 4" },
};

START_TEST(each_letter_says_what_it_should)
{
	const char *why = NULL;

	ck_assert_msg(accesslog_check(letters[_i].format, &why) == 0, "%s: %s",
	    letters[_i].format, why);
	ck_assert_str_eq(
	    line(letters[_i].format, ACCESSLOG_LINE_MAX), letters[_i].text);
}
END_TEST

START_TEST(the_processes_are_named)
{
	char expected[64];

	(void)snprintf(
	    expected, sizeof(expected), "%d %d", (int)getpid(), (int)getppid());
	ck_assert_str_eq(line("%p %P", ACCESSLOG_LINE_MAX), expected);
}
END_TEST

static const struct {
	const char *format;
	const char *why; /* a part of it */
} broken[] = {
	{ "%", "within" },
	{ "text %", "within" },
	{ "%{HTTP_HOST", "within" },
	{ "%{HTTP_HOST}", "within" },
	{ "%Z", "letter" },
	{ "%m %k", "letter" },
	{ "%e", "name" },
	{ "%o", "name" },
	{ "%{}e", "name" },
	{ "%{minutes}d", "seconds, milli or micro" },
	{ "%{micro seconds}w", "seconds, milli or micro" },
	{ "%{giga}M", "bytes, kilo or mega" },
	{ "%{USER}C", "user, system or total" },
	{ "%{x}m", "is for the letters" },
	{ "%{x}%", "is for the letters" },
};

START_TEST(a_broken_format_is_refused_and_harms_nobody)
{
	const char *why = NULL;

	ck_assert_int_eq(accesslog_check(broken[_i].format, &why), -1);
	ck_assert_msg(strstr(why, broken[_i].why) != NULL, "%s: %s",
	    broken[_i].format, why);
	(void)line(broken[_i].format, ACCESSLOG_LINE_MAX);
}
END_TEST

START_TEST(what_is_not_known_is_a_dash)
{
	free(req->params.arena);
	free(req);
	req = calloc(1, sizeof(*req));
	params_reset(&req->params, malloc(ARENA), ARENA);
	facts = (struct outcome_facts){ 0 };
	ck_assert_str_eq(
	    line("%R %u %m %r %l %f %F %q %Q|%X", ACCESSLOG_LINE_MAX),
	    "- - - - - - -  |refused");
}
END_TEST

static const struct {
	struct outcome_facts facts;
	const char *text;
} ends[] = {
	{ { .signalled = true, .code = 9 }, "sig:9" },
	{ { .why = HANDLER_ABORT }, "abort" },
	{ { .why = HANDLER_GONE }, "gone" },
	{ { .why = HANDLER_TIME }, "timeout" },
	{ { .why = HANDLER_STALL }, "stall" },
	{ { .why = HANDLER_LARGE }, "large" },
	{ { .why = HANDLER_SHUTDOWN }, "shutdown" },
};

START_TEST(each_end_has_its_word)
{
	facts = ends[_i].facts;
	ck_assert_str_eq(line("%X", ACCESSLOG_LINE_MAX), ends[_i].text);
}
END_TEST

START_TEST(hostile_strings_stay_in_their_field)
{
	static const char evil[] = "a\r\nb\033[2J\"c\\d\x7f\xff%s%n\t";
	const char *text;
	size_t i;

	add_pair("HTTP_EVIL", evil, sizeof(evil) - 1);
	memcpy(req->head_text, "X: a\033b\"\n", 9);
	text = line("[%{HTTP_EVIL}e] [%{X}o]", ACCESSLOG_LINE_MAX);
	for (i = 0; text[i] != '\0'; i++)
		ck_assert_msg((unsigned char)text[i] >= 0x20 &&
			(unsigned char)text[i] < 0x7f,
		    "byte %zu of %s", i, text);
	ck_assert_ptr_nonnull(strstr(text, "%s%n"));
	ck_assert_ptr_null(strchr(text, '"'));
	ck_assert_int_eq(text[0], '[');
	ck_assert_int_eq(text[strlen(text) - 1], ']');
}
END_TEST

START_TEST(a_line_that_is_too_long_is_cut)
{
	char *value = malloc(30001);
	size_t cap;

	memset(value, '\001', 30000);
	add_pair("HTTP_LONG", value, 30000);
	for (cap = 1; cap < 300; cap++)
		(void)line("%t %{HTTP_LONG}e %{HTTP_LONG}e %R %q%%", cap);
	(void)line(
	    "%{HTTP_LONG}e%{HTTP_LONG}e%{HTTP_LONG}e", ACCESSLOG_LINE_MAX);
	free(value);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("accesslog");
	TCase *tc = tcase_create("accesslog");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(
	    tc, each_letter_says_what_it_should, 0, ROWS(letters));
	tcase_add_test(tc, the_processes_are_named);
	tcase_add_loop_test(
	    tc, a_broken_format_is_refused_and_harms_nobody, 0, ROWS(broken));
	tcase_add_test(tc, what_is_not_known_is_a_dash);
	tcase_add_loop_test(tc, each_end_has_its_word, 0, ROWS(ends));
	tcase_add_test(tc, hostile_strings_stay_in_their_field);
	tcase_add_test(tc, a_line_that_is_too_long_is_cut);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
