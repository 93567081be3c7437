/* listeners.h - the sockets a pool listens on.
 *
 * Opened once, inherited, or taken over from the generation before; shared by
 * all its workers.  Each table has descriptors of its own, so one of them can
 * be closed while another goes on with the same socket.  Socket files that
 * were made here are removed at the end, but only while they are still the
 * ones that were made: another manager may have replaced them.
 *
 * Layer: master.
 */
#ifndef MASTER_LISTENERS_H
#define MASTER_LISTENERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sock.h"
#include "base/sockfile.h"
#include "master/pool.h"

struct listeners {
	size_t n;
	bool native; /* they block */
	int fds[POOL_LISTEN_MAX];
	struct sock_addr addrs[POOL_LISTEN_MAX];
	struct sockfile files[POOL_LISTEN_MAX]; /* this table's to remove */
	struct sockfile marks[POOL_LISTEN_MAX]; /* whoever made them */
	bool own[POOL_LISTEN_MAX];    /* made by us, also in an earlier life */
	bool kept[POOL_LISTEN_MAX];   /* from an earlier table */
	bool lent[POOL_LISTEN_MAX];   /* to a later one */
	bool shared[POOL_LISTEN_MAX]; /* the service manager may have it too,
					 for the next service */
	bool barred[POOL_LISTEN_MAX]; /* nobody gets in any more */
};

/* Tables that a new one may take sockets from. */
struct listeners_from {
	struct listeners *const *at;
	size_t n;
};

/* 0, or -1 with ERR, *CODE (sysexits) and nothing left open or made.  Those
 * of a native program stay blocking, as it expects. */
int listeners_open(struct listeners *l, const struct pool_conf *conf,
    const struct listeners_from *from, struct sock_error *err, int *code);
/* NOW is used from here on: what it took from OLD is its own, also the file.
 * And OLD is used on: it gets back what it lent. */
void listeners_pass(struct listeners *old, struct listeners *now);
void listeners_regain(struct listeners *old);
/* Give those that were kept the backlog and the owner, group and mode that
 * CONF has for them.  0, or -1 with ERR: the last thing that failed. */
int listeners_apply(const struct listeners *l, const struct pool_conf *conf,
    struct sock_error *err);
/* A bit for each whose file somebody has removed or replaced, so that nobody
 * finds it any more. */
uint32_t listeners_lost(const struct listeners *l);
/* Leave the Ith to a next life: its file stays, and who waits there. */
void listeners_leave(struct listeners *l, size_t i);
/* Does the Ith go when this table does, and those who wait there with it?  Not
 * one that somebody gave us, or that another table has by now. */
bool listeners_goes(const struct listeners *l, size_t i);
/* Nobody is to get in any more at the first N, as far as they go and nobody
 * else has them; who waits there can be accepted.  True: somebody may be about
 * to get in. */
bool listeners_bar(struct listeners *l, size_t n);
/* And who comes to those is refused. */
void listeners_shut(const struct listeners *l, size_t n);
/* Remove the files: who connects from now on is told at once. */
void listeners_unlink(struct listeners *l);
void listeners_close(struct listeners *l);

#endif
