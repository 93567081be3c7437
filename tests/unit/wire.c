/* wire.c - see wire.h. */
#include "wire.h"

#include <stdio.h>
#include <string.h>

#include "proto/fcgi.h"

void
wire_record(struct wire *w, unsigned type, unsigned id, const void *body,
    size_t len, unsigned padding)
{
	const struct fcgi_head head = {
		.type = (uint8_t)type,
		.id = (uint16_t)id,
		.body_len = (uint16_t)len,
		.pad_len = (uint8_t)padding,
	};

	if (WIRE_MAX - w->len < FCGI_HEAD_LEN + len + padding)
		return;
	w->len += fcgi_put_head(w->at + w->len, &head);
	if (len > 0)
		memcpy(w->at + w->len, body, len);
	w->len += len;
	memset(w->at + w->len, 0xee, padding);
	w->len += padding;
}

void
wire_begin(struct wire *w, unsigned id, unsigned role, unsigned flags)
{
	const uint8_t body[8] = { (uint8_t)(role >> 8), (uint8_t)role,
		(uint8_t)flags };

	wire_record(w, FCGI_BEGIN_REQUEST, id, body, sizeof(body), 0);
}

void
wire_params(struct wire *w, unsigned id, const char *const pairs[], size_t cut)
{
	uint8_t stream[4096];
	size_t len = 0, at, n;

	for (; pairs[0] != NULL; pairs += 2)
		len += fcgi_put_pair(stream + len,
		    (struct fcgi_pair){
			.name = { (const uint8_t *)pairs[0], strlen(pairs[0]) },
			.value = { (const uint8_t *)pairs[1],
			    strlen(pairs[1]) },
		    });
	for (at = 0; at < len; at += n) {
		n = len - at < cut ? len - at : cut;
		wire_record(
		    w, FCGI_PARAMS, id, stream + at, n, (unsigned)(at % 9));
	}
	wire_record(w, FCGI_PARAMS, id, NULL, 0, 0);
}

void
wire_stdin(struct wire *w, unsigned id, const char *body)
{
	if (*body != '\0')
		wire_record(w, FCGI_STDIN, id, body, strlen(body), 3);
	wire_record(w, FCGI_STDIN, id, NULL, 0, 0);
}

void
wire_request(struct wire *w, unsigned id, const char *body)
{
	char length[24];
	const char *const pairs[] = { "SERVER_PORT", "80", "CONTENT_LENGTH",
		length, NULL };

	(void)snprintf(length, sizeof(length), "%zu", strlen(body));
	wire_begin(w, id, FCGI_RESPONDER, FCGI_KEEP_CONN);
	wire_params(w, id, pairs, 4096);
	wire_stdin(w, id, body);
}
