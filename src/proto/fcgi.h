/* fcgi.h - FastCGI record heads and fixed bodies, bytes to values and back.
 *
 * Pure: no system call, no allocation, no log, no state.  What is decoded is
 * hostile; whatever the bytes, these functions only answer.
 *
 * Layer: proto.  Specification: FastCGI 1.0, sections 3.3, 4, 5 and 8.
 */
#ifndef PROTO_FCGI_H
#define PROTO_FCGI_H

#include <stddef.h>
#include <stdint.h>

#include "proto/span.h"

#define FCGI_HEAD_LEN 8
#define FCGI_BODY_MAX 65535
#define FCGI_BEGIN_LEN 8
#define FCGI_END_LEN 8
#define FCGI_KEEP_CONN 1 /* bit of fcgi_begin.flags */

enum fcgi_type {
	FCGI_BEGIN_REQUEST = 1,
	FCGI_ABORT_REQUEST = 2,
	FCGI_END_REQUEST = 3,
	FCGI_PARAMS = 4,
	FCGI_STDIN = 5,
	FCGI_STDOUT = 6,
	FCGI_STDERR = 7,
	FCGI_DATA = 8,
	FCGI_GET_VALUES = 9,
	FCGI_GET_VALUES_RESULT = 10,
	FCGI_UNKNOWN_TYPE = 11
};

enum fcgi_role { FCGI_RESPONDER = 1, FCGI_AUTHORIZER = 2, FCGI_FILTER = 3 };

/* protocolStatus of END_REQUEST, section 5.5. */
enum fcgi_end {
	FCGI_REQUEST_COMPLETE = 0,
	FCGI_CANT_MPX_CONN = 1,
	FCGI_OVERLOADED = 2,
	FCGI_UNKNOWN_ROLE = 3
};

enum fcgi_err {
	FCGI_OK = 0,
	FCGI_MORE,     /* not an error: call again with more bytes */
	FCGI_EVERSION, /* peer speaks another protocol version */
	FCGI_ELIMIT,   /* a length is beyond what the caller accepts */
	FCGI_EBODY     /* a body of fixed size has another size */
};

struct fcgi_head {
	uint8_t type; /* may be a type we do not know */
	uint8_t pad_len;
	uint16_t id; /* 0: management record */
	uint16_t body_len;
};

struct fcgi_begin {
	uint16_t role; /* may be a role we do not know */
	uint8_t flags;
};

struct fcgi_pair {
	struct span name;
	struct span value;
};

/* Each decoder consumes from IN only when it returns FCGI_OK.  On any other
 * answer IN and OUT are as they were, so FCGI_MORE can be retried. */
enum fcgi_err fcgi_get_head(struct span *in, struct fcgi_head *out);
enum fcgi_err fcgi_get_begin(struct span body, struct fcgi_begin *out);
enum fcgi_err fcgi_get_end(
    struct span body, uint32_t *app_status, uint8_t *protocol_status);

/* One length of a pair: a byte below 128, or four with the top bit set. */
enum fcgi_err fcgi_get_len(struct span *in, size_t *out);

/* LIMIT: the greatest sum of both lengths that is accepted. */
enum fcgi_err fcgi_get_pair(
    struct span *in, size_t limit, struct fcgi_pair *out);

/* Encoders write a whole thing at AT and return its length; reserved and
 * padding bytes are zero.  The caller has seen to the room: FCGI_HEAD_LEN,
 * FCGI_HEAD_LEN + FCGI_END_LEN, FCGI_HEAD_LEN + 8, 8 + the pair's lengths. */
size_t fcgi_put_head(uint8_t *at, const struct fcgi_head *head);
size_t fcgi_put_begin(uint8_t *at, uint16_t id, struct fcgi_begin begin);
size_t fcgi_put_end(
    uint8_t *at, uint16_t id, uint32_t app_status, enum fcgi_end status);
size_t fcgi_put_unknown(uint8_t *at, uint8_t type);
size_t fcgi_put_pair(uint8_t *at, struct fcgi_pair pair);

const char *fcgi_strerror(enum fcgi_err err);

#endif
