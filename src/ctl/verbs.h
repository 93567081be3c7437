/* verbs.h - the table of what cgi-fpmctl can do.
 *
 * Layer: ctl.  Used by: main.
 */
#ifndef CTL_VERBS_H
#define CTL_VERBS_H

#include <stddef.h>

#include "ctl/opts.h"

struct verb {
	const char *name;
	/* ARGV[0] is "PROGRAM NAME"; returns the exit status. */
	int (*run)(const struct opts *opts, int argc, char **argv);
	const char *summary;
};

/* Verb I in the order of the help, NULL past the last. */
const struct verb *verb_at(size_t i);
/* NULL when there is none of that name. */
const struct verb *verb_find(const char *name);

#endif
