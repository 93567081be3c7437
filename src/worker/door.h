/* door.h - where a worker's connections come from and go to: its listeners,
 * the handoff, the master.  Also what a worker is made of, for its files
 * worker.c, door.c and orders.c.
 *
 * Layer: worker.
 */
#ifndef WORKER_DOOR_H
#define WORKER_DOOR_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/epoll.h>

#include "board/place.h"
#include "worker/conn.h"
#include "worker/pulse.h"
#include "worker/tell.h"
#include "worker/trouble.h"
#include "worker/worker.h"

enum source { FROM_CHANNEL, FROM_SIGNALS, FROM_HANDOFF, FROM_LISTENER };

/* A connection that was taken: its descriptor and its past. */
struct guest {
	int fd; /* owned */
	bool fresh;
	int64_t since_ms;
};

struct worker {
	const struct worker_conf *conf;
	struct place place;
	int signal_fd, epoll_fd;
	struct logsink access; /* LOGSINK_NONE: none */
	struct trouble trouble;
	uint64_t lost_told[BOARD_LOGS]; /* lines, as the board knows */
	bool retiring;                  /* go when nothing runs */
	bool last;       /* nobody comes after: none is left unserved */
	bool in_conn;    /* conn is being served */
	int64_t stop_ms; /* what runs is ended then; CLOCK_NEVER */
	int64_t deaf_ms; /* the status worker hears no question until then */
	uint64_t served, quota;
	bool full_logged;
	struct tell_due tell;
	struct pulse pulse;
	struct conn conn;
};

/* Take the connection that E (of worker.c's epoll) tells of.  False: there
 * is none any more.  G->fd is the caller's. */
bool door_take(struct worker *w, const struct epoll_event *e, struct guest *g);
/* May it connect (listen.allowed_clients)?  Logs who may
 * not. */
bool door_welcomes(struct worker *w, const struct guest *g);
/* Give the connection to the master to watch; this process is done with it
 * whether that works or not. */
void door_park(struct worker *w, struct guest *g);
void door_shut(struct worker *w, struct guest *g);

#endif
