/* crew.h - a pool at run time: listeners, workers, parked connections.
 *
 * Each turn it compares the workers it wants with those it has, from its
 * table, and starts or retires what differs; so an event that was missed
 * cures itself.  Nothing a worker does reaches beyond its own crew.
 *
 * Everything is allocated by crew_open() and crew_try().  What is inside is in
 * members.h.  Layer: master.  Called by: the files of the master (frame.h).
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
struct heir;
struct ration;
struct self_limits;
struct will;
struct listeners;
struct listeners_from;

struct crew_conf {
	const struct pool_conf *pool; /* outlives the crew */
	unsigned index;               /* of the crew, for its watches */
	int epoll_fd;
	const struct self_limits *limits; /* of its workers; NULL: ours */
	struct ration *ration;            /* of all crews; NULL: no bound */
	unsigned generation;              /* of its settings */
	/* For crew_try() alone: what `scale` made of pm.max_children stays. */
	bool scaled;
	/* Where it may take listeners from; for crew_open() alone. */
	const struct listeners_from *from;
	/* What an earlier program left for it: its workers serve until those
	 * that are started are ready.  For crew_open() alone; NULL. */
	struct heir *heir;
};

enum crew_state {
	CREW_STARTING,
	CREW_UP,    /* it listens and its first workers were ready */
	CREW_FAILED /* one of the first cannot start */
};

/* Listen, and make everything but workers.  NULL with ERR. */
struct crew *crew_open(const struct crew_conf *conf, struct master_error *err);
/* Leave all that is needed to go on to the program that follows. */
void crew_bequeath(struct crew *c, struct will *w);
/* Its workers must be gone.  Removes the socket files it made. */
void crew_close(struct crew *c);

/* Other settings, in steps; each pool is renewed or none is.
 *
 * crew_try() opens what POOL needs and starts a new generation of workers
 * with it, while the old one serves on; crew_state() tells how that goes.
 * Then either crew_commit(), which retires the old generation, or
 * crew_rollback(), which retires the new one.  What is parked and handed over
 * goes on in any case.  All files and descriptors that were opened for the
 * new ones are gone after a rollback, and all memory was there before
 * anything was started.  -1 with ERR: nothing was changed. */
int crew_try(struct crew *c, const struct crew_conf *conf, int64_t now,
    struct master_error *err);
bool crew_is_tried(const struct crew *c);
/* After the commit: no old worker is idle any more, who might take another
 * request.  It is not waited for one that does not go. */
#define CREW_SETTLE_MS 500
bool crew_is_settled(const struct crew *c);
void crew_commit(struct crew *c, int64_t now);
void crew_rollback(struct crew *c, int64_t now);
/* Before the commit: listeners that the new ones of TO took from those that
 * C had go over to them. */
void crew_pass_listeners(struct crew *c, struct crew *to);
/* The pool is not wanted any more: it closes its listeners, and goes when
 * its workers have.  crew_gone() tells. */
void crew_leave(struct crew *c, int64_t now);

const struct pool_conf *crew_pool(const struct crew *c);
/* Those that serve, whatever is on trial. */
struct listeners *crew_listeners(struct crew *c);
enum crew_state crew_state(const struct crew *c);
/* Why it failed. */
const struct master_error *crew_error(const struct crew *c);
/* No worker is left. */
bool crew_gone(const struct crew *c);
/* No worker is left that serves requests, and no connection waits here. */
bool crew_is_empty(const struct crew *c);
/* It was drained, and not resumed yet. */
bool crew_is_drained(const struct crew *c);

/* What its board says; gossip. */
struct crew_tally {
	size_t workers;
	size_t busy;
	size_t waiting; /* pools with connections that no worker has */
	uint64_t requests;
	uint64_t connections;
	size_t uncounted; /* pools whose requests are not among these */
};
/* Add its numbers to T. */
void crew_tally(const struct crew *c, struct crew_tally *t);

/* For idle_exit; what differs from the last look was done since. */
struct crew_use {
	uint64_t events; /* connections and requests so far */
	uint64_t marks;  /* of what native programs ran so far */
	bool active;     /* somebody is served now, or waits */
};
/* Add its part to U.  It looks at native programs, which takes a while. */
void crew_use(struct crew *c, struct crew_use *u);

/* Its part of the stock. */
void crew_count(const struct crew *c, struct ration *r);
/* Do what is due; returns when to come again, or CLOCK_NEVER. */
int64_t crew_turn(struct crew *c, int64_t now);
/* An event of a watch of this crew. */
void crew_event(
    struct crew *c, const struct watch *w, uint32_t events, int64_t now);
/* PID was reaped with STATUS; false: not one of this crew. */
bool crew_died(struct crew *c, pid_t pid, int status, int64_t now);

/* A step of stop.h; the first one ends it for good. */
void crew_stop(struct crew *c, enum stop_act act, int64_t now);
/* Who gets the connections that no worker has taken when it stops; FD stays
 * the crew's. */
struct crew_keeper {
	void (*keep)(void *arg, const char *pool, int fd, bool silent);
	void *arg;
};
void crew_keep(struct crew *c, const struct crew_keeper *keeper);
/* And one that came back; FD stays the caller's. */
void crew_adopt(struct crew *c, int fd, bool silent, int64_t now);
/* Retire all workers and start none; connections wait in the backlog. */
void crew_drain(struct crew *c);
/* Take the drain back. */
void crew_resume(struct crew *c);
/* One worker more (+1) or less (-1). */
void crew_nudge(struct crew *c, int by);
/* Open the access log again and pass the logs on to the workers. */
void crew_reopen(struct crew *c);

#endif
