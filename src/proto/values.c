#include <stdio.h>
#include <string.h>

#include "proto/fcgi.h"
#include "proto/values.h"

void
values_reset(struct values *v)
{
	*v = (struct values){ 0 };
}

static void
remember(struct values *v)
{
	struct span name = { v->name, v->name_len };

	if (name.len == 14 && memcmp(name.at, "FCGI_MAX_CONNS", 14) == 0)
		v->max_conns = true;
	if (name.len == 13 && memcmp(name.at, "FCGI_MAX_REQS", 13) == 0)
		v->max_reqs = true;
	if (name.len == 15 && memcmp(name.at, "FCGI_MPXS_CONNS", 15) == 0)
		v->mpxs_conns = true;
}

/* The two lengths, byte by byte. */
static void
take_length(struct values *v, uint8_t byte)
{
	struct span in = { v->raw, 0 };
	size_t name_len, value_len;

	v->raw[v->raw_len++] = byte;
	in.len = v->raw_len;
	if (fcgi_get_len(&in, &name_len) != FCGI_OK ||
	    fcgi_get_len(&in, &value_len) != FCGI_OK)
		return;
	/* A record has at most FCGI_BODY_MAX bytes. */
	if (name_len > FCGI_BODY_MAX || value_len > FCGI_BODY_MAX) {
		v->broken = true;
		return;
	}
	v->sized = true;
	v->name_len = name_len;
	v->left = name_len + value_len;
	v->got = 0;
}

static size_t
take_pair(struct values *v, struct span in)
{
	size_t n = in.len < v->left ? in.len : v->left;
	size_t i;

	for (i = 0; i < n && v->got < v->name_len; i++, v->got++)
		if (v->got < sizeof(v->name))
			v->name[v->got] = in.at[i];
	v->left -= n;
	return n;
}

void
values_feed(struct values *v, struct span in)
{
	while (in.len > 0 && !v->broken) {
		size_t n = 1;

		if (!v->sized)
			take_length(v, in.at[0]);
		else
			n = take_pair(v, in);
		if (v->sized && v->left == 0) {
			remember(v);
			v->sized = false;
			v->raw_len = 0;
		}
		in.at += n;
		in.len -= n;
	}
}

static size_t
put(uint8_t *at, const char *name, unsigned value)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%u", value);

	return fcgi_put_pair(at,
	    (struct fcgi_pair){
		.name = { (const uint8_t *)name, strlen(name) },
		.value = { (const uint8_t *)text, (size_t)len },
	    });
}

size_t
values_put(uint8_t *at, const struct values *v, const struct values_ours *ours)
{
	struct fcgi_head head = { .type = FCGI_GET_VALUES_RESULT };
	uint8_t *body = at + FCGI_HEAD_LEN;
	size_t len = 0;

	if (v->max_conns)
		len += put(body + len, "FCGI_MAX_CONNS", ours->max_conns);
	if (v->max_reqs)
		len += put(body + len, "FCGI_MAX_REQS", ours->max_reqs);
	if (v->mpxs_conns)
		len += put(body + len, "FCGI_MPXS_CONNS", ours->max_reqs > 1);
	head.body_len = (uint16_t)len;
	return fcgi_put_head(at, &head) + len;
}
