/* fpmjson.h - the status page as JSON: php-fpm's fields, and ours beside.
 *
 * Bytes that are no UTF-8 become U+FFFD.  Layer: view.
 */
#ifndef VIEW_FPMJSON_H
#define VIEW_FPMJSON_H

#include <jansson.h>
#include <stdbool.h>

#include "board/snapshot.h"

/* The caller's; FULL: the workers as well.  NULL: no memory. */
json_t *fpmjson_new(const struct snapshot *s, bool full);
/* The last minutes, the oldest first: [time (as "now", which has no date), busy
 * workers, waiting connections, ended requests, those of the histogram of
 * durations, and its sum]. */
json_t *fpmjson_history(const struct snapshot *s);

#endif
