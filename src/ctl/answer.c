#include "ctl/answer.h"

#include <string.h>

void
answer_reset(struct answer *a, uint16_t id)
{
	memset(a, 0, sizeof(*a));
	a->id = id;
}

static struct span
take(struct span *in, size_t want)
{
	struct span out = { in->at, in->len < want ? in->len : want };

	if (out.len > 0)
		in->at += out.len;
	in->len -= out.len;
	return out;
}

/* Fill a->raw; true when its 8 bytes are there. */
static bool
fill(struct answer *a, struct span *in)
{
	struct span some = take(in, sizeof(a->raw) - a->raw_len);

	if (some.len > 0)
		memcpy(a->raw + a->raw_len, some.at, some.len);
	a->raw_len += some.len;
	return a->raw_len == sizeof(a->raw);
}

static enum answer_err
check_stream(struct answer *a, bool *closed)
{
	if (*closed)
		return ANSWER_EORDER;
	*closed = a->now.body_len == 0;
	return ANSWER_OK;
}

/* Is the record that just began one that may come now? */
static enum answer_err
check(struct answer *a)
{
	if (a->now.id == 0) /* management records are passed over */
		return a->now.type == FCGI_GET_VALUES_RESULT ||
			a->now.type == FCGI_UNKNOWN_TYPE
		    ? ANSWER_OK
		    : ANSWER_ETYPE;
	if (a->now.id != a->id)
		return ANSWER_EID;
	if (a->now.type == FCGI_STDOUT)
		return check_stream(a, &a->out_closed);
	if (a->now.type == FCGI_STDERR)
		return check_stream(a, &a->err_closed);
	if (a->now.type != FCGI_END_REQUEST)
		return ANSWER_ETYPE;
	return a->now.body_len == FCGI_END_LEN ? ANSWER_OK : ANSWER_EEND;
}

static enum answer_err
begin(struct answer *a, struct span *in)
{
	bool whole = fill(a, in);
	struct span raw = { a->raw, a->raw_len };

	if (fcgi_get_head(&raw, &a->now) == FCGI_EVERSION)
		return ANSWER_EVERSION;
	if (!whole)
		return ANSWER_MORE;
	a->in_body = true;
	a->raw_len = 0;
	a->body_left = a->now.body_len;
	a->pad_left = a->now.pad_len;
	return check(a);
}

static enum answer_err
end(struct answer *a, struct span *in, struct answer_part *out)
{
	if (!fill(a, in))
		return ANSWER_MORE;
	(void)fcgi_get_end((struct span){ a->raw, a->raw_len }, &a->app_status,
	    &a->protocol_status);
	out->kind = ANSWER_END;
	out->bytes = (struct span){ NULL, 0 };
	return ANSWER_OK;
}

/* A part in OUT, or MORE when the record gave none. */
static enum answer_err
body(struct answer *a, struct span *in, struct answer_part *out)
{
	struct span bytes;

	if (a->now.id != 0 && a->now.type == FCGI_END_REQUEST)
		return end(a, in, out);
	bytes = take(in, a->body_left);
	a->body_left -= bytes.len;
	if (a->body_left == 0)
		a->pad_left -= take(in, a->pad_left).len;
	a->in_body = a->body_left > 0 || a->pad_left > 0;
	if (a->now.id == 0 || bytes.len == 0)
		return ANSWER_MORE;
	out->kind = a->now.type == FCGI_STDOUT ? ANSWER_STDOUT : ANSWER_STDERR;
	out->bytes = bytes;
	return ANSWER_OK;
}

enum answer_err
answer_next(struct answer *a, struct span *in, struct answer_part *out)
{
	enum answer_err err = ANSWER_MORE;

	while (in->len > 0 && err == ANSWER_MORE) {
		if (!a->in_body && (err = begin(a, in)) != ANSWER_OK)
			continue;
		err = body(a, in, out);
	}
	return err;
}

const char *
answer_strerror(enum answer_err err)
{
	switch (err) { /* no default: -Wswitch-enum finds the missing one */
	case ANSWER_OK:
		return "success";
	case ANSWER_MORE:
		return "incomplete";
	case ANSWER_EVERSION:
		return "this is not FastCGI";
	case ANSWER_ETYPE:
		return "a record that no application sends";
	case ANSWER_EID:
		return "a record of a request that was not made";
	case ANSWER_EORDER:
		return "a record of a stream that had ended";
	case ANSWER_EEND:
		return "the last record has a wrong size";
	}
	return "unknown error";
}
