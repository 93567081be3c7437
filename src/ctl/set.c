#include "ctl/set.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "ctl/edit.h"
#include "ctl/link.h"
#include "ctl/orders.h"

#define TIMEOUT_MS 60000
#define FILE_MAX (16 << 20)

struct args {
	struct opts opts;
	const char *name; /* of the program and verb */
	bool save;
	const char *words[CTLMSG_WORDS_MAX];
	size_t n;
};

static const struct argp_option options[] = {
	{ "save", 's', NULL, 0,
	    "Write it to the pool's file, too; comments stay", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->opts;
		return 0;
	case 's':
		args->save = true;
		return 0;
	case ARGP_KEY_ARG:
		if (args->n == CTLMSG_WORDS_MAX)
			argp_error(state, "too many arguments");
		args->words[args->n++] = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

__attribute__((format(printf, 3, 4))) static int
fail(const struct args *args, int code, const char *fmt, ...)
{
	char text[1200];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return orders_fail(&args->opts, args->name, code, text);
}

/* All of PATH; to be freed, NULL with errno. */
static char *
read_file(const char *path, struct stat *st)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t len;

	if (f == NULL)
		return NULL;
	if (fstat(fileno(f), st) == 0 && st->st_size < FILE_MAX &&
	    (text = malloc((size_t)st->st_size + 1)) != NULL) {
		len = fread(text, 1, (size_t)st->st_size, f);
		text[len] = '\0';
	}
	(void)fclose(f);
	return text;
}

/* TEXT to FD, whose file gets the mode and owner of OLD. */
static int
fill(int fd, const char *text, const struct stat *old)
{
	FILE *f = fdopen(fd, "w");
	int rc;

	if (f == NULL) {
		(void)close(fd);
		return -1;
	}
	rc = fchmod(fd, old->st_mode & 07777);
	if (rc == 0 && geteuid() == 0)
		rc = fchown(fd, old->st_uid, old->st_gid);
	if (fputs(text, f) == EOF || fflush(f) == EOF || fsync(fd) == -1)
		rc = -1;
	return fclose(f) == EOF ? -1 : rc;
}

/* As a whole or not at all: a reader sees the old file or the new one. */
static int
replace_file(const char *path, const char *text, const struct stat *old)
{
	char *real = realpath(path, NULL), temp[4200];
	int fd, rc = -1;

	if (real == NULL)
		return -1;
	(void)snprintf(temp, sizeof(temp), "%.4000s.XXXXXX", real);
	fd = mkostemp(temp, O_CLOEXEC);
	if (fd != -1) {
		rc = fill(fd, text, old);
		if (rc == 0)
			rc = rename(temp, real);
		if (rc == -1)
			(void)unlink(temp);
	}
	free(real);
	return rc;
}

static int
write_back(const struct args *args, const char *path, const char *pool,
    const char *line)
{
	const char *why, *equals = strchr(line, '=');
	size_t len = strcspn(line, " \t=");
	char name[80], *text, *changed;
	struct stat st = { 0 };
	int rc;

	(void)snprintf(name, sizeof(name), "%.*s", (int)len, line);
	text = read_file(path, &st);
	if (text == NULL)
		return fail(args, EX_NOINPUT, "set, but not saved: %s: %s",
		    path, strerror(errno));
	changed = edit_set(
	    text, pool, name, equals + 1 + strspn(equals + 1, " \t"), &why);
	free(text);
	if (changed == NULL)
		return fail(args, EX_UNAVAILABLE, "set, but not saved: %s: %s",
		    path, why);
	rc = replace_file(path, changed, &st);
	free(changed);
	if (rc == -1)
		return fail(args, EX_CANTCREAT, "set, but not saved: %s: %s",
		    path, strerror(errno));
	return 0;
}

/* LINE of POOL (NULL: the only one) to its file. */
static int
save(const struct args *args, const char *pool, const char *line)
{
	char name[80], *path;
	const char *ask[] = { "file", pool != NULL ? pool : name, name };
	size_t n = pool != NULL ? 3 : 2;
	struct link l;
	int code;

	(void)snprintf(
	    name, sizeof(name), "%.*s", (int)strcspn(line, " \t="), line);
	if (!link_ask(&l, args->opts.socket, ask, n, TIMEOUT_MS)) {
		link_close(&l);
		return fail(args, l.code, "set, but not saved: %s", l.text);
	}
	link_close(&l);
	path = strchr(l.text, ' ');
	if (path == NULL)
		return fail(args, EX_PROTOCOL, "set, but not saved");
	*path++ = '\0';
	code = write_back(args, path, l.text, line);
	if (code != 0)
		return code;
	if (!args->opts.json)
		(void)printf("saved in %s\n", path);
	ask[0] = "saved";
	(void)link_ask(&l, args->opts.socket, ask, n, TIMEOUT_MS);
	link_close(&l);
	return 0;
}

static int
set(struct args *args)
{
	const char *pool = NULL;
	int code = 0;
	struct link l;
	size_t i = 1;

	if (args->n > 1 && strchr(args->words[1], '=') == NULL) {
		pool = args->words[1];
		i = 2;
	}
	if (i >= args->n)
		return fail(args, EX_USAGE, "set [POOL] NAME=VALUE...: what?");
	if (!link_ask(
		&l, args->opts.socket, args->words, args->n, TIMEOUT_MS)) {
		code = fail(args, l.code, "%s", l.text);
		link_close(&l);
		return code;
	}
	link_close(&l);
	if (!args->opts.json)
		(void)printf("%s\n", l.text);
	for (; args->save && code == 0 && i < args->n; i++)
		code = save(args, pool, args->words[i]);
	if (args->opts.json && code == 0)
		orders_ok(l.text);
	return code;
}

int
set_main(const struct opts *opts, int argc, char **argv)
{
	const struct argp_child children[] = { { opts_argp(), 0, NULL, 0 },
		{ NULL, 0, NULL, 0 } };
	const struct argp argp = { options, parse, "[POOL] NAME=VALUE...",
		"Change directives of POOL while it serves.  They are checked "
		"as the configuration is, serve as soon as their workers are "
		"up, and last until the next reload.",
		children, NULL, NULL };
	struct args args = { .opts = *opts, .name = argv[0] };

	args.words[args.n++] = "set";
	if (argp_parse(&argp, argc, argv, 0, NULL, &args) != 0)
		return EX_USAGE;
	return set(&args);
}
