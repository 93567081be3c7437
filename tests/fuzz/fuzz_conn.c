/* The whole state machine of a connection, with a handler of a few lines.
 *
 * The first byte says how the peer ends and delivers, the second where its
 * first piece ends; the rest is what it sends. */
#include <stdio.h>

#include "base/log.h"
#include "connrig.h"
#include "fuzz.h"

static struct connrig *
rig_for(unsigned max_reqs)
{
	static struct connrig *rigs[2];
	static const struct log_conf quiet = {
		.target = "/dev/null",
		.level = LOG_LEVEL_ALERT,
	};
	struct connrig **rig = &rigs[max_reqs == 1];

	if (*rig == NULL) {
		MUST(log_open(&quiet) == 0);
		*rig = connrig_new(max_reqs, 4096);
	}
	return *rig;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	/* Not over TCP: fuzzing would use up the ports. */
	static const enum peer_end ends[] = { PEER_KEEPS, PEER_CLOSES,
		PEER_HALVES, PEER_VANISHES };
	struct peer_script script = { 0 };
	struct connrig_seen seen;
	const char *wrong;

	if (len < 2)
		return 0;
	script.at = data + 2;
	script.len = len - 2;
	script.end = ends[data[0] % 4];
	script.bytewise = (data[0] & 0x80) != 0;
	script.prompt = (data[0] & 0x40) != 0;
	script.cut = script.len > 0 ? data[1] * script.len / 256 : 0;
	wrong =
	    connrig_run(rig_for((data[0] & 0x20) != 0 ? 1 : 8), &script, &seen);
	if (wrong != NULL)
		(void)fprintf(stderr, "%s\n", wrong);
	MUST(wrong == NULL);
	return 0;
}
