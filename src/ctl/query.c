#include "ctl/query.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/fcgi.h"

/* What most programs expect, where nothing else is given. */
static const struct {
	const char *name;
	const char *value;
} fixed[] = {
	{ "GATEWAY_INTERFACE", "CGI/1.1" },
	{ "SERVER_PROTOCOL", "HTTP/1.1" },
	{ "SERVER_SOFTWARE", "cgi-fpmctl" },
	{ "SERVER_NAME", "localhost" },
	{ "SERVER_PORT", "80" },
	{ "REMOTE_ADDR", "127.0.0.1" },
	{ "QUERY_STRING", "" },
};

/* The value given for NAME, or NULL; of several the last. */
static const char *
given(const struct query *q, const char *name)
{
	size_t len = strlen(name);
	const char *found = NULL;

	for (size_t i = 0; i < q->ngiven; i++)
		if (strncmp(q->given[i], name, len) == 0 &&
		    q->given[i][len] == '=')
			found = q->given[i] + len + 1;
	return found;
}

static const char *
given_or(const struct query *q, const char *name, const char *fallback)
{
	const char *value = given(q, name);

	return value != NULL ? value : fallback;
}

/* Bytes that grow; once memory runs out they stay as they were. */
struct bytes {
	uint8_t *at;
	size_t len;
	size_t cap;
	bool failed;
};

/* Room for N more, or NULL. */
static uint8_t *
room(struct bytes *b, size_t n)
{
	size_t cap = b->cap > 0 ? b->cap : 4096;
	uint8_t *at = b->at;

	if (b->failed)
		return NULL;
	while (n > cap - b->len)
		cap *= 2;
	if (cap != b->cap && (at = realloc(b->at, cap)) == NULL) {
		b->failed = true;
		return NULL;
	}
	b->at = at;
	b->cap = cap;
	return at + b->len;
}

static void
put_pair(struct bytes *b, const char *name, size_t name_len, const char *value)
{
	const struct fcgi_pair pair = {
		{ (const uint8_t *)name, name_len },
		{ (const uint8_t *)value, strlen(value) },
	};
	uint8_t *at = room(b, 8 + pair.name.len + pair.value.len);

	if (at != NULL)
		b->len += fcgi_put_pair(at, pair);
}

static void
put_default(
    struct bytes *b, const struct query *q, const char *name, const char *value)
{
	if (given(q, name) == NULL)
		put_pair(b, name, strlen(name), value);
}

/* A script is asked for by its name, everything else by "/". */
static void
script_name(const struct query *q, char **out)
{
	const char *file = given_or(q, "SCRIPT_FILENAME", "/");
	const char *slash = strrchr(file, '/');

	*out = strdup(given_or(q, "SCRIPT_NAME", slash != NULL ? slash : "/"));
}

static void
put_uri(struct bytes *b, const struct query *q, const char *script)
{
	const char *path = given_or(q, "PATH_INFO", "");
	const char *query = given_or(q, "QUERY_STRING", "");
	size_t cap = strlen(script) + strlen(path) + strlen(query) + 2;
	char *uri = malloc(cap);

	if (uri == NULL) {
		b->failed = true;
		return;
	}
	(void)snprintf(uri, cap, "%s%s%s%s", script, path,
	    query[0] != '\0' ? "?" : "", query);
	put_default(b, q, "REQUEST_URI", uri);
	free(uri);
}

static void
put_defaults(struct bytes *b, const struct query *q)
{
	char *script;
	char number[24];

	script_name(q, &script);
	if (script == NULL) {
		b->failed = true;
		return;
	}
	put_default(b, q, "REQUEST_METHOD", q->body ? "POST" : "GET");
	put_default(b, q, "SCRIPT_NAME", script);
	put_uri(b, q, script);
	free(script);
	if (q->body)
		put_default(b, q, "CONTENT_TYPE", "application/octet-stream");
	if (q->body && q->body_len >= 0) {
		(void)snprintf(number, sizeof(number), "%" PRId64, q->body_len);
		put_default(b, q, "CONTENT_LENGTH", number);
	}
	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		put_default(b, q, fixed[i].name, fixed[i].value);
}

static void
put_record(
    struct bytes *b, enum fcgi_type type, const uint8_t *body, size_t len)
{
	const struct fcgi_head head = { (uint8_t)type, 0, QUERY_ID,
		(uint16_t)len };
	uint8_t *at = room(b, FCGI_HEAD_LEN + len);

	if (at == NULL)
		return;
	b->len += fcgi_put_head(at, &head);
	if (len > 0)
		memcpy(at + FCGI_HEAD_LEN, body, len);
	b->len += len;
}

/* PAIRS as a stream: records, then the empty one. */
static void
put_params(struct bytes *b, const struct bytes *pairs)
{
	for (size_t at = 0, n; at < pairs->len; at += n) {
		n = pairs->len - at;
		if (n > FCGI_BODY_MAX)
			n = FCGI_BODY_MAX;
		put_record(b, FCGI_PARAMS, pairs->at + at, n);
	}
	put_record(b, FCGI_PARAMS, NULL, 0);
}

uint8_t *
query_encode(const struct query *q, size_t *len)
{
	const struct fcgi_begin begin = { FCGI_RESPONDER, 0 };
	struct bytes pairs = { 0 }, all = { 0 };
	uint8_t *at;

	for (size_t i = 0; i < q->ngiven; i++) {
		const char *equals = strchr(q->given[i], '=');

		put_pair(&pairs, q->given[i], (size_t)(equals - q->given[i]),
		    equals + 1);
	}
	put_defaults(&pairs, q);
	if ((at = room(&all, FCGI_HEAD_LEN + FCGI_BEGIN_LEN)) != NULL)
		all.len += fcgi_put_begin(at, QUERY_ID, begin);
	put_params(&all, &pairs);
	if (!q->body)
		put_record(&all, FCGI_STDIN, NULL, 0);
	free(pairs.at);
	if (pairs.failed || all.failed) {
		free(all.at);
		return NULL;
	}
	*len = all.len;
	return all.at;
}
