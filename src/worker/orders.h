/* orders.h - what a worker is told, by its master and by signals, and what it
 * tells its master.
 *
 * Layer: worker.  For worker.c.
 */
#ifndef WORKER_ORDERS_H
#define WORKER_ORDERS_H

#include <signal.h>

#include "proto/chan.h"
#include "worker/door.h"

#define ORDERS_ORPHANED SIGUSR1 /* sent when the master has died */

void orders_tell(struct worker *w, enum chan_kind kind, int32_t value);
/* It cannot start: STEP (step.h) failed with ERROR. */
void orders_tell_failed(struct worker *w, const char *step, int error);
/* A status worker is none of those that are counted. */
void orders_set_state(struct worker *w, enum board_state state);
/* Begin with the logs that came with the place. */
void orders_adopt_logs(struct worker *w);
/* The board learns which lines could not be written. */
void orders_tell_lost(struct worker *w);
/* Go as soon as nothing runs. */
void orders_retire(struct worker *w);
void orders_hear_master(struct worker *w, int64_t now);
void orders_hear_signals(struct worker *w, int64_t now);

/* worker.c: serve G, which is ours. */
void worker_serve(struct worker *w, const struct guest *g);

#endif
