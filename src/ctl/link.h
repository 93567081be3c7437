/* link.h - a talk with the master: an order, its answer, boards behind it.
 *
 * Layer: ctl.  The answer is a line of the master's; boards are mapped read
 * only.
 */
#ifndef CTL_LINK_H
#define CTL_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "board/board.h"
#include "proto/ctlmsg.h"

#define LINK_NAME_MAX 80

struct link {
	int fd;
	int code;                     /* of the answer: 0 ok, or what to
					 exit with; ours too */
	char text[CTLMSG_ANSWER_MAX]; /* of the answer, or what went wrong
					 and what to do */
	char buf[CTLMSG_LINE_MAX];
	size_t len;
	int fds[8]; /* that came and were not asked for yet */
	size_t nfds;
};

/* Send the N WORDS to the master at PATH and hear its answer, for which it
 * has TIMEOUT_MS.  True: it said ok.  To be closed in any case. */
bool link_ask(struct link *l, const char *path, const char *const *words,
    size_t n, int timeout_ms);
/* The next board and its pool's NAME (LINK_NAME_MAX bytes); NULL with CODE
 * and TEXT. */
struct board *link_board(struct link *l, char *name);
void link_close(struct link *l);

#endif
