/* watch.h - what the master's epoll set knows about a descriptor.
 *
 * Each is tagged with what it is, whose it is and its place in the owner's
 * table; never with a pointer, as an event may outlive what it was about.
 *
 * Layer: master.
 */
#ifndef MASTER_WATCH_H
#define MASTER_WATCH_H

#include <stdint.h>

enum watch_kind {
	WATCH_CHANNEL, /* place: the worker's slot */
	WATCH_PARKED,  /* place: in the parking table */
	WATCH_PROBE,   /* the program that may follow us; no crew's */
	WATCH_HANDOFF, /* has room again */
	WATCH_WAITING, /* a connection waits for a worker */
	WATCH_OUTPUT,  /* place: the native program's slot */
	WATCH_CONTROL  /* place: a client of the control socket; no crew */
};

struct watch {
	enum watch_kind kind;
	unsigned crew;
	unsigned place;
};

uint64_t watch_tag(const struct watch *w);
void watch_untag(uint64_t tag, struct watch *w);

/* Wait for EVENTS on FD; 0, or -1 with errno. */
int watch_add(int epoll_fd, int fd, uint32_t events, const struct watch *w);
int watch_change(int epoll_fd, int fd, uint32_t events, const struct watch *w);
/* Always before FD is closed: other processes may hold it as well, and the
 * set would go on reporting it. */
void watch_del(int epoll_fd, int fd);

#endif
