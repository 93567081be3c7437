#include "proto/fcgi.h"

#include <string.h>

#define FCGI_VERSION 1
#define LONG_LEN 4 /* bytes of a length of 128 and more */

/* A record's head, section 3.3.  All numbers are big-endian.
 *
 *      0         1         2    3    4    5    6         7
 *   +---------+---------+---------+---------+---------+----------+
 *   | version |  type   |   id    | bodylen |  padlen | reserved |
 *   +---------+---------+---------+---------+---------+----------+
 *
 * The bodies of fixed size:
 *
 *   BEGIN_REQUEST   role 2, flags 1, reserved 5
 *   END_REQUEST     app_status 4, protocol_status 1, reserved 3
 *   UNKNOWN_TYPE    type 1, reserved 7
 *
 * Reserved bytes are not looked at when reading and zero when writing. */

static uint16_t
get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t
get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
}

static void
put16(uint8_t *p, uint16_t n)
{
	p[0] = (uint8_t)(n >> 8);
	p[1] = (uint8_t)n;
}

static void
put32(uint8_t *p, uint32_t n)
{
	put16(p, (uint16_t)(n >> 16));
	put16(p + 2, (uint16_t)n);
}

static struct span
take(struct span *in, size_t n)
{
	struct span head = { in->at, n };

	in->at += n;
	in->len -= n;
	return head;
}

enum fcgi_err
fcgi_get_head(struct span *in, struct fcgi_head *out)
{
	const uint8_t *p = in->at;

	/* A wrong version shows in the first byte: do not wait for more. */
	if (in->len > 0 && p[0] != FCGI_VERSION)
		return FCGI_EVERSION;
	if (in->len < FCGI_HEAD_LEN)
		return FCGI_MORE;

	out->type = p[1];
	out->id = get16(p + 2);
	out->body_len = get16(p + 4);
	out->pad_len = p[6];
	(void)take(in, FCGI_HEAD_LEN);
	return FCGI_OK;
}

enum fcgi_err
fcgi_get_begin(struct span body, struct fcgi_begin *out)
{
	if (body.len != FCGI_BEGIN_LEN)
		return FCGI_EBODY;
	out->role = get16(body.at);
	out->flags = body.at[2];
	return FCGI_OK;
}

enum fcgi_err
fcgi_get_end(struct span body, uint32_t *app_status, uint8_t *protocol_status)
{
	if (body.len != FCGI_END_LEN)
		return FCGI_EBODY;
	*app_status = get32(body.at);
	*protocol_status = body.at[4];
	return FCGI_OK;
}

enum fcgi_err
fcgi_get_len(struct span *in, size_t *out)
{
	if (in->len < 1)
		return FCGI_MORE;
	if (in->at[0] < 0x80) {
		*out = take(in, 1).at[0];
		return FCGI_OK;
	}
	if (in->len < LONG_LEN)
		return FCGI_MORE;
	*out = get32(take(in, LONG_LEN).at) & 0x7fffffff;
	return FCGI_OK;
}

enum fcgi_err
fcgi_get_pair(struct span *in, size_t limit, struct fcgi_pair *out)
{
	struct span rest = *in;
	size_t name_len, value_len;

	if (fcgi_get_len(&rest, &name_len) != FCGI_OK)
		return FCGI_MORE;
	if (name_len > limit)
		return FCGI_ELIMIT;
	if (fcgi_get_len(&rest, &value_len) != FCGI_OK)
		return FCGI_MORE;
	/* Subtract, never add: the sum of two lengths can wrap. */
	if (value_len > limit - name_len)
		return FCGI_ELIMIT;
	if (name_len > rest.len || value_len > rest.len - name_len)
		return FCGI_MORE;

	out->name = take(&rest, name_len);
	out->value = take(&rest, value_len);
	*in = rest;
	return FCGI_OK;
}

size_t
fcgi_put_head(uint8_t *at, const struct fcgi_head *head)
{
	at[0] = FCGI_VERSION;
	at[1] = head->type;
	put16(at + 2, head->id);
	put16(at + 4, head->body_len);
	at[6] = head->pad_len;
	at[7] = 0;
	return FCGI_HEAD_LEN;
}

/* The head of a record with a fixed body, and that body zeroed. */
static uint8_t *
put_fixed(uint8_t *at, enum fcgi_type type, uint16_t id)
{
	const struct fcgi_head head = { (uint8_t)type, 0, id, 8 };
	uint8_t *body = at + fcgi_put_head(at, &head);

	memset(body, 0, 8);
	return body;
}

size_t
fcgi_put_begin(uint8_t *at, uint16_t id, struct fcgi_begin begin)
{
	uint8_t *body = put_fixed(at, FCGI_BEGIN_REQUEST, id);

	put16(body, begin.role);
	body[2] = begin.flags;
	return FCGI_HEAD_LEN + FCGI_BEGIN_LEN;
}

size_t
fcgi_put_end(
    uint8_t *at, uint16_t id, uint32_t app_status, enum fcgi_end status)
{
	uint8_t *body = put_fixed(at, FCGI_END_REQUEST, id);

	put32(body, app_status);
	body[4] = (uint8_t)status;
	return FCGI_HEAD_LEN + FCGI_END_LEN;
}

size_t
fcgi_put_unknown(uint8_t *at, uint8_t type)
{
	put_fixed(at, FCGI_UNKNOWN_TYPE, 0)[0] = type;
	return FCGI_HEAD_LEN + 8;
}

static size_t
put_len(uint8_t *at, size_t len)
{
	if (len < 0x80) {
		at[0] = (uint8_t)len;
		return 1;
	}
	put32(at, (uint32_t)len | 0x80000000U);
	return LONG_LEN;
}

/* memcpy() may not be given NULL, which an empty span may hold. */
static size_t
put_span(uint8_t *at, struct span bytes)
{
	if (bytes.len > 0)
		memcpy(at, bytes.at, bytes.len);
	return bytes.len;
}

size_t
fcgi_put_pair(uint8_t *at, struct fcgi_pair pair)
{
	size_t n = put_len(at, pair.name.len);

	n += put_len(at + n, pair.value.len);
	n += put_span(at + n, pair.name);
	n += put_span(at + n, pair.value);
	return n;
}

const char *
fcgi_strerror(enum fcgi_err err)
{
	switch (err) { /* no default: -Wswitch-enum finds the missing one */
	case FCGI_OK:
		return "success";
	case FCGI_MORE:
		return "incomplete";
	case FCGI_EVERSION:
		return "unsupported protocol version";
	case FCGI_ELIMIT:
		return "length over the limit";
	case FCGI_EBODY:
		return "record body of a wrong size";
	}
	return "unknown error";
}
