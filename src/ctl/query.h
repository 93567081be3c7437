/* query.h - a request as `get` makes it: given parameters and defaults.
 *
 * Layer: ctl.  Pure but for memory, which the caller frees.  Used by: get.
 */
#ifndef CTL_QUERY_H
#define CTL_QUERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUERY_ID 1

struct query {
	char *const *given; /* "NAME=VALUE", each with a '=' */
	size_t ngiven;
	bool body;        /* one will follow */
	int64_t body_len; /* -1: not known beforehand */
};

/* BEGIN_REQUEST and all of PARAMS; without a body the end of STDIN too.  NULL
 * when there is no memory. */
uint8_t *query_encode(const struct query *q, size_t *len);

#endif
