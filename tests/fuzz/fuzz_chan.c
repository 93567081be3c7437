/* Messages of the master's channel: what decodes is encoded as it came. */
#include <string.h>

#include "fuzz.h"
#include "proto/chan.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct chan_msg msg;
	uint8_t again[CHAN_LEN];

	if (chan_get((struct span){ data, len }, &msg) != 0)
		return 0;
	MUST(len == CHAN_LEN);
	MUST(chan_fds(msg.kind) <= CHAN_FDS_MAX);
	chan_put(again, &msg);
	MUST(memcmp(again, data, CHAN_LEN) == 0);
	return 0;
}
