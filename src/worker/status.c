#include "worker/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/clock.h"
#include "board/snapshot.h"
#include "view/status.h"
#include "worker/pulse.h"
#include "worker/request.h"

#define HEADERS                                                             \
	"Expires: Thu, 01 Jan 1970 00:00:00 GMT\r\n"                        \
	"Cache-Control: no-cache, no-store, must-revalidate, max-age=0\r\n" \
	"X-Content-Type-Options: nosniff\r\n"

#define POLICY                                                              \
	"Referrer-Policy: no-referrer\r\n"                                  \
	"Content-Security-Policy: default-src 'none'; "                     \
	"script-src 'nonce-%s'; style-src 'nonce-%s'; connect-src 'self'; " \
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"

struct status_run {
	char *text; /* owned: the whole answer */
	size_t len, at;
};

struct status {
	const struct worker_conf *conf;
	const struct place *place;
	struct status_run run[];
};

struct status *
status_new(const struct worker_conf *conf, const struct place *place)
{
	struct status *s =
	    calloc(1, sizeof(*s) + conf->max_reqs * sizeof(s->run[0]));

	if (s == NULL)
		return NULL;
	s->conf = conf;
	s->place = place;
	return s;
}

/* Is PATH what A and B make together? */
static bool
is_path(const char *path, const char *a, const char *b)
{
	size_t len = strlen(a);

	return path != NULL && strncmp(path, a, len) == 0 &&
	    strcmp(path + len, b) == 0;
}

static enum status_page
page_at(const struct worker_conf *conf, const char *a, const char *b)
{
	if (is_path(conf->status_path, a, b))
		return STATUS_PAGE;
	return is_path(conf->ping_path, a, b) ? STATUS_PING : STATUS_NONE;
}

/* The path as the web server has understood it.  REQUEST_URI, which comes
 * from the client as it is, only decides where there is no other: a web
 * server that lets nobody see SCRIPT_NAME /status may pass a request on that
 * was rewritten and still says /status there. */
enum status_page
status_page_of(const struct worker_conf *conf, const struct params *params)
{
	const char *script = params_get(params, "SCRIPT_NAME");
	const char *info = params_get(params, "PATH_INFO");
	const char *uri = params_get(params, "REQUEST_URI");
	enum status_page page = STATUS_NONE;
	char path[256];

	if (script == NULL && info == NULL && uri != NULL) {
		(void)snprintf(
		    path, sizeof(path), "%.*s", (int)strcspn(uri, "?"), uri);
		return page_at(conf, path, "");
	}
	if (script != NULL)
		page = page_at(conf, script, "");
	if (page == STATUS_NONE && info != NULL)
		page = page_at(conf, script == NULL ? "" : script, info);
	return page;
}

static bool
claims(void *ctx, const struct request *r)
{
	const struct status *s = ctx;

	return status_page_of(s->conf, &r->params) != STATUS_NONE;
}

