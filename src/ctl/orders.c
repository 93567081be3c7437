#include "ctl/orders.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "ctl/link.h"
#include "view/json.h"

#define SECONDS(n) ((n)*1000)

static const struct argp_option drain_options[] = {
	{ "refuse", 'r', NULL, 0,
	    "Answer new requests with 503 instead of leaving them waiting", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static const struct order {
	const char *verb;
	const char *args; /* for the help */
	const char *doc;
	int timeout_ms;
	const struct argp_option *options;
} table[] = {
	{ "ping", "", "Is the master there?  Prints its process id.",
	    SECONDS(5), NULL },
	{ "stop", "",
	    "Stop cgi-fpm: requests under way may end within "
	    "process_control_timeout.  Said again, at once.",
	    SECONDS(5), NULL },
	{ "reopen-logs", "", "Open the log files again, after a rotation.",
	    SECONDS(5), NULL },
	{ "reload", "",
	    "Read the configuration again.  Settings with a mistake change "
	    "nothing; others serve as soon as their workers are up, and "
	    "no request is lost.",
	    SECONDS(300), NULL },
	{ "scale", "[POOL] N",
	    "At most N workers for POOL, or exactly N where pm = static.",
	    SECONDS(5), NULL },
	{ "drain", "[POOL]",
	    "Let what runs end and leave new connections waiting.", SECONDS(60),
	    drain_options },
	{ "restart", "[POOL]",
	    "Replace the workers by new ones with the same settings, which "
	    "are up before the old ones retire.",
	    SECONDS(60), NULL },
	{ "resume", "[POOL]", "Take connections again after drain.",
	    SECONDS(60), NULL },
	{ "kill", "WORKER",
	    "Kill the worker with the process id WORKER; another one takes "
	    "its place.",
	    SECONDS(5), NULL },
};

struct args {
	struct opts opts;
	const char *words[CTLMSG_WORDS_MAX];
	size_t n;
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->opts;
		return 0;
	case 'r': /* of drain */
		args->words[0] = "refuse";
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

static void
print(json_t *json)
{
	(void)json_dumpf(json, stdout, JSON_FLAGS);
	(void)putchar('\n');
	json_decref(json);
}

void
orders_ok(const char *text)
{
	print(json_pack("{s:b, s:o}", "ok", 1, "text", json_text(text)));
}

int
orders_fail(
    const struct opts *opts, const char *name, int code, const char *what)
{
	if (opts->json)
		print(json_pack("{s:b, s:i, s:o}", "ok", 0, "code", code,
		    "error", json_text(what)));
	(void)fprintf(stderr, "%s: %s\n", name, what);
	return code;
}

static int
ask(const struct args *args, const char *name, const struct order *order)
{
	struct link l;
	int code = 0;

	if (!link_ask(
		&l, args->opts.socket, args->words, args->n, order->timeout_ms))
		code = orders_fail(&args->opts, name, l.code, l.text);
	else if (args->opts.json)
		orders_ok(l.text);
	else
		(void)printf("%s\n", l.text);
	link_close(&l);
	return code;
}

int
orders_main(const struct opts *opts, int argc, char **argv)
{
	const struct argp_child children[] = { { opts_argp(), 0, NULL, 0 },
		{ NULL, 0, NULL, 0 } };
	struct args args = { .opts = *opts };
	const char *verb = strrchr(argv[0], ' ') + 1;
	const struct order *order = table;

	while (strcmp(order->verb, verb) != 0)
		order++;
	args.words[args.n++] = verb;
	if (argp_parse(&(struct argp){ order->options, parse, order->args,
			   order->doc, children, NULL, NULL },
		argc, argv, 0, NULL, &args) != 0)
		return EX_USAGE;
	return ask(&args, argv[0], order);
}
