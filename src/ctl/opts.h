/* opts.h - what every verb is told, and the options for it: -S, --json; and
 * what verbs are told that are about one pool or all.
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

struct opts_pool {
	struct opts opts;
	const char *pool; /* NULL: all */
};

/* A parser whose input is a struct opts, for others to include. */
const struct argp *opts_argp(void);
/* The same for a struct opts_pool: [POOL] as well. */
const struct argp *opts_pool_argp(void);
/* Read the line of a verb that knows nothing else.  DOC is its help.  False:
 * what is wrong was said. */
bool opts_read_pool(
    struct opts_pool *o, int argc, char **argv, const char *doc);

#endif
