/* lines.h - a stream of bytes, cut into lines.
 *
 * A line that is longer than its limit is cut there and goes on as another.
 *
 * Layer: master.  Pure.  Called by: output.c, peek.c.
 */
#ifndef MASTER_LINES_H
#define MASTER_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/span.h"

#define LINES_MAX 16384

struct lines {      /* zeroed: nothing came yet */
	size_t max; /* the limit; 0: LINES_MAX */
	size_t len;
	uint8_t text[LINES_MAX];
};

/* Take from *IN up to the end of a line.  True with LINE (without its end)
 * when there is one; LINE is good until the next call.  False: *IN is used
 * up.  Empty lines are left out. */
bool lines_next(struct lines *l, struct span *in, struct span *line);
/* The stream ended: what was its last line without an end. */
bool lines_last(struct lines *l, struct span *line);

#endif