/* Different for each page: what it has is ours, what gets into it is not. */
static int
make_nonce(char *nonce)
{
	uint8_t bytes[16];
	size_t i;

	if (getrandom(bytes, sizeof(bytes), GRND_NONBLOCK) != sizeof(bytes))
		return -1;
	for (i = 0; i < sizeof(bytes); i++)
		(void)snprintf(nonce + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

static int
put_headers(struct status_ask *ask, FILE *out)
{
	fprintf(out, HEADERS "Content-Type: %s\r\n", status_type(ask->format));
	if (ask->format == STATUS_HTML) {
		if (make_nonce(ask->nonce) == -1)
			return -1;
		fprintf(out, POLICY, ask->nonce, ask->nonce);
	}
	fputs("\r\n", out);
	return 0;
}

static int
put_status(const struct status *s, const struct request *r, FILE *out)
{
	struct status_ask ask =
	    status_asked(params_get(&r->params, "QUERY_STRING"));
	struct snapshot *snap;
	int rc;

	if (put_headers(&ask, out) == -1)
		return -1;
	pulse_look(s->place);
	snap = snapshot_take(s->place->board, clock_us(), (int64_t)time(NULL));
	if (snap == NULL)
		return -1;
	rc = status_put(out, snap, &ask);
	snapshot_free(snap);
	return rc;
}

static int
put_page(const struct status *s, const struct request *r, enum status_page page,
    FILE *out)
{
	if (page == STATUS_PAGE)
		return put_status(s, r, out);
	fprintf(out, HEADERS "Content-Type: text/plain;charset=UTF-8\r\n\r\n%s",
	    s->conf->ping_response);
	return 0;
}

/* A HEAD request gets what stands before the blank line. */
static void
cut_body(const struct request *r, struct status_run *run)
{
	const char *method = params_get(&r->params, "REQUEST_METHOD");
	const char *blank = strstr(run->text, "\r\n\r\n");

	if (method != NULL && strcmp(method, "HEAD") == 0 && blank != NULL)
		run->len = (size_t)(blank - run->text) + 4;
}

static int
start(void *ctx, struct request *r, int64_t now)
{
	struct status *s = ctx;
	struct status_run *run = &s->run[r->slot];
	enum status_page page = status_page_of(s->conf, &r->params);
	FILE *out;
	int rc;

	(void)now;
	if (page == STATUS_NONE)
		return 404;
	*run = (struct status_run){ 0 };
	out = open_memstream(&run->text, &run->len);
	if (out == NULL)
		return 503;
	rc = put_page(s, r, page, out);
	if (fclose(out) == EOF || rc == -1) {
		free(run->text);
		run->text = NULL;
		return 503;
	}
	cut_body(r, run);
	return 0;
}

/* A body that comes with it is of no use. */
static ssize_t
input(void *ctx, struct request *r, struct span in)
{
	(void)ctx;
	(void)r;
	(void)in;
	return -1;
}

static void
input_end(void *ctx, struct request *r)
{
	(void)ctx;
	(void)r;
}

static size_t
wait_for(
    void *ctx, struct request *r, struct pollfd *pfd, bool output, bool fed)
{
	(void)ctx;
	(void)r;
	(void)pfd;
	(void)output;
	(void)fed;
	return 0;
}

static void
ready(void *ctx, struct request *r, const struct pollfd *pfd, size_t n,
    int64_t now)
{
	(void)ctx;
	(void)r;
	(void)pfd;
	(void)n;
	(void)now;
}

static bool
has_output(void *ctx, const struct request *r)
{
	const struct status *s = ctx;

	return s->run[r->slot].at < s->run[r->slot].len;
}

/* As soon as there is room for more. */
static int64_t
due(void *ctx, struct request *r, bool peer, int64_t now)
{
	size_t cap;

	(void)ctx;
	(void)peer;
	return r->muted || request_reserve(r, &cap) != NULL ? now : CLOCK_NEVER;
}

static void
tick(void *ctx, struct request *r, int64_t now)
{
	struct status *s = ctx;
	struct status_run *run = &s->run[r->slot];
	size_t cap = 0, n;
	uint8_t *at;

	(void)now;
	while (!r->muted && run->at < run->len &&
	    (at = request_reserve(r, &cap)) != NULL) {
		n = run->len - run->at < cap ? run->len - run->at : cap;
		memcpy(at, run->text + run->at, n);
		request_commit(r, REQUEST_STDOUT, n);
		run->at += n;
	}
	if (!r->muted && run->at < run->len)
		return;
	free(run->text);
	run->text = NULL;
	request_done(r, false, 0);
}

/* Nothing runs: the next tick ends it. */
static void
stop(void *ctx, struct request *r, enum handler_why why, int64_t now)
{
	(void)ctx;
	(void)r;
	(void)why;
	(void)now;
}

const struct handler *
status_handler(void)
{
	static const struct handler handler = {
		.name = "status",
		.claims = claims,
		.start = start,
		.input = input,
		.input_end = input_end,
		.wait = wait_for,
		.ready = ready,
		.has_output = has_output,
		.due = due,
		.tick = tick,
		.stop = stop,
	};

	return &handler;
}
