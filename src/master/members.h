/* members.h - what a crew is made of.
 *
 * For crew.c (its life), muster.c (its number) and mail.c (its messages)
 * only; everybody else sees crew.h.
 *
 * Layer: master.
 */
#ifndef MASTER_MEMBERS_H
#define MASTER_MEMBERS_H

#include "master/crew.h"
#include "master/handoff.h"
#include "master/listeners.h"
#include "master/lograte.h"
#include "master/natives.h"
#include "master/restart.h"
#include "master/scale.h"
#include "master/slots.h"

/* What may be said often, each at a rate of its own. */
enum crew_rate {
	CREW_RATE_DEATHS,
	CREW_RATE_STARTS,
	CREW_RATE_MAIL,
	CREW_RATES
};

struct crew {
	struct crew_conf conf;
	const struct pool_conf *pool;
	struct board *board;
	struct slots slots;
	struct listeners listeners;
	struct handoff handoff;
	struct restart restart;
	struct restart_conf restart_conf;
	struct scale scale;
	struct lograte rates[CREW_RATES];
	int access_fd;
	struct natives *natives; /* NULL in mode cgi */
	bool watching; /* the listeners, for connections nobody takes */
	bool demand;   /* somebody waits, or the last idle one is busy */
	bool retired;  /* stopping or drained: no worker is wanted */
	bool stopping;
	enum crew_state state;
	int awaited; /* first workers that are not ready yet */
	struct master_error error;
};

/* mail.c */

/* Take in all messages of SLOT; at its end the channel is closed. */
void mail_take(struct crew *c, struct slot *slot, int64_t now);
/* The same, up to its end: the worker is gone and writes no more. */
void mail_take_last(struct crew *c, struct slot *slot, int64_t now);
/* Send what is owed; true if something could not be sent yet. */
bool mail_send(struct crew *c);

/* muster.c */

/* Start or retire workers until there are as many as wanted, as far as that
 * is possible now; returns when to try again. */
int64_t muster(struct crew *c, int64_t now);
/* SLOT accepts connections (or was executed). */
void muster_ready(struct crew *c, struct slot *slot);
/* The worker of SLOT was reaped. */
void muster_bury(struct crew *c, struct slot *slot, int status, int64_t now);
void muster_retire(struct slot *slot);

/* sweep.c */

/* The worker of the slot PLACE is gone, which is empty now, and nobody had
 * told it to: take over what it was woken for. */
void sweep(struct crew *c, size_t place, int64_t now);

#endif
