/* plan.h - what other settings mean for the pools that are there.
 *
 * Pure.  Layer: master.  Called by: trial.c.
 */
#ifndef MASTER_PLAN_H
#define MASTER_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "master/master.h"

#define PLAN_NEW ((size_t)-1)

/* Pools are the same when their names are.  TO has room for one place for
 * each pool of NEXT: the index in NAMES (NULL: nobody) of who goes on as that
 * pool, or PLAN_NEW.  Whoever is in no place of TO has to go. */
void plan_pools(const char *const *names, size_t n,
    const struct master_conf *next, size_t *to);
/* The first directive that only a restart can change, or NULL. */
const char *plan_refuses(
    const struct master_conf *now, const struct master_conf *next);
/* Is the pid file the same one, or none in both? */
bool plan_keeps_pid_file(
    const struct master_conf *now, const struct master_conf *next);

#endif
