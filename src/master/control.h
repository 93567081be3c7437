/* control.h - the control socket: a line comes in, a line goes out.
 *
 * Never waits: a client that sends or reads too slowly is closed, of too
 * many silent ones the oldest gives way, a line has a bounded length.  What
 * an order does is not known here (orders.h).  The lines are those of
 * proto/ctlmsg.h.
 *
 * Everything is allocated by control_open().
 * Layer: master.  Called by: setup.c, master.c and orders.c.
 */
#ifndef MASTER_CONTROL_H
#define MASTER_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sock.h"
#include "master/peer.h"
#include "proto/ctlmsg.h"

struct control;
struct heir_control;
struct will;

/* Somebody who waits for an answer; valid until it came, or was forgotten. */
struct control_later;

struct control_order {
	const char *const *words; /* the verb, then its arguments */
	size_t n;                 /* at least 1 */
	struct peer from;
	struct control_later *later; /* for control_answer() */
};

struct control_reply {
	bool later; /* control_answer() will come */
	int code;   /* 0: ok, else what the client exits with */
	char text[CTLMSG_ANSWER_MAX];
	size_t first, nboards; /* boards to send behind the line */
};

struct control_ops {
	void *arg;
	void (*run)(void *arg, const struct control_order *order,
	    struct control_reply *reply, int64_t now);
	/* Board I for a reader: its descriptor (the caller's) and name; -1:
	 * there is none any more. */
	int (*board)(void *arg, size_t i, const char **name);
	/* Nobody waits there any more. */
	void (*forget)(void *arg, const struct control_later *later);
};

struct control_conf {
	const char *path;
	bool make_dir; /* the folder it is in, too */
	struct sock_perm perm;
	int epoll_fd;
	struct control_ops ops;
	/* What an earlier program left, taken over where it fits; NULL. */
	struct heir_control *heir;
};

/* NULL with ERR and errno. */
struct control *control_open(
    const struct control_conf *conf, struct sock_error *err);
/* There is to be none any more: what an earlier program left goes. */
void control_disown(struct heir_control *from);
/* Removes the socket file it made. */
void control_close(struct control *c);
/* Somebody is being answered, or waits for it. */
bool control_owes(const struct control *c);
/* Leave the listener and those who were not heard yet to the program that
 * follows.  All others are told to try again. */
void control_bequeath(struct control *c, struct will *w, int64_t now);
/* A watch of kind WATCH_CONTROL had EVENTS. */
void control_event(
    struct control *c, unsigned place, uint32_t events, int64_t now);
/* Close who is overdue; returns when to come again, or CLOCK_NEVER. */
int64_t control_turn(struct control *c, int64_t now);
/* What came of an order that was to be answered later. */
void control_answer(struct control_later *later,
    const struct ctlmsg_answer *answer, int64_t now);

#endif
