#include "conf_unit.h"

#include <stdio.h>
#include <string.h>

#include "unit.h"

static struct conf the_conf;
static struct conf_error the_error;

struct conf *
loaded(void)
{
	return &the_conf;
}

struct conf_error *
failure(void)
{
	return &the_error;
}

static int
run(const void *arg, const struct place *place)
{
	(void)arg;
	(void)place;
	return 0;
}

int
conf_unit_native(const void *arg, const struct place *place)
{
	(void)arg;
	(void)place;
	return 0;
}

void
conf_unit_setup(void)
{
	unit_dir_make();
}

void
conf_unit_teardown(void)
{
	conf_clear(loaded());
	unit_dir_remove();
}

int
load(const struct conf_source *src)
{
	struct conf_source with = *src;

	with.native = conf_unit_native;
	conf_clear(loaded());
	return conf_load(&with, run, loaded(), failure());
}

int
load_lines(const char *const *lines, size_t n)
{
	static char cat[] = "/bin/cat";
	char *command[] = { cat, NULL };
	const char *set[16] = { "listen=/run/check.sock" };
	struct conf_source src = {
		.command = command, .set = set, .nset = n + 1, .stdin_fd = -1
	};
	size_t i;

	for (i = 0; i < n; i++)
		set[i + 1] = lines[i];
	return load(&src);
}

int
load_line(const char *line)
{
	return load_lines(&line, 1);
}

int
load_text(const char *text)
{
	struct conf_source src = { .file = unit_path("test.conf"),
		.stdin_fd = -1 };

	unit_write(src.file, text);
	return load(&src);
}

void
must_load_text(const char *text)
{
	if (load_text(text) == -1)
		ck_abort_msg("%s", failure()->text);
}

const struct worker_conf *
worker(size_t i)
{
	return loaded()->master.pools[i].run_arg;
}

char *
printed(void)
{
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(f);
	conf_print(loaded(), f);
	ck_assert_int_eq(fclose(f), 0);
	return text;
}

void
assert_says(const char *part)
{
	if (strstr(failure()->text, part) == NULL)
		ck_abort_msg("'%s' is not in '%s'", part, failure()->text);
}
