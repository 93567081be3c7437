#include <stdlib.h>
#include <string.h>

#include "ctl/edit.h"
#include "unit.h"

static const struct {
	const char *label, *before, *name, *value, *after; /* of pool "a" */
} rows[] = {
	{ "a value is replaced", "pool a {\n  x = 1\n}\n", "x", "2",
	    "pool a {\n  x = 2\n}\n" },
	{ "what is around it stays", "# x = 0\npool 'a' { x=1 # why\n y = 3}",
	    "x", "2", "# x = 0\npool 'a' { x=2 # why\n y = 3}" },
	{ "a new one goes to the end",
	    "pool \"a\" {\n\tx = 1 // one\n\t/* end */\n}\n", "y", "10s",
	    "pool \"a\" {\n\tx = 1 // one\n\t/* end */\n\ty = 10s\n}\n" },
	{ "an empty section", "pool a {\n}\n", "y", "1",
	    "pool a {\n    y = 1\n}\n" },
	{ "a brace on the line of others", "pool a { x = 1 }", "y", "1",
	    "pool a { x = 1 \n    y = 1\n}" },
	{ "the last of several counts", "pool a {\nx = 1\nx = 2\n}", "x", "3",
	    "pool a {\nx = 1\nx = 3\n}" },
	{ "a comment is no setting", "pool a {\n# x = 1\n/* x = 1 */\n}", "x",
	    "3", "pool a {\n# x = 1\n/* x = 1 */\n    x = 3\n}" },
	{ "a string is no setting", "pool a {\ny = \"x = 1\"\nx = 5\n}", "x",
	    "3", "pool a {\ny = \"x = 1\"\nx = 3\n}" },
	{ "braces in strings and comments do not count",
	    "pool a {\ny = '}' # }\n/* } */ x = 1\n}", "x", "2",
	    "pool a {\ny = '}' # }\n/* } */ x = 2\n}" },
	{ "other pools stay", "pool b { x = 1 }\npool a { x = 1 }\n", "x", "2",
	    "pool b { x = 1 }\npool a { x = 2 }\n" },
	{ "other sections within stay", "pool a { env { x = 1 }\n x = 1 }\n",
	    "x", "2", "pool a { env { x = 1 }\n x = 2 }\n" },
	{ "lists are replaced whole", "pool a { x = {'a', \"b\"} y = 1 }", "x",
	    "{c}", "pool a { x = {c} y = 1 }" },
	{ "quoted where it must be", "pool a { x = 1 }", "x", "a \"b\" \\",
	    "pool a { x = \"a \\\"b\\\" \\\\\" }" },
	{ "quotes stay", "pool a { x = 1 }", "x", "'a b'",
	    "pool a { x = 'a b' }" },
	{ "lines end as others do", "pool a {\r\n\tx = 1\r\n}\r\n", "y", "2",
	    "pool a {\r\n\tx = 1\r\n\ty = 2\r\n}\r\n" },
	{ "a variable is one value", "pool a { x = ${NO:-1} y = ${Z} }", "x",
	    "2", "pool a { x = 2 y = ${Z} }" },
	{ "and one that has no end is no end", "pool a { y = ${Z\nx = 1\n}",
	    "x", "2", "pool a { y = ${Z\nx = 2\n}" },
	{ "a name that begins like it", "pool a { x.y = 1 }", "x.y", "2",
	    "pool a { x.y = 2 }" },
};

START_TEST(one_setting_changes_and_nothing_else)
{
	const char *why;
	char *text =
	    edit_set(rows[_i].before, "a", rows[_i].name, rows[_i].value, &why);

	ck_assert_msg(text != NULL, "%s: %s", rows[_i].label, why);
	ck_assert_msg(
	    strcmp(text, rows[_i].after) == 0, "%s: %s", rows[_i].label, text);
	free(text);
}
END_TEST

static const char *const hopeless[] = { "", "pool b { x = 1 }", "# pool a { }",
	"x = \"pool a { }\"", "pool a { x = 1", "pool a { x += {1} }", "pool a",
	"pool a {", "pool a { /* }", "pool", "pool a { x = \"",
	"pool a { x = {" };

START_TEST(what_cannot_be_done_says_why)
{
	const char *why = NULL;

	ck_assert_ptr_null(edit_set(hopeless[_i], "a", "x", "2", &why));
	ck_assert_ptr_nonnull(why);
}
END_TEST

START_TEST(a_text_cut_anywhere_is_survived)
{
	static const char whole[] =
	    "# c\npool \"a\" { x = {'a', \"b\\\"\"} /* c */ env { y = 1 }\n"
	    "x += {z} // d\n}\n";
	size_t len;

	for (len = 0; len <= strlen(whole); len++) {
		char *cut = strndup(whole, len);
		const char *why;

		free(edit_set(cut, "a", "q", "2", &why));
		free(edit_set(cut, "a", "x", "2", &why));
		free(cut);
	}
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("edit");
	TCase *tc = tcase_create("text");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, one_setting_changes_and_nothing_else, 0,
	    sizeof(rows) / sizeof(rows[0]));
	tcase_add_loop_test(tc, what_cannot_be_done_says_why, 0,
	    sizeof(hopeless) / sizeof(hopeless[0]));
	tcase_add_test(tc, a_text_cut_anywhere_is_survived);
	return unit_run(s);
}
