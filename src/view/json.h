/* json.h - boards as JSON, for programs.
 *
 * The caller owns what is returned; NULL: no memory.  Bytes that are no
 * UTF-8 become U+FFFD, so that every reader takes it.
 * Layer: view.  Used by: ctl, and whoever answers status requests.
 */
#ifndef VIEW_JSON_H
#define VIEW_JSON_H

#include <jansson.h>

#include "board/snapshot.h"
#include "view/running.h"

/* How all of it is printed: twelve digits tell what a number has. */
#define JSON_FLAGS (JSON_COMPACT | JSON_REAL_PRECISION(12))

/* TEXT is from outside. */
json_t *json_text(const char *text);

/* All of a pool; PROCESSES: its workers and their requests, too. */
json_t *json_pool(const struct snapshot *s, bool processes);
/* N requests that run, an array. */
json_t *json_requests(const struct running *rows, size_t n);

#endif
