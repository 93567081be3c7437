/* get.h - the verb `get`: a FastCGI request from the command line.
 *
 * Layer: ctl.
 */
#ifndef CTL_GET_H
#define CTL_GET_H

#include "ctl/opts.h"

/* ARGV[0] is the name in messages; returns the exit status. */
int get_main(const struct opts *opts, int argc, char **argv);

#endif
