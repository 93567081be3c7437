/* reqid.h - the name by which a request can be found in every log.
 *
 * Taken from the web server (REQUEST_ID, X-Request-ID, UNIQUE_ID, in this
 * order) when it is one, else made: eight hexadecimal digits of this worker,
 * eight of the request.
 *
 * Layer: worker.  Pure but for reqid_seed().
 */
#ifndef WORKER_REQID_H
#define WORKER_REQID_H

#include <stdint.h>

#include "proto/params.h"

#define REQID_MAX 64 /* its NUL included */

/* Random enough that two workers hardly ever have the same. */
uint32_t reqid_seed(void);

/* Fill OUT of REQID_MAX bytes; COUNT is the request's number in its worker. */
void reqid_choose(
    const struct params *p, uint32_t seed, uint32_t count, char *out);

#endif
