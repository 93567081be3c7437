/* reader.c - see reader.h. */
#include "reader.h"

#include <string.h>

#include "proto/fcgi.h"

/* How far the answer to an id has come. */
enum told { TOLD_NOTHING, TOLD_STDOUT, TOLD_STDOUT_END, TOLD_END };

void
reader_reset(struct reader *r)
{
	uint8_t *bytes = r->bytes;

	memset(r, 0, sizeof(*r));
	r->bytes = bytes;
}

static void
look_at_request(
    struct reader *r, const struct fcgi_head *head, const uint8_t *body)
{
	uint8_t *told = &r->told[head->id];

	if (head->id == 0)
		r->wrong = "an answer with id 0";
	if (head->type == FCGI_STDOUT) {
		if (*told == TOLD_STDOUT_END)
			r->wrong = "stdout after its end";
		*told = head->body_len > 0 ? TOLD_STDOUT : TOLD_STDOUT_END;
		return;
	}
	if (head->body_len != FCGI_END_LEN || body[5] != 0 || body[6] != 0 ||
	    body[7] != 0)
		r->wrong = "a wrong END_REQUEST";
	if (*told == TOLD_STDOUT && body[4] == FCGI_REQUEST_COMPLETE)
		r->wrong = "a request ended before its stdout";
	*told = TOLD_END; /* the id may come again */
	r->ends++;
	r->complete += body[4] == FCGI_REQUEST_COMPLETE;
}

static void
look_at(struct reader *r, const struct fcgi_head *head, const uint8_t *at)
{
	if (at[7] != 0 || head->pad_len != 0)
		r->wrong = "reserved bytes, or padding";
	if (head->type == FCGI_GET_VALUES_RESULT ||
	    head->type == FCGI_UNKNOWN_TYPE) {
		r->management++;
		if (head->id != 0)
			r->wrong = "a management record with an id";
	} else if (head->type == FCGI_STDOUT || head->type == FCGI_END_REQUEST)
		look_at_request(r, head, at + FCGI_HEAD_LEN);
	else
		r->wrong = "a type that no server sends";
}

void
reader_look(struct reader *r)
{
	for (;;) {
		const uint8_t *at = r->bytes + r->parsed;
		struct span in = { at, r->len - r->parsed };
		struct fcgi_head head;
		enum fcgi_err err = fcgi_get_head(&in, &head);

		if (err == FCGI_EVERSION)
			r->wrong = "another version than 1";
		if (err != FCGI_OK || in.len < head.body_len)
			return;
		look_at(r, &head, at);
		r->parsed += FCGI_HEAD_LEN + (size_t)head.body_len;
	}
}

bool
reader_saw_end(const struct reader *r, uint16_t id)
{
	return r->told[id] == TOLD_END;
}
