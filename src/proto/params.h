/* params.h - a request's name-value pairs, decoded as they arrive.
 *
 * The PARAMS stream may be cut anywhere (section 3.3 and 3.4); params_feed()
 * takes it in pieces of any size and writes each pair as "NAME=VALUE\0"
 * straight into the caller's arena, ready to be an environment entry.  A
 * pair takes no more room there than it took on the wire (its two lengths
 * are at least two bytes, "=" and NUL are two), so an arena of
 * request_params_max bytes is always enough and nothing is allocated.
 *
 * Names that are not [A-Za-z_][A-Za-z0-9_]* are dropped and counted.  Of a
 * name given twice the last value wins and keeps the place of the first.
 *
 * Layer: proto.  Pure.  Used by: worker, ctl, tests.
 */
#ifndef PROTO_PARAMS_H
#define PROTO_PARAMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/span.h"

#define PARAMS_COUNT_MAX 1024   /* different names in one request */
#define PARAMS_ENTRY_MAX 131071 /* "NAME=VALUE": Linux' MAX_ARG_STRLEN */

enum params_err {
	PARAMS_OK = 0,
	PARAMS_ETOTAL, /* more bytes than the arena: 431 */
	PARAMS_ECOUNT, /* more than PARAMS_COUNT_MAX names: 431 */
	PARAMS_EENTRY, /* one pair beyond PARAMS_ENTRY_MAX: 431 */
	PARAMS_ENUL,   /* a NUL within a value: 400 */
	PARAMS_ECUT    /* the stream ended within a pair: 400 */
};

/* Opaque in spirit: fields are for params.c; it is open only so that it can
 * be a member of its owner and needs no allocation. */
struct params {
	char *arena; /* not owned */
	size_t cap;
	size_t used;      /* bytes of finished pairs */
	size_t fed;       /* bytes taken from the wire in all */
	unsigned dropped; /* pairs left out because of their name */
	unsigned count;
	struct {
		uint32_t at; /* where "NAME=VALUE" begins in the arena */
		uint32_t name_len;
		uint32_t value_len;
	} entry[PARAMS_COUNT_MAX];
	uint16_t hash[PARAMS_COUNT_MAX * 2]; /* entry index + 1; 0: empty */
	struct {                             /* the pair under way */
		uint8_t raw[8];              /* its length bytes so far */
		uint8_t raw_len;
		bool sized; /* both lengths are known */
		bool drop;
		size_t name_len, value_len, got;
	} now;
	enum params_err err; /* sticky */
};

/* Forget everything and decode into ARENA of CAP bytes (not owned).  Cheap:
 * does not touch the arena. */
void params_reset(struct params *p, char *arena, size_t cap);

/* Take all of IN.  An error is sticky: later calls return it again and
 * take nothing. A claimed length beyond a limit is an error at once, before
 * any of its bytes are waited for. */
enum params_err params_feed(struct params *p, struct span in);

/* The stream has ended: PARAMS_ECUT when it ended within a pair. */
enum params_err params_finish(struct params *p);

/* The value of NAME, NUL-terminated, or NULL.  Points into the arena. */
const char *params_get(const struct params *p, const char *name);

/* Entry I (below p->count) as "NAME=VALUE"; *NAME_LEN may be NULL. */
const char *params_entry(const struct params *p, unsigned i, size_t *name_len);

const char *params_strerror(enum params_err err);

#endif
