/* look.h - somebody looks at a connection before a worker gets it.
 *
 * The status worker does, when all others are busy, without reading: "mine",
 * "not mine", or "not before more of it is there".  In the last case the
 * master waits for more on its behalf, until a worker is idle or the time for
 * a request's head is over, and then asks again.
 *
 * Works on what handoff.h owns.  Layer: master.  Called by: handoff.c,
 * aide.c, mail.c.
 */
#ifndef MASTER_LOOK_H
#define MASTER_LOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "master/handoff.h"
#include "proto/chan.h"

/* True: the status worker was asked about the ready one in PLACE. */
bool look_ask(struct handoff *h, int place, int64_t now);
/* The answer to a question (CHAN_KEEP, CHAN_PASS, CHAN_MORE) of WHO. */
void look_answered(struct handoff *h, unsigned who,
    const struct chan_msg *answer, int64_t now);
/* Something happened (EVENTS) to the one in PLACE that is cut. */
void look_event(struct handoff *h, int place, uint32_t events);
/* Those whose rest is waited for in vain become ready. */
void look_overdue(struct handoff *h, int64_t now);
/* One of them becomes ready, as a worker has time for it or nobody looks any
 * more: its place, or -1. */
int look_release(struct handoff *h);
/* Is there a question that WHO has not answered? */
bool look_is_asked(const struct handoff *h, unsigned who);
/* WHO answers no more. */
void look_forget(struct handoff *h, unsigned who);
/* When who has the oldest question must have answered, and when the first is
 * overdue, or CLOCK_NEVER. */
int64_t look_answer_due(const struct handoff *h);
int64_t look_due(const struct handoff *h);

#endif
