/* Which requests leave no line in the access log. */
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "worker/suppress.h"

#define ROWS(t) ((int)(sizeof(t) / sizeof((t)[0])))
#define ARENA 4096

static char ping[] = "/ping", health[] = "/health.cgi";
static char *const paths[] = { ping, health, NULL };
static struct request *req;

static void
add_param(const char *name, const char *value)
{
	uint8_t head[2] = { (uint8_t)strlen(name), (uint8_t)strlen(value) };
	struct span parts[] = { { head, 2 },
		{ (const uint8_t *)name, strlen(name) },
		{ (const uint8_t *)value, strlen(value) } };
	size_t i;

	for (i = 0; i < 3; i++)
		ck_assert_int_eq(
		    params_feed(&req->params, parts[i]), PARAMS_OK);
}

static const struct {
	const char *label, *path, *method, *query, *length;
	uint64_t got;
	int status;
	struct outcome_facts facts;
	bool quiet;
} rows[] = {
	{ "a probe", "/ping", "GET", "", "", 0, 200, { .why = HANDLER_RUNS },
	    true },
	{ "the second", "/health.cgi", "HEAD", "", "0", 0, 204,
	    { .why = HANDLER_RUNS }, true },
	{ "another path", "/pings", "GET", "", "", 0, 200,
	    { .why = HANDLER_RUNS }, false },
	{ "another method", "/ping", "POST", "", "", 0, 200,
	    { .why = HANDLER_RUNS }, false },
	{ "with a query", "/ping", "GET", "x", "", 0, 200,
	    { .why = HANDLER_RUNS }, false },
	{ "an announced body", "/ping", "GET", "", "7", 0, 200,
	    { .why = HANDLER_RUNS }, false },
	{ "a body", "/ping", "GET", "", "", 1, 200, { .why = HANDLER_RUNS },
	    false },
	{ "not found", "/ping", "GET", "", "", 0, 404, { .why = HANDLER_RUNS },
	    false },
	{ "moved", "/ping", "GET", "", "", 0, 300, { .why = HANDLER_RUNS },
	    false },
	{ "failed", "/ping", "GET", "", "", 0, 200,
	    { .why = HANDLER_RUNS, .code = 1 }, false },
	{ "crashed", "/ping", "GET", "", "", 0, 200,
	    { .why = HANDLER_RUNS, .signalled = true }, false },
	{ "too late", "/ping", "GET", "", "", 0, 200, { .why = HANDLER_TIME },
	    false },
};

START_TEST(only_what_went_well_and_asked_nothing_goes_unseen)
{
	req = calloc(1, sizeof(*req));
	params_reset(&req->params, malloc(ARENA), ARENA);
	add_param("SCRIPT_NAME", rows[_i].path);
	add_param("REQUEST_METHOD", rows[_i].method);
	add_param("QUERY_STRING", rows[_i].query);
	add_param("CONTENT_LENGTH", rows[_i].length);
	req->got = rows[_i].got;
	req->head.status = rows[_i].status;
	ck_assert_msg(
	    suppress_line(paths, req, &rows[_i].facts) == rows[_i].quiet, "%s",
	    rows[_i].label);
	ck_assert(!suppress_line(NULL, req, &rows[_i].facts));
	free(req->params.arena);
	free(req);
}
END_TEST

START_TEST(a_request_without_a_head_is_seen)
{
	const struct outcome_facts facts = { .why = HANDLER_RUNS };

	req = calloc(1, sizeof(*req));
	params_reset(&req->params, NULL, 0);
	ck_assert(!suppress_line(paths, req, &facts));
	free(req);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("suppress");
	TCase *tc = tcase_create("lines");

	tcase_add_loop_test(tc,
	    only_what_went_well_and_asked_nothing_goes_unseen, 0, ROWS(rows));
	tcase_add_test(tc, a_request_without_a_head_is_seen);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
