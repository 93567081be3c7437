/* span.h - bytes that belong to someone else; never NUL-terminated.
 *
 * Layer: proto.  Plain value, copied freely; owns nothing.
 */
#ifndef PROTO_SPAN_H
#define PROTO_SPAN_H

#include <stddef.h>
#include <stdint.h>

struct span {
	const uint8_t *at;
	size_t len;
};

#endif
