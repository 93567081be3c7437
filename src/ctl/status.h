/* status.h - the verbs `status` and `requests`.
 *
 * Layer: ctl.
 */
#ifndef CTL_STATUS_H
#define CTL_STATUS_H

#include <jansson.h>

#include "board/snapshot.h"
#include "ctl/link.h"
#include "ctl/opts.h"

int status_main(const struct opts *opts, int argc, char **argv);
int requests_main(const struct opts *opts, int argc, char **argv);

/* For verbs like them. */

/* {NAME: ALL}, which is taken over; returns the exit status. */
int status_print(const char *name, json_t *all);

/* A copy of each board of POOL (NULL: of all) for TAKE, whose it is not.
 * False with L's code and text. */
bool status_each(struct link *l, const struct opts *opts, const char *pool,
    void (*take)(void *arg, const struct snapshot *s), void *arg);

#endif
