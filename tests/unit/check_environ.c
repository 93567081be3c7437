#include <check.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "unit.h"
#include "worker/environ.h"

#define ROWS(t) ((int)(sizeof(t) / sizeof((t)[0])))
#define ARENA 65536
/* A string that is not const, as the configuration has them. */
#define S(text) ((char[]){ text })

static const struct {
	const char *name;
	bool safe, strict;
} names[] = {
	{ "SCRIPT_NAME", true, true },
	{ "PATH_INFO", true, true },
	{ "HTTP_X_ANY", true, true },
	{ "HTTP_PROXY", false, false },
	{ "HTTP_PROXY_X", true, true },
	{ "DOCUMENT_ROOT", true, false },
	{ "HTTPS", true, false },
	{ "MY_OWN", true, false },
	{ "PATH", false, false },
	{ "PATHS", true, false },
	{ "LD_PRELOAD", false, false },
	{ "LD_", false, false },
	{ "LD", true, false },
	{ "PERL5LIB", false, false },
	{ "PERL", true, false },
	{ "PYTHONPATH", false, false },
	{ "BASH_ENV", false, false },
	{ "ENV", false, false },
	{ "ENVIRONMENT", true, false },
	{ "IFS", false, false },
	{ "NODE_OPTIONS", false, false },
	{ "GLIBC_TUNABLES", false, false },
	{ "_JAVA_OPTIONS", false, false },
};

START_TEST(a_name_is_allowed_by_the_rule)
{
	const struct environ_rule safe = { 0 }, strict = { .strict = true };
	size_t len = strlen(names[_i].name);

	ck_assert_msg(
	    environ_allows(&safe, names[_i].name, len) == names[_i].safe,
	    "safe: %s", names[_i].name);
	ck_assert_msg(
	    environ_allows(&strict, names[_i].name, len) == names[_i].strict,
	    "strict: %s", names[_i].name);
}
END_TEST

START_TEST(keep_is_stronger_than_drop_and_drop_than_the_rest)
{
	char *drop[] = { S("MINE"), S("HTTP_SECRET*"), S("KEPT*"), NULL };
	char *keep[] = { S("KEPT_ONE"), S("LD_*"), NULL };
	const struct environ_rule rule = {
		.strict = true, .drop = drop, .keep = keep
	};

	ck_assert(!environ_allows(&rule, "MINE", 4));
	ck_assert(!environ_allows(&rule, "HTTP_SECRET", 11));
	ck_assert(!environ_allows(&rule, "HTTP_SECRETS", 12));
	ck_assert(environ_allows(&rule, "HTTP_SECRE", 10));
	ck_assert(environ_allows(&rule, "KEPT_ONE", 8));
	ck_assert(!environ_allows(&rule, "KEPT_TWO", 8));
	ck_assert(environ_allows(&rule, "LD_PRELOAD", 10));
}
END_TEST

START_TEST(a_star_alone_means_every_name)
{
	char *all[] = { S("*"), NULL }, *keep[] = { S("HTTP_HOST"), NULL };
	const struct environ_rule rule = { .drop = all, .keep = keep };

	ck_assert(!environ_allows(&rule, "SCRIPT_NAME", 11));
	ck_assert(!environ_allows(&rule, "HTTP_HOSTS", 10));
	ck_assert(environ_allows(&rule, "HTTP_HOST", 9));
}
END_TEST

/* Parameters as they come from the wire; free(p->arena), free(p). */
static struct params *
make(const char *const *pairs, size_t n)
{
	struct params *p = malloc(sizeof(*p));
	size_t i;

	params_reset(p, malloc(ARENA), ARENA);
	for (i = 0; i < n; i++) {
		size_t name_len = strcspn(pairs[i], "=");
		const char *value = pairs[i] + name_len + 1;
		uint8_t head[2] = { (uint8_t)name_len, (uint8_t)strlen(value) };
		struct span parts[] = { { head, 2 },
			{ (const uint8_t *)pairs[i], name_len },
			{ (const uint8_t *)value, strlen(value) } };
		size_t k;

		for (k = 0; k < 3; k++)
			ck_assert_int_eq(params_feed(p, parts[k]), PARAMS_OK);
	}
	ck_assert_int_eq(params_finish(p), PARAMS_OK);
	return p;
}

