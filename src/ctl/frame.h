/* frame.h - what `top` shows, as lines of text: for a screen and for a pipe.
 *
 * Layer: ctl.  Pure but for memory.  Used by: top.
 */
#ifndef CTL_FRAME_H
#define CTL_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "board/snapshot.h"

#define FRAME_POOLS_MAX 256

enum frame_sort { FRAME_BY_AGE, FRAME_BY_POOL, FRAME_BY_URI, FRAME_SORTS };

struct frame_pool {
	struct snapshot *now; /* owned by who fills it */
	double rate;          /* requests a second since the last frame */
};

struct frame {
	struct frame_pool pool[FRAME_POOLS_MAX];
	size_t npools;
	enum frame_sort sort;
	bool reversed;
	bool workers;   /* all workers, not only running requests */
	size_t skip;    /* so many of these are scrolled away */
	unsigned width; /* of lines, in characters; 0: any */
};

enum frame_kind { FRAME_TITLE, FRAME_HEAD, FRAME_ROW };

/* LINE is called for each line, from the top.  Where there is little room,
 * only the columns that matter most.  How many workers or requests there are,
 * those that were skipped included. */
size_t frame_draw(const struct frame *f,
    void (*line)(void *arg, enum frame_kind kind, const char *text), void *arg);
const char *frame_sort_name(enum frame_sort sort);
/* The requests of pool P that ended or began since BEFORE of them, in each of
 * SECONDS; 0 where that cannot be told. */
double frame_rate(const struct snapshot *p, uint64_t before, double seconds);

#endif
