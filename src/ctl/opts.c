#include "ctl/opts.h"

enum { OPT_JSON = 'j' };

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct opts *opts = state->input;

	switch (key) {
	case 'S':
		opts->socket = arg;
		return 0;
	case OPT_JSON:
		opts->json = true;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_option options[] = {
	{ "control", 'S', "PATH", 0,
	    "The control socket (/run/cgi-fpm/control.sock)", 0 },
	{ "json", OPT_JSON, NULL, 0, "Print JSON, for programs", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};
static const struct argp of_all = { options, parse, NULL, NULL, NULL, NULL,
	NULL };

const struct argp *
opts_argp(void)
{
	return &of_all;
}

static error_t
parse_pool(int key, char *arg, struct argp_state *state)
{
	struct opts_pool *o = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &o->opts;
		return 0;
	case ARGP_KEY_ARG:
		if (state->arg_num > 0)
			argp_error(state, "one pool, or none for all");
		o->pool = arg;
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp_child children[] = { { &of_all, 0, NULL, 0 },
	{ NULL, 0, NULL, 0 } };
static const struct argp of_pools = { NULL, parse_pool, "[POOL]", NULL,
	children, NULL, NULL };

const struct argp *
opts_pool_argp(void)
{
	return &of_pools;
}

bool
opts_read_pool(struct opts_pool *o, int argc, char **argv, const char *doc)
{
	struct argp argp = of_pools;

	argp.doc = doc;
	return argp_parse(&argp, argc, argv, 0, NULL, o) == 0;
}
