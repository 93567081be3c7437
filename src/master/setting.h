/* setting.h - single settings changed on a living pool (cgi-fpmctl set).
 *
 * A change is a reload with something on top of what the files say; the next
 * plain reload goes by the files again.  Layer: master.  Called by: orders.c,
 * reload.c.
 */
#ifndef MASTER_SETTING_H
#define MASTER_SETTING_H

#include <stdbool.h>

#include "board/pool.h"
#include "master/master.h"

#define SETTING_TEXT_MAX 900

struct setting { /* zeroed: none is under way */
	bool trying;
	char limited[BOARD_NAME_MAX]; /* the pool whose limit it sets; "" */
	master_verdict *done;
	void *arg;
	char text[SETTING_TEXT_MAX]; /* of the change */
};

/* LINES of POOL.  DONE is called with ARG, once, and not from here.  -1 with
 * ERR: nothing was begun. */
int setting_begin(struct master *m, const struct master_set *set,
    master_verdict *done, void *arg, struct master_error *err);
/* A reload begins: what was set is forgotten, unless it is tried by it. */
void setting_load(struct master *m);
/* And for good, or not, if the reload did not KEEP its settings. */
void setting_settle(struct master *m, bool keep);
/* Does the number that `scale` gave POOL outlast the reload that begins? */
bool setting_keeps_scale(const struct master *m, const char *pool);
/* Other settings serve: their boards tell what differs from the files. */
void setting_tell(struct master *m);
void setting_forget(struct master *m, const void *arg);

#endif
