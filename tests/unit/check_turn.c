/* check_turn.c - an answer waits while the request's body flows, however late
 * the worker itself is. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "board/board.h"
#include "unit.h"
#include "wire.h"
#include "worker/conn.h"
#include "worker/stake.h"

#define PIECES 5

/* A program that has an answer from the beginning, and a web server that has
 * sent the next piece of the body whenever the last one was taken. */
struct scene {
	struct worker_conf conf;
	struct place place;
	struct conn conn;
	uint8_t out[OUT_LEN];
	char arena[4096];
	int peer, pipe[2];
	int64_t late_ms; /* how long the worker takes for each piece */
	unsigned pieces; /* that were taken */
	int answered;    /* how many when the answer was read; -1: not yet */
};

static void
send_piece(struct scene *s)
{
	static struct wire w;

	w.len = 0;
	if (s->pieces < PIECES)
		wire_record(&w, FCGI_STDIN, 1, "ab", 2, 0);
	ck_assert_int_eq(send(s->peer, w.at, w.len, 0), (ssize_t)w.len);
}

static int
start(void *ctx, struct request *r, int64_t now)
{
	(void)ctx;
	(void)r;
	(void)now;
	return 0;
}

static ssize_t
input(void *ctx, struct request *r, struct span in)
{
	struct scene *s = ctx;
	const struct timespec t = { .tv_nsec = s->late_ms * 1000000 };

	(void)r;
	s->pieces++;
	(void)nanosleep(&t, NULL);
	send_piece(s);
	return (ssize_t)in.len;
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
	const struct scene *s = ctx;

	(void)r;
	(void)fed;
	pfd[0] = (struct pollfd){ output ? s->pipe[0] : -1, POLLIN, 0 };
	return 1;
}

static void
ready(void *ctx, struct request *r, const struct pollfd *pfd, size_t n,
    int64_t now)
{
	struct scene *s = ctx;

	(void)n;
	(void)now;
	if (pfd[0].revents == 0)
		return;
	s->answered = (int)s->pieces;
	request_done(r, false, 0);
}

static bool
has_output(void *ctx, const struct request *r)
{
	(void)ctx;
	(void)r;
	return true;
}

static int64_t
due(void *ctx, struct request *r, bool peer, int64_t now)
{
	(void)ctx;
	(void)r;
	(void)peer;
	(void)now;
	return CLOCK_NEVER;
}

static void
tick(void *ctx, struct request *r, int64_t now)
{
	(void)ctx;
	(void)r;
	(void)now;
}

static void
stop(void *ctx, struct request *r, enum handler_why why, int64_t now)
{
	(void)ctx;
	(void)why;
	(void)now;
	request_done(r, false, 0);
}

static const struct handler handler = {
	.name = "scene",
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

static size_t
owner_wait(void *ctx, struct pollfd *pfd)
{
	(void)ctx;
	(void)pfd;
	return 0;
}

static void
owner_ready(void *ctx, const struct pollfd *pfd, size_t n, int64_t now)
{
	(void)ctx;
	(void)pfd;
	(void)n;
	(void)now;
}

static int64_t
owner_due(void *ctx)
{
	(void)ctx;
	return CLOCK_NEVER;
}

static void
owner_over(void *ctx, const struct request *r, const struct outcome *o,
    const struct outcome_facts *facts)
{
	(void)ctx;
	(void)r;
	(void)o;
	(void)facts;
}

static struct scene *
scene_new(int64_t late_ms)
{
	struct scene *s = calloc(1, sizeof(*s));

	ck_assert_ptr_nonnull(s);
	s->late_ms = late_ms;
	s->answered = -1;
	s->conf = (struct worker_conf){ .pool = "scene",
		.max_reqs = 1,
		.params_max = sizeof(s->arena),
		.temp_dir = "/tmp" };
	s->place = (struct place){ .board = board_new(1),
		.channel_fd = -1,
		.handoff_fd = -1,
		.log_fds = { -1, -1, -1 } };
	s->conn.conf = &s->conf;
	s->conn.place = &s->place;
	s->conn.handlers[0] = (struct conn_handler){ &handler, s };
	s->conn.nhandlers = 1;
	s->conn.owner = (struct conn_owner){ s, owner_wait, owner_ready,
		owner_due, owner_over };
	s->conn.out.buf = s->out;
	s->conn.request[0].arena = s->arena;
	s->conn.request[0].conn = &s->conn;
	ck_assert_int_eq(pipe(s->pipe), 0);
	ck_assert_int_eq(write(s->pipe[1], "x", 1), 1);
	return s;
}

/* The web server's request, with the first piece of its body. */
static void
play(struct scene *s)
{
	static const char *const pairs[] = { "CONTENT_LENGTH", "10", NULL };
	static struct wire w;
	int fds[2];

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	s->peer = fds[0];
	w.len = 0;
	wire_begin(&w, 1, FCGI_RESPONDER, 0);
	wire_params(&w, 1, pairs, 1000);
	ck_assert_int_eq(send(s->peer, w.at, w.len, 0), (ssize_t)w.len);
	send_piece(s);
	stake_take(&s->conn);
	ck_assert_int_eq(
	    conn_run(&s->conn, fds[1], true, clock_ms()), CONN_CLOSED);
}

static void
scene_free(struct scene *s)
{
	(void)close(s->peer);
	(void)close(s->pipe[0]);
	(void)close(s->pipe[1]);
	board_free(s->place.board);
	free(s);
}

START_TEST(an_answer_waits_for_a_body_that_flows)
{
	struct scene *s = scene_new(_i * 60);

	play(s);
	ck_assert_int_eq(s->answered, PIECES);
	scene_free(s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("turn");
	TCase *tc = tcase_create("hold");

	/* In time, and later than the pause that ends the wait. */
	tcase_add_loop_test(tc, an_answer_waits_for_a_body_that_flows, 0, 2);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
