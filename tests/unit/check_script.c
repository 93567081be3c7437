#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "unit.h"
#include "worker/script.h"

#define ROWS(t) ((int)(sizeof(t) / sizeof((t)[0])))

static const struct {
	const char *label;
	const char *root, *file, *dir, *name;
	int status;
	const char *path;
} candidates[] = {
	{ "a file of the root", "/r", "/r/a.cgi", NULL, NULL, 0, "/r/a.cgi" },
	{ "with a final slash", "/r/", "/r/a", NULL, NULL, 0, "/r/a" },
	{ "the root itself", "/r", "/r", NULL, NULL, 0, "/r" },
	{ "a longer name", "/r", "/root/a", NULL, NULL, 403, NULL },
	{ "outside", "/r", "/bin/sh", NULL, NULL, 403, NULL },
	{ "relative", "/r", "r/a", NULL, NULL, 403, NULL },
	{ "everything is beneath /", "/", "/bin/sh", NULL, NULL, 0, "/bin/sh" },
	{ "relative, with /", "/", "bin/sh", NULL, NULL, 403, NULL },
	{ "the file's own comes first", "/r", "/r/a", "/x", "/y", 0, "/r/a" },
	{ "root and name", "/r", NULL, "/r", "/a/b", 0, "/r/a/b" },
	{ "an empty file", "/r", "", "/r", "/a", 0, "/r/a" },
	{ "a root of theirs", "/r", NULL, "/x", "/a", 403, NULL },
	{ "no root of theirs", "/r", NULL, NULL, "/a", 0, "/r/a" },
	{ "an empty one", "/r", NULL, "", "/a", 0, "/r/a" },
	{ "a name without a slash", "/r", NULL, "/r", "a", 404, NULL },
	{ "nothing", "/r", NULL, NULL, NULL, 404, NULL },
	{ "nothing but a root", "/r", "", "/r", "", 404, NULL },
	{ "Apache", "/r", "proxy:fcgi://localhost:9000/r/a", NULL, NULL, 0,
	    "/r/a" },
	{ "Apache's balancer", "/r", "proxy:balancer://x/r/a", NULL, NULL, 0,
	    "/r/a" },
	{ "Apache, outside", "/r", "proxy:fcgi://h/bin/sh", NULL, NULL, 403,
	    NULL },
	{ "half of a prefix", "/r", "proxy:fcgi://h", NULL, NULL, 403, NULL },
	{ "less", "/r", "proxy:/r/a", NULL, NULL, 403, NULL },
};

START_TEST(a_request_names_a_path)
{
	const struct script_names names = { candidates[_i].file,
		candidates[_i].dir, candidates[_i].name };
	const char *why = NULL;
	char path[SCRIPT_PATH_MAX];
	int status = script_candidate(candidates[_i].root, &names, path, &why);

	ck_assert_msg(status == candidates[_i].status, "%s: %d",
	    candidates[_i].label, status);
	if (status == 0)
		ck_assert_str_eq(path, candidates[_i].path);
	else
		ck_assert_ptr_nonnull(why);
}
END_TEST

START_TEST(a_path_that_is_too_long_is_refused)
{
	char *file = malloc(SCRIPT_PATH_MAX + 2), path[SCRIPT_PATH_MAX];
	const struct script_names names = { .script_filename = file };
	const char *why = NULL;

	memset(file, 'x', SCRIPT_PATH_MAX + 1);
	memcpy(file, "/r/", 3);
	file[SCRIPT_PATH_MAX] = '\0';
	ck_assert_int_eq(script_candidate("/r", &names, path, &why), 403);
	file[SCRIPT_PATH_MAX - 1] = '\0';
	ck_assert_int_eq(script_candidate("/r", &names, path, &why), 0);
	free(file);
}
END_TEST

static void
make_file(const char *name, mode_t mode)
{
	unit_write(unit_path(name), "#!/bin/sh\n");
	ck_assert_int_eq(chmod(unit_path(name), mode), 0);
}

static void
make_link(const char *name, const char *to)
{
	ck_assert_int_eq(symlink(to, unit_path(name)), 0);
}

static void
make_yard(void)
{
	unit_dir_make();
	ck_assert_int_eq(mkdir(unit_path("root"), 0755), 0);
	ck_assert_int_eq(mkdir(unit_path("root/sub"), 0755), 0);
	ck_assert_int_eq(mkdir(unit_path("out"), 0755), 0);
	make_file("root/a.cgi", 0755);
	make_file("root/plain", 0644);
	make_file("root/sub/b.cgi", 0755);
	make_file("out/o.cgi", 0755);
	ck_assert_int_eq(mkfifo(unit_path("root/fifo"), 0755), 0);
	make_link("root/rel", "sub/b.cgi");
	make_link("root/abs", unit_path("root/a.cgi"));
	make_link("root/relout", "../out/o.cgi");
	make_link("root/absout", unit_path("out/o.cgi"));
	make_link("root/dirout", unit_path("out"));
	make_link("root/loop", "loop");
	make_link("root/dangling", "nothing");
	make_link("root/self", "/proc/self/exe");
	make_link("link", "root");
}

/* ROOT and NAME beneath the folder. */
static int
find(const char *root, const char *name, struct script *out)
{
	const char *at = unit_path(root);
	char file[SCRIPT_PATH_MAX];
	struct script_names names = { .script_filename = file };
	int fd = open(at, O_PATH | O_DIRECTORY | O_CLOEXEC), status;

	ck_assert_int_ne(fd, -1);
	(void)snprintf(file, sizeof(file), "%s/%s", at, name);
	status = script_find(fd, at, &names, out);
	(void)close(fd);
	return status;
}

