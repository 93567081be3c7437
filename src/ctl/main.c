/* main.c - cgi-fpmctl: find the verb and hand over. */
#include <config.h>

#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "ctl/verbs.h"
#include "proto/ctlmsg.h"

struct args {
	struct opts opts;
	const struct verb *verb;
	int at; /* where the verb stands */
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->opts;
		return 0;
	case ARGP_KEY_ARG:
		args->verb = verb_find(arg);
		if (args->verb == NULL)
			argp_error(state, "there is no verb '%s'", arg);
		/* What follows is the verb's. */
		args->at = state->next - 1;
		state->next = state->argc;
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which verb?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* The table of verbs, below the options. */
static char *
help(int key, const char *text, void *input)
{
	const struct verb *verb;
	char *out = NULL;
	size_t len;
	FILE *f;

	(void)input;
	if (key != ARGP_KEY_HELP_POST_DOC ||
	    (f = open_memstream(&out, &len)) == NULL)
		return (char *)(size_t)text;
	(void)fprintf(f, "Verbs:\n");
	for (size_t i = 0; (verb = verb_at(i)) != NULL; i++)
		(void)fprintf(f, "  %-24s %s\n", verb->name, verb->summary);
	(void)fprintf(f, "\n'cgi-fpmctl VERB --help' tells what a verb takes.");
	(void)fclose(f);
	return out;
}

int
main(int argc, char **argv)
{
	const struct argp_child children[] = { { opts_argp(), 0, NULL, 0 },
		{ NULL, 0, NULL, 0 } };
	const struct argp argp = { NULL, parse, "VERB [ARG...]",
		"See and steer cgi-fpm, and ask FastCGI applications.\v",
		children, help, NULL };
	struct args args = { .opts = { .socket = CTLMSG_SOCKET } };
	char name[64];

	argp_program_version = PACKAGE_STRING;
	if (argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &args) != 0)
		return EX_USAGE;
	(void)snprintf(name, sizeof(name), "cgi-fpmctl %s", args.verb->name);
	argv[args.at] = name;
	return args.verb->run(&args.opts, argc - args.at, argv + args.at);
}
