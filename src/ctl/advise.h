/* advise.h - the verb `advise`: pm settings from what a pool measured.
 *
 * Layer: ctl.
 */
#ifndef CTL_ADVISE_H
#define CTL_ADVISE_H

#include "ctl/opts.h"

int advise_main(const struct opts *opts, int argc, char **argv);

#endif
