#include <signal.h>
#include <sys/wait.h>

#include "master/wstatus.h"
#include "unit.h"

#define EXITED(code) ((code) << 8)
#define DUMPED 0x80

static const struct {
	int status;
	enum restart_end end;
	int code;
	const char *text;
} rows[] = {
	{ EXITED(0), RESTART_RETIRED, 0, "exited with code 0" },
	{ EXITED(1), RESTART_FAILED, 1, "exited with code 1" },
	{ EXITED(3), RESTART_FAILED, 3, "exited with code 3" },
	{ EXITED(78), RESTART_CONFIG, 78, "exited with code 78" },
	{ EXITED(255), RESTART_FAILED, 255, "exited with code 255" },
	{ SIGKILL, RESTART_KILLED, -1, "exited on signal 9 (SIGKILL)" },
	{ SIGTERM, RESTART_FAILED, -1, "exited on signal 15 (SIGTERM)" },
	{ SIGSEGV | DUMPED, RESTART_FAILED, -1,
	    "exited on signal 11 (SIGSEGV - core dumped)" },
	{ 63, RESTART_FAILED, -1, "exited on signal 63 (unknown)" },
	{ 0x137f, RESTART_FAILED, -1, "ended with status 0x137f" },
};

START_TEST(a_status_reads_as_people_say_it)
{
	char text[WSTATUS_TEXT_MAX];

	ck_assert_str_eq(
	    wstatus_text(rows[_i].status, text, sizeof(text)), rows[_i].text);
	ck_assert_int_eq(wstatus_code(rows[_i].status), rows[_i].code);
	ck_assert_int_eq(wstatus_end(rows[_i].status), rows[_i].end);
}
END_TEST

START_TEST(a_short_buffer_cuts_the_text)
{
	char text[8];

	ck_assert_str_eq(
	    wstatus_text(EXITED(3), text, sizeof(text)), "exited ");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("wstatus");
	TCase *tc = tcase_create("text");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, a_status_reads_as_people_say_it, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tc, a_short_buffer_cuts_the_text);
	return unit_run(s);
}
