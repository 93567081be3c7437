/* talk.h - one client of the control socket: his line, and the answer.
 *
 * Nothing is sent before the turn after the one in which the answer was
 * known, so that whatever it tells of has been done when it arrives: workers
 * have been told to go, listeners are watched again.
 * Layer: master.  Called by: control.c.
 */
#ifndef MASTER_TALK_H
#define MASTER_TALK_H

#include <stdbool.h>
#include <stdint.h>

#include "master/control.h"

enum talk_stage { TALK_FREE, TALK_READING, TALK_WAITING, TALK_ANSWERING };

struct talk;

struct control_later {
	struct talk *talk;
};

struct talk { /* zeroed: free */
	enum talk_stage stage;
	const struct control_conf *conf;
	unsigned place; /* of its watches */
	struct control_later later;
	int fd; /* owned */
	unsigned serial;
	int64_t due_ms;
	struct peer peer;
	bool refused; /* may not */
	size_t in_len, out_len, out_at;
	size_t board, nboards; /* that are still to be sent */
	char in[CTLMSG_LINE_MAX];
	char out[CTLMSG_ANSWER_MAX];
};

/* T is free, FD owned from now on, whatever becomes of it. */
void talk_open(struct talk *t, const struct control_conf *conf, unsigned place,
    int fd, int64_t now);
/* Close it, if it is open. */
void talk_drop(struct talk *t);
/* Nobody reads at the other end. */
bool talk_is_gone(const struct talk *t);
/* He has not said anything yet. */
bool talk_is_unheard(const struct talk *t);
/* There is no place for him any more: send what is due, or WHY he is to try
 * again, and close. */
void talk_put_off(struct talk *t, const char *why, int64_t now);
void talk_event(struct talk *t, uint32_t events, int64_t now);
void talk_answer(
    struct talk *t, const struct ctlmsg_answer *answer, int64_t now);

#endif
