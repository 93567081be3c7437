/* values.h - the names asked for by a GET_VALUES record (section 4.1).
 *
 * Takes the record's content in pieces of any size and remembers which of
 * the names we know were in it; all else is skipped at no cost in memory.
 *
 * Layer: proto.  Pure.
 */
#ifndef PROTO_VALUES_H
#define PROTO_VALUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/span.h"

#define VALUES_RESULT_MAX 128 /* of values_put(), its record head included */

struct values {
	bool max_conns, max_reqs, mpxs_conns; /* asked for */
	bool broken;                          /* a pair was cut: stop */
	uint8_t raw[8];
	uint8_t raw_len;
	bool sized;
	size_t name_len, left; /* of the pair under way */
	uint8_t name[16];
	size_t got;
};

struct values_ours {
	unsigned max_conns;
	unsigned max_reqs;
};

void values_reset(struct values *v);
void values_feed(struct values *v, struct span in);

/* The GET_VALUES_RESULT record for what was asked, at AT; its length.
 * FCGI_MPXS_CONNS is "1" unless max_reqs is 1. */
size_t values_put(
    uint8_t *at, const struct values *v, const struct values_ours *ours);

#endif
