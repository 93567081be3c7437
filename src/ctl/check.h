/* check.h - the verb `check`: does a living pool do what it is for?
 *
 * Layer: ctl.
 */
#ifndef CTL_CHECK_H
#define CTL_CHECK_H

#include "ctl/opts.h"

/* ARGV[0] is "PROGRAM VERB"; 0 when all is well, 1 when something is not,
 * else one of sysexits'. */
int check_main(const struct opts *opts, int argc, char **argv);

#endif
