/* opts.h - what every verb is told, and the options for it: -S, --json.
 *
 * They may stand before the verb or behind it.  Layer: ctl.
 */
#ifndef CTL_OPTS_H
#define CTL_OPTS_H

#include <argp.h>
#include <stdbool.h>

struct opts {
	const char *socket; /* of the master */
	bool json;
};

/* A parser whose input is a struct opts, for others to include. */
const struct argp *opts_argp(void);

#endif
