/* set.h - the verb `set`: change a living pool, and its file with --save.
 *
 * Layer: ctl.
 */
#ifndef CTL_SET_H
#define CTL_SET_H

#include "ctl/opts.h"

int set_main(const struct opts *opts, int argc, char **argv);

#endif
