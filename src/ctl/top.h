/* top.h - the verb `top`: pools and requests, live.
 *
 * Layer: ctl.
 */
#ifndef CTL_TOP_H
#define CTL_TOP_H

#include "ctl/opts.h"

int top_main(const struct opts *opts, int argc, char **argv);

#endif
