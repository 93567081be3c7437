/* will.h - what is left to the program that follows, as it is written.
 *
 * Owns the file it writes to until will_close() gives it away.
 * Layer: master.  Called by: upgrade.c and, for a crew's part, bequeath.c.
 */
#ifndef MASTER_WILL_H
#define MASTER_WILL_H

#include <stdbool.h>
#include <stddef.h>

#include "master/state.h"

struct will {
	int fd; /* a file in memory */
	size_t lines;
	int error; /* errno of the first thing that failed, 0 */
};

void will_open(struct will *w);
/* Every descriptor in ITEM stays open across an exec from now on. */
void will_add(struct will *w, const struct state_item *item);
/* The descriptor of the whole, or -1 with errno and nothing left open. */
int will_close(struct will *w);

#endif
