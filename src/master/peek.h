/* peek.h - what the system knows of a program that tells us nothing.
 *
 * How much memory it has, whether it is stopped, and whether it, or a process
 * it started, has a connection of the pool's listener open.  Read from /proc,
 * without memory of our own; what cannot be read, because it is forbidden or
 * not there, is unknown.
 *
 * Layer: master.  Called by: vigil.c, natives.c.
 */
#ifndef MASTER_PEEK_H
#define MASTER_PEEK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/sock.h"

#define PEEK_CONNS_MAX 1024

/* Connections that were accepted from a listener and are open somewhere. */
struct peek_conns {
	bool known;
	bool more; /* than are listed */
	size_t n;
	uint64_t inode[PEEK_CONNS_MAX];
};

enum peek_busy { PEEK_IDLE, PEEK_BUSY, PEEK_UNKNOWN };

void peek_conns(const struct sock_addr *listener, struct peek_conns *out);
enum peek_busy peek_busy(pid_t pid, const struct peek_conns *conns);
/* Bytes of resident memory, 0: unknown. */
uint64_t peek_memory(pid_t pid);
/* PID is a child of ours. */
bool peek_stopped(pid_t pid);
/* Is anybody of the process GROUP alive?  Zombies, whose parent may be slow,
 * are not. */
bool peek_group(pid_t group);

/* The pure parts.  LINE is one of /proc/self/net/unix or tcp; true when
 * it is an accepted connection of PATH, of PORT, with its *INODE. */
bool peek_unix_line(const char *line, const char *path, uint64_t *inode);
bool peek_tcp_line(const char *line, unsigned port, uint64_t *inode);

#endif
