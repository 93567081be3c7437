/* self.h - the master's own nice value and limits.
 *
 * Its workers inherit them, unless their pool has others.  What was there
 * before is remembered: a reload may take the settings back, and a program
 * that follows in this process is to begin with it.
 *
 * Layer: master.
 */
#ifndef MASTER_SELF_H
#define MASTER_SELF_H

#include <stdbool.h>
#include <sys/resource.h>

struct master_error;

struct self_conf { /* what is not set stays as it was */
	bool set_priority, set_files, set_core;
	int priority;
	rlim_t files, core;
};

struct self_limits {
	struct rlimit files, core;
};

struct self {
	/* As it was. */
	int priority;
	struct self_limits were;
	/* Our own are soft, so that they can be taken back; the soft one of
	 * files is as large as it may be. */
	struct self_limits workers;
};

/* FILES: what an earlier program has remembered; NULL: we are the first. */
void self_remember(struct self *s, const struct rlimit *files);
/* 0, or -1 with ERR: what could be done was. */
int self_apply(
    struct self *s, const struct self_conf *conf, struct master_error *err);
/* As it was, as far as that is allowed. */
void self_restore(const struct self *s);

#endif
