#include "ctl/set.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "ctl/edit.h"
#include "ctl/link.h"
#include "ctl/orders.h"
#include "ctl/rewrite.h"

#define TIMEOUT_MS 60000

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

__attribute__((format(printf, 4, 5))) static int
not_saved(
    const struct args *args, int code, const char *name, const char *fmt, ...)
{
	char text[1000];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	return fail(args, code, "%s is set, but not saved: %s", name, text);
}

/* Ask the master about NAME of POOL (NULL: the only one). */
static bool
ask_master(const struct args *args, const char *verb, const char *pool,
    const char *name, struct link *l)
{
	const char *words[] = { verb, pool != NULL ? pool : name, name };
	bool ok = link_ask(
	    l, args->opts.socket, words, pool != NULL ? 3 : 2, TIMEOUT_MS);

	link_close(l);
	return ok;
}

/* What the file says has to be what the master would read: something else in
 * it may count for more.  Else it is as it was. */
static int
prove(const struct args *args, const char *pool, const char *name,
    struct rewrite *r)
{
	char why[CTLMSG_ANSWER_MAX];
	struct link l;

	if (ask_master(args, "saved", pool, name, &l))
		return 0;
	(void)snprintf(why, sizeof(why), "%s", l.text);
	if (!rewrite_put(r, r->text))
		return not_saved(args, EX_CANTCREAT, name,
		    "%s: %.500s; and it could not be put back: %s", r->path,
		    why, r->why);
	return not_saved(args, l.code, name, "%s: %.500s", r->path, why);
}

static int
write_back(const struct args *args, const char *pool, const char *name,
    const char *value, struct rewrite *r)
{
	const char *why;
	char *changed = edit_set(r->text, pool, name, value, &why);
	bool written;

	if (changed == NULL)
		return not_saved(
		    args, EX_UNAVAILABLE, name, "%s: %s", r->path, why);
	written = rewrite_put(r, changed);
	free(changed);
	if (!written)
		return not_saved(
		    args, EX_CANTCREAT, name, "%s: %s", r->path, r->why);
	return prove(args, pool, name, r);
}

/* LINE of POOL (NULL: the only one) to its file.  SAY: where that is. */
static int
save(const struct args *args, const char *pool, const char *line, bool say)
{
	const char *value = strchr(line, '=') + 1;
	char name[80], *path;
	struct rewrite r;
	struct link l;
	int code;

	(void)snprintf(
	    name, sizeof(name), "%.*s", (int)strcspn(line, " \t="), line);
	if (!ask_master(args, "file", pool, name, &l))
		return not_saved(args, l.code, name, "%s", l.text);
	path = strchr(l.text, ' ');
	if (path == NULL)
		return not_saved(args, EX_PROTOCOL, name, "no file");
	*path++ = '\0';
	if (rewrite_open(&r, path))
		code = write_back(
		    args, l.text, name, value + strspn(value, " \t"), &r);
	else
		code = not_saved(args, EX_NOINPUT, name, "%s: %s", path, r.why);
	rewrite_close(&r);
	if (code == 0 && say)
		(void)printf("saved in %s\n", path);
	return code;
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
		return fail(args, EX_USAGE,
		    "set [POOL] NAME=VALUE...: NAME=VALUE is missing");
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
		code = save(args, pool, args->words[i],
		    !args->opts.json && i == args->n - 1);
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
