#include <stdlib.h>
#include <string.h>

#include "ctl/query.h"
#include "proto/fcgi.h"
#include "proto/params.h"
#include "unit.h"

#define ROWS(t) ((int)(sizeof(t) / sizeof((t)[0])))

static struct params params;
static char arena[1 << 19];
static size_t params_records;
static bool stdin_ended;

/* Take one record off IN; its body. */
static struct span
record(struct span *in, struct fcgi_head *head)
{
	struct span body;

	ck_assert_int_eq(fcgi_get_head(in, head), FCGI_OK);
	ck_assert_uint_eq(head->id, QUERY_ID);
	ck_assert_uint_eq(head->pad_len, 0);
	ck_assert_uint_le(head->body_len, in->len);
	body = (struct span){ in->at, head->body_len };
	in->at += head->body_len;
	in->len -= head->body_len;
	return body;
}

/* Encode Q and decode it again into the variables above. */
static void
encode(const struct query *q)
{
	struct span in = { NULL, 0 }, body;
	uint8_t *all = query_encode(q, &in.len);
	struct fcgi_begin begin;
	struct fcgi_head head;

	ck_assert_ptr_nonnull(all);
	in.at = all;
	body = record(&in, &head);
	ck_assert_uint_eq(head.type, FCGI_BEGIN_REQUEST);
	ck_assert_int_eq(fcgi_get_begin(body, &begin), FCGI_OK);
	ck_assert_uint_eq(begin.role, FCGI_RESPONDER);
	ck_assert_uint_eq(begin.flags, 0);
	params_reset(&params, arena, sizeof(arena));
	for (params_records = 0;; params_records++) {
		body = record(&in, &head);
		ck_assert_uint_eq(head.type, FCGI_PARAMS);
		if (body.len == 0)
			break;
		ck_assert_int_eq(params_feed(&params, body), PARAMS_OK);
	}
	ck_assert_int_eq(params_finish(&params), PARAMS_OK);
	stdin_ended = in.len > 0;
	if (stdin_ended) {
		ck_assert_uint_eq(record(&in, &head).len, 0);
		ck_assert_uint_eq(head.type, FCGI_STDIN);
	}
	ck_assert_uint_eq(in.len, 0);
	free(all);
}

static void
expect(const char *name, const char *want)
{
	const char *got = params_get(&params, name);

	if (want == NULL)
		ck_assert_ptr_null(got);
	else
		ck_assert_str_eq(got != NULL ? got : "(none)", want);
}

START_TEST(what_is_not_given_has_a_sensible_value)
{
	const struct query q = { NULL, 0, false, -1 };

	encode(&q);
	ck_assert(stdin_ended);
	expect("REQUEST_METHOD", "GET");
	expect("SCRIPT_NAME", "/");
	expect("REQUEST_URI", "/");
	expect("QUERY_STRING", "");
	expect("GATEWAY_INTERFACE", "CGI/1.1");
	expect("SERVER_PROTOCOL", "HTTP/1.1");
	expect("CONTENT_LENGTH", NULL);
	expect("CONTENT_TYPE", NULL);
}
END_TEST

START_TEST(what_is_given_is_sent_once_as_given)
{
	char *given[] = { (char[]){ "REQUEST_METHOD=DELETE" },
		(char[]){ "X=a=b" }, (char[]){ "SERVER_NAME=" } };
	const struct query q = { given, ROWS(given), true, 77 };
	unsigned with_defaults;

	encode(&q);
	expect("REQUEST_METHOD", "DELETE");
	expect("X", "a=b");
	expect("SERVER_NAME", "");
	expect("CONTENT_LENGTH", "77");
	with_defaults = params.count;
	encode(&(const struct query){ NULL, 0, true, 77 });
	ck_assert_uint_eq(params.count, with_defaults - 1);
}
END_TEST

START_TEST(a_body_is_posted_and_its_end_comes_later)
{
	encode(&(const struct query){ NULL, 0, true, 0 });
	ck_assert(!stdin_ended);
	expect("REQUEST_METHOD", "POST");
	expect("CONTENT_LENGTH", "0");
	expect("CONTENT_TYPE", "application/octet-stream");
	encode(&(const struct query){ NULL, 0, true, -1 });
	expect("REQUEST_METHOD", "POST");
	expect("CONTENT_LENGTH", NULL);
}
END_TEST

static const struct {
	const char *given[3];
	const char *script;
	const char *uri;
} uris[] = {
	{ { "SCRIPT_NAME=/ping", "PATH_INFO=/a", "QUERY_STRING=b=c" }, "/ping",
	    "/ping/a?b=c" },
	{ { "SCRIPT_FILENAME=/srv/x/y.cgi", "A=1", "QUERY_STRING=" }, "/y.cgi",
	    "/y.cgi" },
	{ { "SCRIPT_FILENAME=y.cgi", "A=1", "B=1" }, "/", "/" },
	{ { "SCRIPT_NAME=", "A=1", "REQUEST_URI=/own" }, "", "/own" },
	{ { "QUERY_STRING=1", "QUERY_STRING=2", "XSCRIPT_NAME=/x" }, "/",
	    "/?2" },
};

START_TEST(the_uri_follows_from_its_parts)
{
	char *given[3];

	for (int i = 0; i < 3; i++)
		given[i] = strdup(uris[_i].given[i]);
	encode(&(const struct query){ given, 3, false, -1 });
	expect("SCRIPT_NAME", uris[_i].script);
	expect("REQUEST_URI", uris[_i].uri);
	for (int i = 0; i < 3; i++)
		free(given[i]);
}
END_TEST

START_TEST(long_parameters_are_cut_into_records)
{
	size_t len = 130000;
	char *one = malloc(len + 1);
	char *given[] = { one };

	ck_assert_ptr_nonnull(one);
	memset(one, 'x', len);
	memcpy(one, "LONG=", 5);
	one[len] = '\0';
	encode(&(const struct query){ given, 1, false, -1 });
	expect("LONG", one + 5);
	ck_assert_uint_eq(params_records, 2);
	free(one);
}
END_TEST

static Suite *
query_suite(void)
{
	Suite *s = suite_create("query");
	TCase *tc = tcase_create("encode");

	tcase_add_test(tc, what_is_not_given_has_a_sensible_value);
	tcase_add_test(tc, what_is_given_is_sent_once_as_given);
	tcase_add_test(tc, a_body_is_posted_and_its_end_comes_later);
	tcase_add_loop_test(tc, the_uri_follows_from_its_parts, 0, ROWS(uris));
	tcase_add_test(tc, long_parameters_are_cut_into_records);
	suite_add_tcase(s, tc);
	return s;
}

int
main(void)
{
	return unit_run(query_suite());
}
