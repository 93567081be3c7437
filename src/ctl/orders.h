/* orders.h - verbs that are an order to the master and one line back.
 *
 * Layer: ctl.
 */
#ifndef CTL_ORDERS_H
#define CTL_ORDERS_H

#include "ctl/opts.h"

/* ARGV[0] is "PROGRAM VERB"; returns the exit status. */
int orders_main(const struct opts *opts, int argc, char **argv);

/* The same as JSON, when it went well. */
void orders_ok(const char *text);
/* Tell WHAT went wrong, as a line or as JSON; returns CODE. */
int orders_fail(
    const struct opts *opts, const char *name, int code, const char *what);

#endif
