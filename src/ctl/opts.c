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

const struct argp *
opts_argp(void)
{
	static const struct argp_option options[] = {
		{ "control", 'S', "PATH", 0,
		    "The control socket (/run/cgi-fpm/control.sock)", 0 },
		{ "json", OPT_JSON, NULL, 0, "Print JSON, for programs", 0 },
		{ NULL, 0, NULL, 0, NULL, 0 },
	};
	static const struct argp argp = { options, parse, NULL, NULL, NULL,
		NULL, NULL };

	return &argp;
}
