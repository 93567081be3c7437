/* echo.c - see echo.h. */
#include "echo.h"

#include <string.h>

static struct echo_job *
job_of(void *ctx, const struct request *r)
{
	struct echo *e = ctx;

	e->acts++;
	return &e->job[r->slot];
}

static int
start(void *ctx, struct request *r, int64_t now)
{
	struct echo *e = ctx;

	(void)now;
	if (r->id % 16 == 15)
		return 404;
	*job_of(ctx, r) = (struct echo_job){ 0 };
	e->started++;
	return 0;
}

static ssize_t
input(void *ctx, struct request *r, struct span in)
{
	struct echo_job *j = job_of(ctx, r);
	size_t room = ECHO_KEPT - j->len;

	if (r->id % 4 == 1)
		return -1;
	if (r->id % 4 == 2 && room > 7)
		room = j->len < 7 ? 7 - j->len : 0;
	if (in.len > room)
		in.len = room;
	memcpy(j->kept + j->len, in.at, in.len);
	j->len += in.len;
	return (ssize_t)in.len;
}

static void
input_end(void *ctx, struct request *r)
{
	job_of(ctx, r)->ended = true;
}

static size_t
no_descriptors(
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
	const struct echo *e = ctx;

	return r->id % 4 == 1 || e->job[r->slot].len > 0;
}

static int64_t
due(void *ctx, struct request *r, bool peer, int64_t now)
{
	(void)ctx;
	(void)r;
	(void)peer;
	return now;
}

static void
done(struct echo *e, struct request *r)
{
	e->dones++;
	request_done(r, false, r->id % 256);
}

static void
send_back(struct echo_job *j, struct request *r)
{
	size_t cap;
	uint8_t *at = request_reserve(r, &cap);

	if (at == NULL || j->len == 0)
		return;
	if (cap > j->len)
		cap = j->len;
	memcpy(at, j->kept, cap);
	memmove(j->kept, j->kept + cap, j->len - cap);
	j->len -= cap;
	request_commit(r, REQUEST_STDOUT, cap);
}

static void
answer_unread(struct echo *e, struct request *r)
{
	size_t cap;
	uint8_t *at = request_reserve(r, &cap);

	if (at == NULL)
		return;
	memcpy(at, "A: b\n\nc", 7);
	request_commit(r, REQUEST_STDOUT, 7);
	done(e, r);
}

static void
tick(void *ctx, struct request *r, int64_t now)
{
	struct echo *e = ctx;
	struct echo_job *j = &e->job[r->slot];

	if (j->stopping) {
		e->acts++;
		if (j->dying-- == 0)
			done(e, r);
	} else if (r->id % 4 == 1)
		answer_unread(e, r);
	else {
		if (j->len > 0)
			e->acts++;
		send_back(j, r);
		if (request_backed_up(r))
			request_pump(r, now);
		if (j->ended && j->len == 0)
			done(e, r);
	}
}

static void
stop(void *ctx, struct request *r, enum handler_why why, int64_t now)
{
	struct echo_job *j = job_of(ctx, r);

	(void)why;
	(void)now;
	if (j->stopping)
		return;
	j->stopping = true;
	j->dying = r->id % 4 == 3 ? 3 : 0;
}

const struct handler *
echo_handler(void)
{
	static const struct handler handler = {
		.name = "rig",
		.start = start,
		.input = input,
		.input_end = input_end,
		.wait = no_descriptors,
		.ready = ready,
		.has_output = has_output,
		.due = due,
		.tick = tick,
		.stop = stop,
	};

	return &handler;
}
