/* crew.h - a pool at run time: listeners, workers, parked connections.
 *
 * Each turn it compares the workers it wants with those it has, from its
 * table, and starts or retires what differs; so an event that was missed
 * cures itself.  Nothing a worker does reaches beyond its own crew.
 *
 * Everything is allocated by crew_open().  Layer: master.  Called by:
 * master.c.
 */
#ifndef MASTER_CREW_H
#define MASTER_CREW_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "master/master.h"
#include "master/pool.h"
#include "master/stop.h"
#include "master/watch.h"

struct crew;

struct crew_conf {
	const struct pool_conf *pool; /* outlives the crew */
	unsigned index;               /* of the crew, for its watches */
	int epoll_fd;
	const struct rlimit *nofile; /* of its workers */
};

enum crew_state {
	CREW_STARTING,
	CREW_UP,    /* it listens and its first workers were ready */
	CREW_FAILED /* one of the first cannot start */
};

/* Listen, and make everything but workers.  NULL with ERR. */
struct crew *crew_open(const struct crew_conf *conf, struct master_error *err);
/* Its workers must be gone.  Removes the socket files it made. */
void crew_close(struct crew *c);

enum crew_state crew_state(const struct crew *c);
/* Why it failed. */
const struct master_error *crew_error(const struct crew *c);
/* No worker is left. */
bool crew_gone(const struct crew *c);

/* What its board says; gossip. */
struct crew_tally {
	size_t workers;
	size_t busy;
	uint64_t requests;
};
/* Add its numbers to T. */
void crew_tally(const struct crew *c, struct crew_tally *t);

/* Do what is due; returns when to come again, or CLOCK_NEVER. */
int64_t crew_turn(struct crew *c, int64_t now);
/* An event of a watch of this crew. */
void crew_event(
    struct crew *c, const struct watch *w, uint32_t events, int64_t now);
/* PID was reaped with STATUS; false: not one of this crew. */
bool crew_died(struct crew *c, pid_t pid, int status, int64_t now);

/* A step of stop.h; the first one ends it for good. */
void crew_stop(struct crew *c, enum stop_act act);
/* Retire all workers and start none; connections wait in the backlog. */
void crew_drain(struct crew *c);
/* One worker more (+1) or less (-1). */
void crew_nudge(struct crew *c, int by);
/* Open the access log again and pass the logs on to the workers. */
void crew_reopen(struct crew *c);

#endif
