#include <stdio.h>

#include "unit.h"
#include "view/doctor.h"

/* Where the word stands in the file: what is read at once is 64 KiB. */
static const long places[] = { 0, 65530, 65536 + 20, 200000 };

START_TEST(a_program_that_speaks_fastcgi_is_recognised)
{
	const char *path = unit_path("program");
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	(void)fseek(f, places[_i], SEEK_SET);
	(void)fputs("libfcgi.so.0", f);
	ck_assert_int_eq(fclose(f), 0);
	ck_assert_str_eq(doctor_speaks_fastcgi(path), "libfcgi.so");
}
END_TEST

START_TEST(another_program_is_not)
{
	unit_write(unit_path("program"), "#!/bin/sh\necho libfcgi\n");
	ck_assert_ptr_null(doctor_speaks_fastcgi(unit_path("program")));
	ck_assert_ptr_null(doctor_speaks_fastcgi(unit_path("nothing")));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("doctor");
	TCase *tc = tcase_create("look");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, unit_dir_make, unit_dir_remove);
	tcase_add_loop_test(tc, a_program_that_speaks_fastcgi_is_recognised, 0,
	    (int)(sizeof(places) / sizeof(places[0])));
	tcase_add_test(tc, another_program_is_not);
	return unit_run(s);
}
