/* The sample's commented lines are the defaults, and it has them all. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "conf/table.h"
#include "conf_unit.h"
#include "unit.h"

static const char *
sample(void)
{
	const char *top = getenv("srcdir");
	char path[512];

	(void)snprintf(
	    path, sizeof(path), "%s/etc/cgi-fpm.conf", top == NULL ? "." : top);
	return unit_read(path);
}

/* TEXT with every line "#name..." or "#}" made one that counts. */
static char *
uncommented(const char *text)
{
	char *copy = strdup(text), *p;

	ck_assert_ptr_nonnull(copy);
	/* Not every machine has that folder. */
	p = strstr(copy, "\"/usr/lib/cgi-bin\"");
	ck_assert_ptr_nonnull(p);
	memcpy(p, "\"/usr/bin\"        ", strlen("\"/usr/lib/cgi-bin\""));
	for (p = copy; p != NULL && *p != '\0'; p = strchr(p, '\n')) {
		p += strspn(p, " \n");
		if (p[0] == '#' && p[1] != ' ' && p[1] != '\n' && p[1] != '\0')
			*p = ' ';
	}
	return copy;
}

START_TEST(the_sample_has_every_directive)
{
	const struct conf_directive *d = conf_table_row((size_t)(unsigned)_i);
	const char *text = sample();
	char line[96];

	(void)snprintf(line, sizeof(line), "#%s = ", d->name);
	if (d->def == NULL && strcmp(d->name, "listen") != 0 &&
	    strcmp(d->name, "cgi.root") != 0)
		(void)snprintf(line, sizeof(line), "# e.g. %s %s", d->name,
		    d->type == CONF_ENV ? "{" : "= ");
	if (strstr(text, line) == NULL)
		ck_abort_msg("the sample has no line '%s'", line);
}
END_TEST

START_TEST(its_lines_are_the_defaults)
{
	char *text = uncommented(sample()), *from_sample, *from_nothing;

	must_load_text(text);
	from_sample = printed();
	must_load_text("pool www { listen = /run/cgi-fpm-www.sock\n"
		       "cgi.root = /usr/bin }\n");
	from_nothing = printed();
	ck_assert_str_eq(from_sample, from_nothing);
	free(text);
	free(from_sample);
	free(from_nothing);
}
END_TEST

START_TEST(as_it_is_it_starts_nothing)
{
	ck_assert_int_eq(load_text(sample()), -1);
	assert_says("no pool");
}
END_TEST

static Suite *
sample_suite(void)
{
	Suite *s = suite_create("sample");
	TCase *t = tcase_create("sample");

	tcase_add_checked_fixture(t, conf_unit_setup, conf_unit_teardown);
	tcase_add_loop_test(
	    t, the_sample_has_every_directive, 0, (int)conf_table_count());
	tcase_add_test(t, its_lines_are_the_defaults);
	tcase_add_test(t, as_it_is_it_starts_nothing);
	suite_add_tcase(s, t);
	return s;
}

int
main(void)
{
	return unit_run(sample_suite());
}
