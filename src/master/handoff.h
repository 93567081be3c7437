/* handoff.h - connections that wait in the master instead of in a worker.
 *
 * A worker parks a connection here and is free; the master only watches it.
 * One that becomes readable is written into the pool's handoff socket, where
 * any idle worker of this generation or the next takes it; one that is
 * overdue or dead is closed.  Nothing is ever read from a connection.
 *
 * Owns the parked descriptors and both ends of the socket: what was handed
 * over survives its workers.  Layer: master.  Called by: the
 * files of a crew (members.h).
 */
#ifndef MASTER_HANDOFF_H
#define MASTER_HANDOFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "master/parking.h"
#include "proto/chan.h"

/* Events of a connection that the other side has closed. */
#define HANDOFF_CLOSED ((uint32_t)(EPOLLRDHUP | EPOLLHUP | EPOLLERR))

struct handoff_conf {
	int epoll_fd;
	unsigned crew;
	size_t room[PARKING_KINDS];
	int64_t limit_ms[PARKING_KINDS]; /* 0: none */
};

/* Somebody looks at connections before a worker gets them: the pool's status
 * worker, when all others are busy. */
struct handoff_look {
	int channel_fd; /* to it; -1: nobody looks */
	unsigned who;   /* its slot */
	unsigned spare; /* so many go to idle workers, without a look */
};

struct handoff {
	struct handoff_conf conf;
	struct handoff_look look;
	int64_t token; /* of the last question */
	int in_fd;     /* the master writes here */
	int out_fd;    /* the workers wait here */
	struct parking *parking;
	bool full;
	bool told;        /* when there is room */
	int64_t retry_ms; /* when FULL */
};

/* 0, or -1 with errno. */
int handoff_open(struct handoff *h, const struct handoff_conf *conf);
/* The same with the two ends of an earlier program's, which are owned from
 * then on. */
int handoff_inherit(
    struct handoff *h, const struct handoff_conf *conf, int in_fd, int out_fd);
void handoff_close(struct handoff *h);
/* Make ready for the rooms of CONF, and change to them: what is parked and
 * what was handed over stays.  0, or -1 with errno. */
int handoff_reserve(struct handoff *h, const struct handoff_conf *conf);
void handoff_change(struct handoff *h, const struct handoff_conf *conf);

/* Room for one more of KIND? */
bool handoff_has_room(const struct handoff *h, enum parking_kind kind);
/* Take over FD, which came with MSG (CHAN_PARK).  False: it could not be
 * kept and was closed. */
bool handoff_adopt(
    struct handoff *h, int fd, const struct chan_msg *msg, int64_t now);
/* Accept up to MOST connections that wait at LISTEN_FD, which does not block,
 * as far as there is room for silent ones.  Returns how many; errno says why
 * not more: 0, there were MOST; ENOSPC, no room; else of accept(). */
int handoff_accept(struct handoff *h, int listen_fd, int most, int64_t now);
/* How many were handed over and no worker has taken yet. */
int handoff_untaken(const struct handoff *h);
/* Something happened (EVENTS) to the connection in PLACE. */
void handoff_event(struct handoff *h, int place, uint32_t events);
/* Close the one in PLACE, if there is one, and forget it. */
void handoff_close_one(struct handoff *h, int place);
/* Give away what is ready, as far as there is room; close the overdue. */
void handoff_turn(struct handoff *h, int64_t now);
/* Who was woken for what lies in the socket may be dead: wake somebody. */
void handoff_again(struct handoff *h, int64_t now);
/* Close the parked connections on which nothing has come: those that were
 * kept, and with SILENT those that never brought a byte, too.  What did come
 * is served.  Each is shown to LEAVE before. */
void handoff_thin(struct handoff *h, bool silent,
    void (*leave)(void *arg, int fd, bool silent), void *arg);
/* Is any parked, whether it waits for a byte or for its turn? */
bool handoff_has_parked(const struct handoff *h);
/* Close all connections that no worker has taken: nobody will.  Each is shown
 * to LEAVE before (NULL: to nobody). */
void handoff_drop(struct handoff *h,
    void (*leave)(void *arg, int fd, bool silent), void *arg);
/* When handoff_turn() has something to do, or CLOCK_NEVER. */
int64_t handoff_due(const struct handoff *h);
/* Tell WITH of each connection that is parked. */
void handoff_each(const struct handoff *h,
    void (*with)(void *arg, const struct parked *parked), void *arg);
/* Connections that wait for a worker, for the board. */
size_t handoff_waiting(const struct handoff *h);
/* Kept connections, for the board. */
size_t handoff_kept(const struct handoff *h);
/* Nothing is parked, and nothing was handed over that nobody has taken. */
bool handoff_is_empty(const struct handoff *h);

#endif
