/* suppress.h - requests that leave no line in the access log.
 *
 * Those of a load balancer's probe and the like: access.suppress_path.  Only
 * what can have no side effect goes unseen.
 *
 * Layer: worker.  Pure.
 */
#ifndef WORKER_SUPPRESS_H
#define WORKER_SUPPRESS_H

#include <stdbool.h>

#include "worker/outcome.h"
#include "worker/request.h"

/* Is R, which is over, for one of PATHS (NULL: none), a GET or HEAD with
 * neither body nor query, and did it go well, with a status of 2xx? */
bool suppress_line(char *const *paths, const struct request *r,
    const struct outcome_facts *facts);

#endif
