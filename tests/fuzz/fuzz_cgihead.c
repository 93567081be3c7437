/* The head of a CGI answer: the first byte chooses how it is cut; whole and
 * in pieces the outcome is the same. */
#include "fuzz.h"
#include "proto/cgihead.h"

static size_t
run(struct cgihead *h, struct span in, size_t piece)
{
	size_t took = 0;

	cgihead_reset(h);
	while (in.len > 0) {
		size_t n = in.len < piece ? in.len : piece;
		bool done = h->done;
		size_t some = cgihead_feed(h, (struct span){ in.at, n });

		MUST(some <= n);
		MUST(!done || some == 0);
		MUST(h->done || some == n);
		took += some;
		in.at += n;
		in.len -= n;
	}
	MUST(took == h->head_len);
	MUST(h->status == 0 || (h->status >= 100 && h->status <= 999));
	MUST(!h->done || h->status != 0);
	return took;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct cgihead whole, pieces;
	struct span in;

	if (len == 0)
		return 0;
	in = (struct span){ data + 1, len - 1 };
	MUST(run(&whole, in, len) == run(&pieces, in, data[0] + 1U));
	MUST(whole.status == pieces.status && whole.done == pieces.done);
	MUST(whole.location == pieces.location && whole.any == pieces.any);
	return 0;
}
