/* What each of the 256 types means, by id and by how far its request is. */
#include "proto/rules.h"

#include "unit.h"

#define ROWS(table) ((int)(sizeof(table) / sizeof((table)[0])))

static const enum rules_phase phases[] = { RULES_NONE, RULES_PARAMS,
	RULES_STDIN, RULES_OUTPUT };

/* The table as the specification has it, not as the code does. */
static const struct {
	const char *label;
	unsigned type, last; /* to the same, if 0 */
	int body_len;        /* -1: whatever it is */
	enum rules_act none, params, body, output;
} rows[] = {
	{ "type 0", 0, 0, -1, RULES_IGNORE, RULES_CLOSE, RULES_CLOSE,
	    RULES_CLOSE },
	{ "begin", FCGI_BEGIN_REQUEST, 0, 8, RULES_BEGIN, RULES_CLOSE,
	    RULES_CLOSE, RULES_CLOSE },
	{ "begin of 0 bytes", FCGI_BEGIN_REQUEST, 0, 0, RULES_CLOSE,
	    RULES_CLOSE, RULES_CLOSE, RULES_CLOSE },
	{ "begin of 7 bytes", FCGI_BEGIN_REQUEST, 0, 7, RULES_CLOSE,
	    RULES_CLOSE, RULES_CLOSE, RULES_CLOSE },
	{ "begin of 9 bytes", FCGI_BEGIN_REQUEST, 0, 9, RULES_CLOSE,
	    RULES_CLOSE, RULES_CLOSE, RULES_CLOSE },
	{ "begin of 65535 bytes", FCGI_BEGIN_REQUEST, 0, 65535, RULES_CLOSE,
	    RULES_CLOSE, RULES_CLOSE, RULES_CLOSE },
	{ "abort", FCGI_ABORT_REQUEST, 0, -1, RULES_IGNORE, RULES_ABORT,
	    RULES_ABORT, RULES_ABORT },
	{ "end", FCGI_END_REQUEST, 0, -1, RULES_IGNORE, RULES_CLOSE,
	    RULES_CLOSE, RULES_CLOSE },
	{ "params", FCGI_PARAMS, 0, -1, RULES_IGNORE, RULES_FEED, RULES_CLOSE,
	    RULES_CLOSE },
	{ "end of stdin", FCGI_STDIN, 0, 0, RULES_IGNORE, RULES_CLOSE,
	    RULES_BODY, RULES_IGNORE },
	{ "stdin", FCGI_STDIN, 0, 1, RULES_IGNORE, RULES_CLOSE, RULES_BODY,
	    RULES_CLOSE },
	{ "much stdin", FCGI_STDIN, 0, 65535, RULES_IGNORE, RULES_CLOSE,
	    RULES_BODY, RULES_CLOSE },
	{ "stdout, stderr, data, values, unknown, and what does not exist",
	    FCGI_STDOUT, 255, -1, RULES_IGNORE, RULES_CLOSE, RULES_CLOSE,
	    RULES_CLOSE },
};

static void
must_be(const char *label, struct fcgi_head head, unsigned phase,
    enum rules_act want)
{
	enum rules_act got = rules_for(&head, phases[phase]);

	ck_assert_msg(got == want,
	    "%s: type %u, id %u, %u bytes, phase %u: %d, not %d", label,
	    head.type, head.id, head.body_len, phase, (int)got, (int)want);
}

START_TEST(a_record_with_an_id_means_what_its_row_says)
{
	static const uint16_t ids[] = { 1, 2, 255, 256, 65535 };
	static const uint16_t lens[] = { 0, 1, 7, 8, 9, 65535 };
	const enum rules_act want[] = { rows[_i].none, rows[_i].params,
		rows[_i].body, rows[_i].output };
	unsigned last = rows[_i].last == 0 ? rows[_i].type : rows[_i].last;
	unsigned type, id, len, phase;

	for (type = rows[_i].type; type <= last; type++)
		for (id = 0; id < 5; id++)
			for (len = 0; len < 6; len++)
				for (phase = 0; phase < 4; phase++) {
					struct fcgi_head head = {
						.type = (uint8_t)type,
						.id = ids[id],
						.body_len = lens[len],
					};

					if (rows[_i].body_len >= 0)
						head.body_len =
						    (uint16_t)rows[_i].body_len;
					must_be(rows[_i].label, head, phase,
					    want[phase]);
				}
}
END_TEST

START_TEST(every_type_has_its_row)
{
	bool seen[256] = { false };
	int i;
	unsigned type;

	for (i = 0; i < ROWS(rows); i++) {
		unsigned last = rows[i].last == 0 ? rows[i].type : rows[i].last;

		for (type = rows[i].type; type <= last; type++)
			seen[type] = true;
	}
	for (type = 0; type < 256; type++)
		ck_assert_msg(seen[type], "type %u", type);
}
END_TEST

/* Id 0: the phase is nobody's and must not matter. */
START_TEST(a_record_without_an_id_is_management_or_wrong)
{
	unsigned type, phase;

	for (type = 0; type < 256; type++)
		for (phase = 0; phase < 4; phase++) {
			const struct fcgi_head head = { .type = (uint8_t)type,
				.body_len = 8 };
			enum rules_act want = RULES_UNKNOWN;

			if (type >= 1 && type <= 8)
				want = RULES_CLOSE;
			if (type == FCGI_GET_VALUES)
				want = RULES_VALUES;
			if (type == FCGI_GET_VALUES_RESULT ||
			    type == FCGI_UNKNOWN_TYPE)
				want = RULES_IGNORE;
			must_be("id 0", head, phase, want);
		}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("rules");
	TCase *tc = tcase_create("table");

	tcase_add_loop_test(
	    tc, a_record_with_an_id_means_what_its_row_says, 0, ROWS(rows));
	tcase_add_test(tc, every_type_has_its_row);
	tcase_add_test(tc, a_record_without_an_id_is_management_or_wrong);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
