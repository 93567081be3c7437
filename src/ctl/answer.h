/* answer.h - what an application sends back for one request, as it arrives.
 *
 * Takes the bytes of a connection in pieces of any size and gives out the
 * bytes of both streams without holding a record back, so that nothing grows
 * with the size of an answer.  The application is not trusted: whatever it
 * sends, the answer is a part, "more" or an error.
 *
 * Layer: ctl.  Pure.  Used by: client.
 */
#ifndef CTL_ANSWER_H
#define CTL_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/fcgi.h"
#include "proto/span.h"

enum answer_err {
	ANSWER_OK = 0,
	ANSWER_MORE,     /* not an error: all of the input was used */
	ANSWER_EVERSION, /* this is not FastCGI 1 */
	ANSWER_ETYPE,    /* a record that no application sends */
	ANSWER_EID,      /* a record of a request that was not made */
	ANSWER_EORDER,   /* bytes of a stream that had ended */
	ANSWER_EEND      /* END_REQUEST has a wrong size */
};

enum answer_kind { ANSWER_STDOUT, ANSWER_STDERR, ANSWER_END };

struct answer_part {
	enum answer_kind kind;
	struct span bytes; /* of the input; never empty, none for END */
};

struct answer {
	uint16_t id;
	uint8_t raw[FCGI_HEAD_LEN]; /* a head, or END_REQUEST's body */
	size_t raw_len;
	bool in_body;
	struct fcgi_head now; /* the record under way */
	size_t body_left;
	size_t pad_left;
	bool out_closed, err_closed;
	/* Known after ANSWER_END. */
	uint32_t app_status;
	uint8_t protocol_status;
};

void answer_reset(struct answer *a, uint16_t id);
/* The next part of IN.  After ANSWER_END nothing more is to be asked. */
enum answer_err answer_next(
    struct answer *a, struct span *in, struct answer_part *out);
const char *answer_strerror(enum answer_err err);

#endif
