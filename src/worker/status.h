/* status.h - the handler that answers pm.status_path and ping.path.
 *
 * It renders the board at the moment of the request and gives the text away
 * as the connection takes it.  Where it is the only handler, what it does not
 * know is a 404.  Layer: worker.
 */
#ifndef WORKER_STATUS_H
#define WORKER_STATUS_H

#include "board/place.h"
#include "proto/params.h"
#include "worker/handler.h"
#include "worker/worker.h"

struct status;

/* For CONF and PLACE, which must outlive it.  NULL with errno. */
struct status *status_new(
    const struct worker_conf *conf, const struct place *place);

/* Its ctx is the struct status; at most conf->max_reqs requests at once,
 * each known by its slot. */
const struct handler *status_handler(void);

/* The pages that CONF has. */
enum status_page { STATUS_NONE, STATUS_PAGE, STATUS_PING };
enum status_page status_page_of(
    const struct worker_conf *conf, const struct params *params);

#endif
