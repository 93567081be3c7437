/* The table of the answers: what happened, what the web server gets. */
#include "worker/outcome.h"

#include <signal.h>
#include <string.h>

#include "unit.h"

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))
#define EXIT(n) .code = (n)
#define SIGNAL(n) .signalled = true, .code = (n)
#define CUT .cut_on_crash = true

static const struct {
	const char *label;
	struct outcome_facts facts;
	struct outcome want;
	const char *word;
} rows[] = {
	{ "answers and exits with 0", { .output = true, EXIT(0), CUT },
	    { .end = true, .counter = BOARD_COMPLETED }, "exit:0" },
	{ "answers and exits with 255", { .output = true, EXIT(255), CUT },
	    { .end = true, .app_status = 255, .counter = BOARD_COMPLETED },
	    "exit:255" },
	{ "exits without a word", { EXIT(0), CUT },
	    { .answer = 502, .end = true, .counter = BOARD_COMPLETED },
	    "exit:0" },
	{ "fails without a word", { EXIT(3), CUT },
	    { .answer = 502,
		.end = true,
		.app_status = 3,
		.counter = BOARD_COMPLETED },
	    "exit:3" },
	{ "dies without a word", { SIGNAL(SIGSEGV), CUT },
	    { .answer = 502,
		.end = true,
		.app_status = 128 + SIGSEGV,
		.counter = BOARD_COMPLETED },
	    "sig:11" },
	{ "dies in the midst", { .output = true, SIGNAL(SIGKILL), CUT },
	    { .cut = true,
		.app_status = 128 + SIGKILL,
		.counter = BOARD_COMPLETED },
	    "sig:9" },
	{ "dies in the midst, not to be cut",
	    { .output = true, SIGNAL(SIGKILL) },
	    { .end = true,
		.app_status = 128 + SIGKILL,
		.counter = BOARD_COMPLETED },
	    "sig:9" },
	{ "too slow, without a word",
	    { .why = HANDLER_TIME, SIGNAL(SIGTERM), CUT },
	    { .answer = 504,
		.end = true,
		.app_status = 143,
		.counter = BOARD_TIMED_OUT },
	    "timeout" },
	{ "too slow and stubborn",
	    { .why = HANDLER_TIME, SIGNAL(SIGKILL), CUT },
	    { .answer = 504,
		.end = true,
		.app_status = 137,
		.counter = BOARD_TIMED_OUT },
	    "timeout" },
	{ "too slow, with a last word of its own",
	    { .why = HANDLER_TIME, EXIT(7), CUT },
	    { .answer = 504,
		.end = true,
		.app_status = 143,
		.counter = BOARD_TIMED_OUT },
	    "timeout" },
	{ "too slow, in the midst",
	    { .why = HANDLER_TIME, .output = true, SIGNAL(SIGTERM) },
	    { .cut = true, .counter = BOARD_TIMED_OUT }, "timeout" },
	{ "the body stalls", { .why = HANDLER_STALL, SIGNAL(SIGTERM), CUT },
	    { .answer = 408,
		.end = true,
		.close = true,
		.app_status = 143,
		.counter = BOARD_TIMED_OUT },
	    "stall" },
	{ "the body stalls in the midst",
	    { .why = HANDLER_STALL, .output = true, SIGNAL(SIGTERM), CUT },
	    { .cut = true, .counter = BOARD_TIMED_OUT }, "stall" },
	{ "the body is too large",
	    { .why = HANDLER_LARGE, SIGNAL(SIGTERM), CUT },
	    { .answer = 413,
		.end = true,
		.app_status = 143,
		.counter = BOARD_REJECTED },
	    "large" },
	{ "aborted", { .why = HANDLER_ABORT, SIGNAL(SIGTERM), CUT },
	    { .end = true, .app_status = 143, .counter = BOARD_ABORTED },
	    "abort" },
	{ "aborted in the midst, exits by itself",
	    { .why = HANDLER_ABORT, .output = true, EXIT(4), CUT },
	    { .end = true, .app_status = 4, .counter = BOARD_ABORTED },
	    "abort" },
	{ "the web server went", { .why = HANDLER_GONE, SIGNAL(SIGTERM), CUT },
	    { .counter = BOARD_CLIENT_GONE }, "gone" },
	{ "the web server went in the midst",
	    { .why = HANDLER_GONE, .output = true, EXIT(0), CUT },
	    { .counter = BOARD_CLIENT_GONE }, "gone" },
	{ "the worker has to end",
	    { .why = HANDLER_SHUTDOWN, SIGNAL(SIGTERM), CUT },
	    { .answer = 503,
		.end = true,
		.app_status = 143,
		.counter = BOARD_TIMED_OUT },
	    "shutdown" },
};

START_TEST(what_happened_decides_what_is_sent)
{
	struct outcome got = outcome_for(&rows[_i].facts);
	const struct outcome *want = &rows[_i].want;
	const char *label = rows[_i].label;

	ck_assert_msg(
	    got.answer == want->answer, "%s: answer %d", label, got.answer);
	ck_assert_msg(got.end == want->end, "%s: end", label);
	ck_assert_msg(got.cut == want->cut, "%s: cut", label);
	ck_assert_msg(got.close == want->close, "%s: close", label);
	ck_assert_msg(got.counter == want->counter, "%s: counter %d", label,
	    (int)got.counter);
	if (want->end)
		ck_assert_msg(got.app_status == want->app_status,
		    "%s: appStatus %u", label, got.app_status);
}
END_TEST

START_TEST(and_the_word_in_the_log)
{
	char buf[32];

	ck_assert_str_eq(
	    outcome_text(&rows[_i].facts, buf, sizeof(buf)), rows[_i].word);
}
END_TEST

/* Whatever else is true: a cut answer is not ended, an end says how, and
 * every outcome is in the counters' identity. */
START_TEST(no_outcome_contradicts_itself)
{
	struct outcome_facts f;
	unsigned bits;
	int why;

	for (why = HANDLER_RUNS; why <= HANDLER_SHUTDOWN; why++)
		for (bits = 0; bits < 8; bits++) {
			struct outcome o;

			f = (struct outcome_facts){
				.why = (enum handler_why)why,
				.output = bits & 1,
				.signalled = bits & 2,
				.cut_on_crash = bits & 4,
				.code = 9,
			};
			o = outcome_for(&f);
			ck_assert(!(o.cut && o.end));
			ck_assert(o.answer == 0 || (o.end && !f.output));
			ck_assert_int_gt(o.counter, BOARD_ACCEPTED);
			ck_assert_int_lt(o.counter, BOARD_LOST_WORKER);
			if (o.answer != 0 && why != HANDLER_RUNS)
				ck_assert_int_eq(o.answer,
				    outcome_answer((enum handler_why)why));
		}
}
END_TEST

START_TEST(exit_codes_and_signals_are_told_apart)
{
	struct outcome_facts f = { .output = true };

	for (f.code = 0; f.code < 256; f.code++)
		ck_assert_uint_eq(outcome_for(&f).app_status, (unsigned)f.code);
	f.signalled = true;
	for (f.code = 1; f.code < 65; f.code++)
		ck_assert_uint_eq(
		    outcome_for(&f).app_status, 128u + (unsigned)f.code);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("outcome");
	TCase *tc = tcase_create("table");

	tcase_add_loop_test(
	    tc, what_happened_decides_what_is_sent, 0, ROWS(rows));
	tcase_add_loop_test(tc, and_the_word_in_the_log, 0, ROWS(rows));
	tcase_add_test(tc, no_outcome_contradicts_itself);
	tcase_add_test(tc, exit_codes_and_signals_are_told_apart);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
