/* running.h - the requests that run in some pools, the oldest first.
 *
 * Pure but for memory.  Layer: view.  Used by: text, json and the verb.
 */
#ifndef VIEW_RUNNING_H
#define VIEW_RUNNING_H

#include <stddef.h>

#include "board/snapshot.h"

struct running { /* all within the snapshot */
	const struct snapshot *pool;
	const struct snapshot_slot *worker;
	const struct board_request *request;
};

/* Those of NPOOLS POOLS, which have to stay: N of them, to be freed.  NULL
 * when there is no memory. */
struct running *running_list(
    struct snapshot *const *pools, size_t npools, size_t *n);

#endif
