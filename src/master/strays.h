/* strays.h - processes that went their own ways with a listener.
 *
 * A program that goes to the background, or that starts servers of its own in
 * sessions of their own, leaves processes that no signal to its group
 * reaches.  They would serve for ever, whatever becomes of the pool, and keep
 * its address in use.  As the master adopts the orphans of what it started
 * (strays_adopt), they are among its children when their parents have ended:
 * those in another session that hold the listener.
 *
 * Layer: master.  Called by: natives.c.
 */
#ifndef MASTER_STRAYS_H
#define MASTER_STRAYS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* From now on our process is the parent of orphans; told once is enough. */
void strays_adopt(void);
/* The groups of those that hold the socket INODE, CAP at most; how many. */
size_t strays_find(uint64_t inode, pid_t *groups, size_t cap);
/* The inode of the socket FD; 0: it is none. */
uint64_t strays_inode(int fd);

#endif
