/* cgihead.h - a look at the head of a CGI response (RFC 3875, section 6).
 *
 * Only looks: the program's bytes are passed on as they came.  What is
 * learnt is the status for the log and whether the head has ended, from
 * pieces of any size.  Accepts LF and CRLF line ends, a leading blank line,
 * and heads of any length (only the first CGIHEAD_LINE_MAX bytes of a line
 * are looked at).
 *
 * Layer: proto.  Pure.  Used by: worker (access log), ctl (get), tests.
 */
#ifndef PROTO_CGIHEAD_H
#define PROTO_CGIHEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/span.h"

#define CGIHEAD_LINE_MAX 512

struct cgihead {
	int status;      /* 0 until known; 200 by default, 302 for a
			     Location without Status, once the head ends */
	size_t head_len; /* bytes of the head, its blank line included */
	bool done;       /* the blank line was seen */
	bool location;
	char line[CGIHEAD_LINE_MAX];
	size_t line_len; /* of the line under way, may pass the maximum */
	bool any;        /* a field line was seen */
};

void cgihead_reset(struct cgihead *h);
/* Feed the next bytes of stdout; returns how many of them belong to the
 * head.  After h->done it returns 0 and looks at nothing. */
size_t cgihead_feed(struct cgihead *h, struct span in);

#endif
