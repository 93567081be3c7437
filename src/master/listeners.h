/* listeners.h - the sockets a pool listens on.
 *
 * Opened once, or inherited; shared by all its workers.  Socket files that
 * were made here are removed at the end, but only while they are still the
 * ones that were made: another manager may have replaced them.
 *
 * Layer: master.
 */
#ifndef MASTER_LISTENERS_H
#define MASTER_LISTENERS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/sock.h"
#include "master/pool.h"

struct listener_file {
	bool made; /* by us, and not removed yet */
	dev_t dev;
	ino_t ino;
};

struct listeners {
	size_t n;
	int fds[POOL_LISTEN_MAX];
	struct listener_file files[POOL_LISTEN_MAX];
};

/* 0, or -1 with ERR, *CODE (sysexits) and nothing left open or made.  Those
 * of a native program stay blocking, as it expects. */
int listeners_open(struct listeners *l, const struct pool_conf *conf,
    struct sock_error *err, int *code);
/* Remove the files: who connects from now on is told at once. */
void listeners_unlink(struct listeners *l, const struct pool_conf *conf);
void listeners_close(struct listeners *l, const struct pool_conf *conf);

#endif
