/* upgrade.h - another program in the place of this one.
 *
 * The new program is tried in a process of its own first: it has to read the
 * same settings and to answer in time.  Then what serves is written down
 * (will.h) and it is executed in place, with the same pid; it finds listeners,
 * workers and parked connections where they were.  Whatever fails before that
 * leaves everything as it is.
 *
 * Layer: master.  Called by: master.c.
 */
#ifndef MASTER_UPGRADE_H
#define MASTER_UPGRADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <time.h>

#include "master/askers.h"

#define UPGRADE_TEXT_MAX 1024
/* What a new program says first of all, with STATE_VERSION and its own. */
#define UPGRADE_WORD "cgi-fpm-upgrade"

/* Which file it was; another has others, mostly its inode. */
struct upgrade_file {
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec changed;
};

struct upgrade { /* zeroed: nobody asked */
	bool asked;
	pid_t pid; /* of the process that tries it, 0: none */
	int fd;    /* what it says; valid with PID */
	int64_t due_ms;
	struct upgrade_file file; /* that is tried, or was */
	bool late, passed;
	int64_t hand_ms; /* when to hand over at the latest; 0: passed no
			    test, or cannot be yet */
	char text[UPGRADE_TEXT_MAX + 1];
	size_t len;
	struct askers askers;
};

struct master;

/* Do what is due; returns when to come again, or CLOCK_NEVER. */
int64_t upgrade_turn(struct master *m, int64_t now);
/* The process that tries it has said something. */
void upgrade_event(struct master *m);
/* PID was reaped with STATUS; false: it is none of ours. */
bool upgrade_died(struct master *m, pid_t pid, int status);
/* The master stops. */
void upgrade_drop(struct master *m);

#endif
