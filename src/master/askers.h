/* askers.h - those who wait for a verdict.
 *
 * Plain values, no pointer to any of them is kept elsewhere.
 * Layer: master.  Called by: reload.c, upgrade.c.
 */
#ifndef MASTER_ASKERS_H
#define MASTER_ASKERS_H

#include <stdbool.h>

#include "master/master.h"

#define ASKERS_MAX 32

struct askers { /* zeroed: nobody */
	struct asker {
		master_verdict *done; /* NULL: free */
		void *arg;
		bool served; /* by what is under way */
	} at[ASKERS_MAX];
};

/* DONE may be NULL: nobody waits.  When too many do, it is told so now. */
void askers_add(struct askers *a, master_verdict *done, void *arg);
void askers_forget(struct askers *a, const void *arg);
/* Whoever waits now is served by what begins now. */
void askers_serve(struct askers *a);
/* The verdict for those who are served, or for ALL. */
void askers_tell(struct askers *a, bool all, int code, const char *text);

#endif
