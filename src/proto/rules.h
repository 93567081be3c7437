/* rules.h - what a record means where it stands.
 *
 * One table: the record's type and id, and how far the request of that id
 * has come, give the one thing to do.  Everything illegal costs the
 * connection; everything meaningless is ignored.
 *
 * Layer: proto.  Pure.  Specification: sections 3.3, 4 and 5.
 */
#ifndef PROTO_RULES_H
#define PROTO_RULES_H

#include "proto/fcgi.h"

/* How far the request with the record's id has come. */
enum rules_phase {
	RULES_NONE,   /* no such request runs on this connection */
	RULES_PARAMS, /* begun, its parameters have not ended */
	RULES_STDIN,  /* its parameters have ended, its stdin has not */
	RULES_OUTPUT  /* its stdin has ended too */
};

enum rules_act {
	RULES_BEGIN,   /* a new request */
	RULES_FEED,    /* a piece, or with length 0 the end, of PARAMS */
	RULES_BODY,    /* the same of STDIN */
	RULES_ABORT,   /* end the request */
	RULES_VALUES,  /* GET_VALUES: answer */
	RULES_UNKNOWN, /* UNKNOWN_TYPE: answer */
	RULES_IGNORE,  /* skip its content */
	RULES_CLOSE    /* the connection cannot go on */
};

enum rules_act rules_for(const struct fcgi_head *head, enum rules_phase phase);

#endif