static void
expect(const struct environ_rule *rule, const struct environ_extra *extra,
    const char *const *pairs, size_t npairs, const char *const *expected)
{
	struct params *p = make(pairs, npairs);
	const char **envp = calloc(ENVIRON_MAX, sizeof(*envp));
	size_t i;

	ck_assert_int_eq(environ_build(rule, p, extra, envp), 0);
	for (i = 0; expected[i] != NULL; i++)
		ck_assert_str_eq(envp[i], expected[i]);
	ck_assert_ptr_null(envp[i]);
	free(envp);
	free(p->arena);
	free(p);
}

START_TEST(of_each_name_there_is_one_entry)
{
	static const char *const pairs[] = { "A=1", "HTTP_X=first",
		"HTTP_X=last", "SCRIPT_NAME=/theirs", "DB=theirs", "PATH=/evil",
		"HOME=/theirs", "EMPTY=" };
	static const char *const expected[] = { "DB=ours", "HOME=/ours",
		ENVIRON_PATH, "SCRIPT_NAME=/ours", "A=1", "HTTP_X=last",
		"EMPTY=", NULL };
	char *fixed[] = { S("DB=ours"), NULL };
	char *inherit[] = { S("HOME=/ours"), S("DB=inherited"), S("broken"),
		NULL };
	const struct environ_rule rule = { .fixed = fixed, .inherit = inherit };
	const struct environ_extra extra = { { "SCRIPT_NAME=/ours" }, 1 };

	expect(&rule, &extra, pairs, 8, expected);
}
END_TEST

START_TEST(a_configured_path_replaces_the_built_in_one)
{
	static const char *const pairs[] = { "PATH=/evil" };
	static const char *const expected[] = { "PATH=/opt/bin", NULL };
	char *fixed[] = { S("PATH=/opt/bin"), NULL };
	char *keep[] = { S("PATH"), NULL };
	const struct environ_rule rule = { .fixed = fixed, .keep = keep };
	const struct environ_extra none = { .n = 0 };

	expect(&rule, &none, pairs, 1, expected);
}
END_TEST

START_TEST(a_name_that_begins_as_another_is_another)
{
	static const char *const pairs[] = { "DBS=2", "D=3" };
	static const char *const expected[] = { "DB=1", ENVIRON_PATH, "DBS=2",
		"D=3", NULL };
	char *fixed[] = { S("DB=1"), NULL };
	const struct environ_rule rule = { .fixed = fixed };
	const struct environ_extra none = { .n = 0 };

	expect(&rule, &none, pairs, 2, expected);
}
END_TEST

START_TEST(too_many_entries_are_refused)
{
	char entry[] = "A=b", **fixed = calloc(ENVIRON_MAX + 1, sizeof(*fixed));
	const char **envp = calloc(ENVIRON_MAX, sizeof(*envp));
	struct environ_rule rule = { .fixed = fixed };
	const struct environ_extra none = { .n = 0 };
	struct params *p = make(NULL, 0);
	size_t i;

	/* PATH and the final NULL need a place each. */
	for (i = 0; i < ENVIRON_MAX - 2; i++)
		fixed[i] = entry;
	ck_assert_int_eq(environ_build(&rule, p, &none, envp), 0);
	ck_assert_ptr_null(envp[ENVIRON_MAX - 1]);
	fixed[i] = entry;
	ck_assert_int_eq(environ_build(&rule, p, &none, envp), -1);
	free(p->arena);
	free(p);
	free(envp);
	free(fixed);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("environ");
	TCase *tc = tcase_create("environ");

	tcase_add_loop_test(tc, a_name_is_allowed_by_the_rule, 0, ROWS(names));
	tcase_add_test(tc, a_star_alone_means_every_name);
	tcase_add_test(tc, keep_is_stronger_than_drop_and_drop_than_the_rest);
	tcase_add_test(tc, of_each_name_there_is_one_entry);
	tcase_add_test(tc, a_configured_path_replaces_the_built_in_one);
	tcase_add_test(tc, a_name_that_begins_as_another_is_another);
	tcase_add_test(tc, too_many_entries_are_refused);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
