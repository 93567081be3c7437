/* ctlmsg.h - the lines that cgi-fpmctl and the master exchange.
 *
 *   order:   VERB ARG...\n    one for a connection, at most CTLMSG_LINE_MAX
 *   answer:  ok TEXT\n  or  error EXITCODE TEXT\n
 *
 * Arguments are separated by a space; what is neither printable ASCII nor
 * free of meaning in them (space, percent sign) is written as %XX, and an
 * empty one as %.  Behind the answer "ok N" to the order "status" come N
 * lines, a pool's name each, and with each a descriptor of its board.
 *
 * Layer: proto.  Pure.  Used by: master, ctl.
 */
#ifndef PROTO_CTLMSG_H
#define PROTO_CTLMSG_H

#include <stdbool.h>
#include <stddef.h>

#define CTLMSG_SOCKET "/run/cgi-fpm/control.sock" /* unless told otherwise */
#define CTLMSG_LINE_MAX 4096
#define CTLMSG_WORDS_MAX 64
#define CTLMSG_ANSWER_MAX 1024

/* Take LINE (no newline, a NUL at its end) apart, in place.  The number of
 * words, at most MAX; -1: it is no order. */
int ctlmsg_split(char *line, const char **words, size_t max);

/* Append WORD to the LEN bytes in DST, with a space where it is not the
 * first.  The new length, or 0: no room. */
size_t ctlmsg_put(char *dst, size_t cap, size_t len, const char *word);

struct ctlmsg_answer {
	int code; /* 0: ok; else the exit status for it */
	const char *text;
};

/* Format an answer with its newline; what does not fit or has no place in a
 * line is cut.  Returns its length. */
size_t ctlmsg_put_answer(
    char *dst, size_t cap, const struct ctlmsg_answer *answer);
/* Read one, without its newline: 0, or -1.  TEXT points into LINE. */
int ctlmsg_get_answer(const char *line, struct ctlmsg_answer *out);

#endif