static const struct {
	const char *name;
	int status;
	const char *file; /* NULL: the name itself */
	const char *info;
} files[] = {
	{ "a.cgi", 0, NULL, "" },
	{ "sub/b.cgi", 0, NULL, "" },
	{ "a.cgi/", 0, "a.cgi", "/" },
	{ "a.cgi/x/y", 0, "a.cgi", "/x/y" },
	{ "a.cgi//x//", 0, "a.cgi", "//x//" },
	{ "a.cgi/../plain", 0, "a.cgi", "/../plain" },
	{ "sub/../a.cgi", 0, NULL, "" },
	{ "sub//b.cgi/i", 0, "sub//b.cgi", "/i" },
	{ "rel", 0, NULL, "" },
	{ "rel/info", 0, "rel", "/info" },
	{ "abs", 0, NULL, "" },
	{ "abs/info", 0, "abs", "/info" },
	{ "relout", 403, NULL, NULL },
	{ "absout", 403, NULL, NULL },
	{ "absout/info", 403, NULL, NULL },
	{ "dirout/o.cgi", 403, NULL, NULL },
	{ "self", 403, NULL, NULL },
	{ "loop", 403, NULL, NULL },
	{ "../out/o.cgi", 403, NULL, NULL },
	{ "sub/../../out/o.cgi", 403, NULL, NULL },
	{ "plain", 403, NULL, NULL },
	{ "plain/info", 403, NULL, NULL },
	{ "fifo", 403, NULL, NULL },
	{ "sub", 403, NULL, NULL },
	{ "", 403, NULL, NULL },
	{ "sub/nothing", 404, NULL, NULL },
	{ "nothing", 404, NULL, NULL },
	{ "no/thing/at/all", 404, NULL, NULL },
	{ "dangling", 404, NULL, NULL },
};

START_TEST(a_file_is_found_or_refused)
{
	static const char *const roots[] = { "root", "link", "root//" };
	struct script *out = malloc(sizeof(*out));
	char expected[SCRIPT_PATH_MAX];
	size_t i;

	for (i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		int status = find(roots[i], files[_i].name, out);

		ck_assert_msg(status == files[_i].status, "%s/%s: %d", roots[i],
		    files[_i].name, status);
		if (status != 0) {
			ck_assert_ptr_nonnull(out->why);
			continue;
		}
		(void)snprintf(expected, sizeof(expected), "%s/%s",
		    unit_path(roots[i]),
		    files[_i].file != NULL ? files[_i].file : files[_i].name);
		ck_assert_str_eq(out->path, expected);
		ck_assert_str_eq(out->path_info, files[_i].info);
	}
	free(out);
}
END_TEST

START_TEST(a_lack_of_descriptors_is_no_answer_about_the_file)
{
	struct script *out = malloc(sizeof(*out));
	int fds[64], n = 0, root;
	struct script_names names;
	char file[SCRIPT_PATH_MAX];
	const char *at = unit_path("root");
	struct rlimit old, few;

	root = open(at, O_PATH | O_DIRECTORY);
	(void)snprintf(file, sizeof(file), "%s/a.cgi", at);
	names = (struct script_names){ .script_filename = file };
	ck_assert_int_ne(root, -1);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = (struct rlimit){ 64, old.rlim_max };
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	while (n < 64 && (fds[n] = dup(root)) != -1)
		n++;
	ck_assert_int_eq(script_find(root, at, &names, out), 503);
	while (n > 0)
		(void)close(fds[--n]);
	ck_assert_int_eq(script_find(root, at, &names, out), 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
	(void)close(root);
	free(out);
}
END_TEST

static const struct {
	const char *path;
	int status;
} extensions[] = {
	{ "/srv/a.cgi", 0 },
	{ "/srv/b.pl", 0 },
	{ "/srv/.cgi", 0 },
	{ "/srv/a.cgi.jpg", 403 },
	{ "/srv/a.CGI", 403 },
	{ "/srv/acgi", 403 },
	{ ".cgi", 403 },
	{ "", 403 },
};

START_TEST(only_some_extensions_may_be_run)
{
	static char cgi[] = ".cgi", pl[] = ".pl";
	char *const allowed[] = { pl, cgi, NULL };
	struct script *s = calloc(1, sizeof(*s));

	(void)snprintf(s->path, sizeof(s->path), "%s", extensions[_i].path);
	ck_assert_int_eq(script_allowed(s, NULL), 0);
	ck_assert_int_eq(script_allowed(s, allowed), extensions[_i].status);
	ck_assert((s->why == NULL) == (extensions[_i].status == 0));
	free(s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("script");
	TCase *tc = tcase_create("names");

	tcase_add_loop_test(tc, a_request_names_a_path, 0, ROWS(candidates));
	tcase_add_test(tc, a_path_that_is_too_long_is_refused);
	tcase_add_loop_test(
	    tc, only_some_extensions_may_be_run, 0, ROWS(extensions));
	suite_add_tcase(s, tc);
	tc = tcase_create("files");
	tcase_add_checked_fixture(tc, make_yard, unit_dir_remove);
	tcase_add_loop_test(tc, a_file_is_found_or_refused, 0, ROWS(files));
	tcase_add_test(tc, a_lack_of_descriptors_is_no_answer_about_the_file);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
