/* Records of a stream, each body by the decoder of its type. */
#include <string.h>

#include "fuzz.h"
#include "proto/fcgi.h"

/* What was decoded, encoded and decoded again, is the same. */
static void
check_pair(const struct fcgi_pair *pair)
{
	size_t cap = 8 + pair->name.len + pair->value.len;
	uint8_t *at = malloc(cap);
	struct span in = { at, 0 };
	struct fcgi_pair again;

	MUST(at != NULL);
	in.len = fcgi_put_pair(at, *pair);
	MUST(in.len <= cap);
	MUST(fcgi_get_pair(&in, cap, &again) == FCGI_OK);
	MUST(in.len == 0);
	MUST(again.name.len == pair->name.len);
	MUST(again.value.len == pair->value.len);
	MUST(memcmp(again.name.at, pair->name.at, again.name.len) == 0);
	MUST(memcmp(again.value.at, pair->value.at, again.value.len) == 0);
	free(at);
}

static void
read_pairs(struct span in)
{
	struct fcgi_pair pair;
	struct span before = in;
	enum fcgi_err err;

	while ((err = fcgi_get_pair(&in, 4096, &pair)) == FCGI_OK) {
		MUST(in.at > before.at && in.len < before.len);
		MUST(pair.value.at + pair.value.len == in.at);
		check_pair(&pair);
		before = in;
	}
	MUST(err == FCGI_MORE || err == FCGI_ELIMIT);
	MUST(in.at == before.at && in.len == before.len);
}

static void
read_fixed(struct span body)
{
	struct fcgi_begin begin;
	uint32_t app_status;
	uint8_t status;
	uint8_t at[FCGI_HEAD_LEN + 8];

	MUST((fcgi_get_begin(body, &begin) == FCGI_OK) == (body.len == 8));
	if (fcgi_get_end(body, &app_status, &status) != FCGI_OK)
		return;
	MUST(fcgi_put_end(at, 1, app_status, (enum fcgi_end)status) ==
	    sizeof(at));
	MUST(memcmp(at + FCGI_HEAD_LEN, body.at, 5) == 0);
	MUST(fcgi_put_begin(at, 1, begin) == sizeof(at));
	MUST(memcmp(at + FCGI_HEAD_LEN, body.at, 3) == 0);
}

static void
read_body(const struct fcgi_head *head, struct span body)
{
	uint8_t at[FCGI_HEAD_LEN];
	struct span in = { at, sizeof(at) };
	struct fcgi_head again;

	(void)fcgi_put_head(at, head);
	MUST(fcgi_get_head(&in, &again) == FCGI_OK);
	MUST(again.type == head->type && again.id == head->id);
	MUST(again.body_len == head->body_len);
	MUST(again.pad_len == head->pad_len);
	if (head->type == FCGI_PARAMS || head->type == FCGI_GET_VALUES ||
	    head->type == FCGI_GET_VALUES_RESULT)
		read_pairs(body);
	else
		read_fixed(body);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct span in = { data, len };
	struct fcgi_head head;
	size_t all;

	while (fcgi_get_head(&in, &head) == FCGI_OK) {
		struct span body = { in.at, in.len };

		if (body.len > head.body_len)
			body.len = head.body_len;
		read_body(&head, body);
		all = (size_t)head.body_len + head.pad_len;
		if (all > in.len)
			all = in.len;
		in.at += all;
		in.len -= all;
	}
	return 0;
}
