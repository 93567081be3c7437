/* What an application sends to cgi-fpmctl: the first byte chooses how it is
 * cut; whole and in pieces the outcome is the same. */
#include "ctl/answer.h"
#include "fuzz.h"

struct outcome {
	enum answer_err err;
	bool ended;
	uint32_t app_status;
	size_t bytes[2];
	uint32_t sum[2]; /* of each stream's bytes, order included */
};

static void
note(
    struct outcome *out, const struct answer *a, const struct answer_part *part)
{
	if (part->kind == ANSWER_END) {
		out->ended = true;
		out->app_status = a->app_status;
		return;
	}
	MUST(part->bytes.len > 0);
	out->bytes[part->kind] += part->bytes.len;
	for (size_t i = 0; i < part->bytes.len; i++)
		out->sum[part->kind] =
		    out->sum[part->kind] * 31 + part->bytes.at[i];
}

static struct outcome
run(struct span in, size_t piece)
{
	struct outcome out = { .err = ANSWER_MORE };
	struct answer a;
	struct answer_part part;

	answer_reset(&a, 1);
	while (in.len > 0 && out.err == ANSWER_MORE && !out.ended) {
		struct span some = { in.at, in.len < piece ? in.len : piece };

		in.at += some.len;
		in.len -= some.len;
		do {
			out.err = answer_next(&a, &some, &part);
			if (out.err == ANSWER_OK)
				note(&out, &a, &part);
		} while (out.err == ANSWER_OK && !out.ended);
		MUST(out.err != ANSWER_MORE || some.len == 0);
	}
	return out;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct outcome whole, pieces;

	if (len == 0)
		return 0;
	whole = run((struct span){ data + 1, len - 1 }, len);
	pieces = run((struct span){ data + 1, len - 1 }, data[0] + 1U);
	MUST(whole.err == pieces.err && whole.ended == pieces.ended);
	MUST(whole.app_status == pieces.app_status);
	for (int i = 0; i < 2; i++) {
		MUST(whole.bytes[i] == pieces.bytes[i]);
		MUST(whole.sum[i] == pieces.sum[i]);
	}
	return 0;
}
