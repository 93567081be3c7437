#include "proto/chan.h"

#include <string.h>

/* One message; numbers are big-endian.
 *
 *   0       4       8       12      16              24
 *   +-------+-------+-------+-------+---------------+
 *   | magic | kind  | value |   0   |   since_ms    |
 *   +-------+-------+-------+-------+---------------+
 */
#define MAGIC 0x63676669U /* "cgfi" */

static uint64_t
get(const uint8_t *p, size_t n)
{
	uint64_t v = 0;

	for (size_t i = 0; i < n; i++)
		v = v << 8 | p[i];
	return v;
}

static void
put(uint8_t *p, size_t n, uint64_t v)
{
	while (n-- > 0) {
		p[n] = (uint8_t)v;
		v >>= 8;
	}
}

void
chan_put(uint8_t *at, const struct chan_msg *msg)
{
	put(at, 4, MAGIC);
	put(at + 4, 4, (uint64_t)msg->kind);
	put(at + 8, 4, (uint32_t)msg->value);
	put(at + 12, 4, 0);
	put(at + 16, 8, (uint64_t)msg->since_ms);
}

int
chan_get(struct span in, struct chan_msg *out)
{
	uint64_t kind;

	if (in.len != CHAN_LEN || get(in.at, 4) != MAGIC ||
	    get(in.at + 12, 4) != 0)
		return -1;
	kind = get(in.at + 4, 4);
	if (kind < CHAN_READY || kind > CHAN_CLOSING)
		return -1;
	out->kind = (enum chan_kind)kind;
	out->value = (int32_t)(uint32_t)get(in.at + 8, 4);
	out->since_ms = (int64_t)get(in.at + 16, 8);
	return 0;
}

size_t
chan_fds(enum chan_kind kind)
{
	switch (kind) { /* no default: -Wswitch-enum finds the missing one */
	case CHAN_PARK:
	case CHAN_CONN:
	case CHAN_LOOK:
	case CHAN_LOG:
		return 1;
	case CHAN_READY:
	case CHAN_FULL:
	case CHAN_FAILED:
	case CHAN_RETIRE:
	case CHAN_STOP:
	case CHAN_KEEP:
	case CHAN_PASS:
	case CHAN_PING:
	case CHAN_MORE:
	case CHAN_CLOSING:
		return 0;
	}
	return 0;
}
