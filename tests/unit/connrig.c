/* connrig.c - see connrig.h. */
#include "connrig.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "echo.h"
#include "reader.h"
#include "worker/stake.h"

#define OUTPUT_MAX (4u << 20)
#define QUIET_TURNS 4
#define TURNS_MAX 2000000

struct connrig {
	struct worker_conf conf;
	struct place place;
	struct board *board;
	struct conn *conn;
	struct echo echo;
	struct reader reader;
	uint8_t out[OUT_LEN];
	int listen_fd; /* for PEER_RESETS; -1: not yet */
	struct sockaddr_in address;

	const struct peer_script *script;
	struct connrig_seen *seen;
	int peer; /* -1: closed */
	size_t sent;
	bool halved;
	unsigned quiet; /* turns in which nothing happened */
	unsigned long turns;
	unsigned long acts; /* of the handler, when looked at last */
	uint64_t before[BOARD_COUNTERS];
	const char *wrong;
};

/* --- the peer --- */

static void
drain(struct connrig *rig)
{
	struct reader *r = &rig->reader;
	ssize_t n;

	while (rig->peer != -1 && r->len < OUTPUT_MAX) {
		n = recv(rig->peer, r->bytes + r->len, OUTPUT_MAX - r->len,
		    MSG_DONTWAIT);
		if (n <= 0)
			break;
		r->len += (size_t)n;
		rig->quiet = 0;
	}
	reader_look(r);
}

static void
hang_up(struct connrig *rig)
{
	const struct linger abort = { 1, 0 };

	if (rig->script->end == PEER_RESETS)
		(void)setsockopt(
		    rig->peer, SOL_SOCKET, SO_LINGER, &abort, sizeof(abort));
	(void)close(rig->peer);
	rig->peer = -1;
}

static void
send_piece(struct connrig *rig)
{
	const struct peer_script *s = rig->script;
	size_t n = s->len - rig->sent;
	ssize_t rc;

	if (s->bytewise && n > 1)
		n = 1;
	if (rig->sent < s->cut && s->cut < s->len)
		n = s->cut - rig->sent;
	rc = send(rig->peer, s->at + rig->sent, n, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (rc > 0) {
		rig->sent += (size_t)rc;
		rig->quiet = 0;
	} else if (errno != EAGAIN)
		rig->sent = s->len; /* the other side closed */
}

/* Nothing happens any more: does the worker wait for something? */
static const char *
pinned(const struct conn *c)
{
	bool idle = c->nactive == 0;
	unsigned i;

	if (c->fd == -1 || c->lingering || out_pending(&c->out) > 0)
		return NULL;
	for (i = 0; i < c->conf->max_reqs; i++)
		if (c->request[i].active && c->request[i].phase == RULES_OUTPUT)
			return "a request that was sent whole is not answered";
	if (c->eof)
		return "waits for more after the end of input";
	if (!c->in_record && c->end - c->at >= FCGI_HEAD_LEN)
		return "a record lies unread";
	if (idle && !c->in_record && c->at == c->end && !c->fresh)
		return "waits instead of parking";
	return NULL;
}

static void
peer_acts(struct connrig *rig)
{
	drain(rig);
	if (rig->peer == -1)
		return;
	if (rig->acts != rig->echo.acts)
		rig->quiet = 0;
	rig->acts = rig->echo.acts;
	if (rig->sent < rig->script->len) {
		send_piece(rig);
		return;
	}
	if (rig->script->end == PEER_HALVES && !rig->halved) {
		(void)shutdown(rig->peer, SHUT_WR);
		rig->halved = true;
		rig->quiet = 0;
	} else if (rig->script->end == PEER_CLOSES ||
	    rig->script->end == PEER_RESETS)
		hang_up(rig);
	else if (rig->quiet++ > QUIET_TURNS) {
		rig->wrong = pinned(rig->conn);
		hang_up(rig);
	}
}

/* --- the worker's side --- */

static uint64_t
since_before(const struct connrig *rig, enum board_counter which)
{
	return board_get(rig->board, 0, which) - rig->before[which];
}

/* Were the worker killed now: is everything counted that the peer would
 * miss? */
static const char *
uncounted(const struct connrig *rig)
{
	const struct conn *c = rig->conn;
	uint64_t stake = board_get_stake(rig->board, 0);
	uint64_t answered = since_before(rig, BOARD_COMPLETED) +
	    since_before(rig, BOARD_REJECTED);

	if (c->fd == -1)
		return stake > 0 ? "something at stake for nobody" : NULL;
	if (!c->cut && answered > rig->reader.ends + stake)
		return "an answer that is not at stake";
	if (!c->closing && !c->eof && c->nactive + stake == 0)
		return "a connection that is not at stake";
	return NULL;
}

static size_t
owner_wait(void *ctx, struct pollfd *pfd)
{
	struct connrig *rig = ctx;

	(void)pfd;
	peer_acts(rig);
	if (rig->wrong == NULL)
		rig->wrong = uncounted(rig);
	if (rig->turns++ > TURNS_MAX) {
		rig->wrong = "turns without end";
		conn_lost(rig->conn, HANDLER_GONE, clock_ms());
	}
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

/* Never sleep: the peer is in this thread. */
static int64_t
owner_due(void *ctx)
{
	(void)ctx;
	return 0;
}

static void
owner_over(void *ctx, const struct request *r, const struct outcome *o,
    const struct outcome_facts *facts)
{
	struct connrig *rig = ctx;

	(void)r;
	(void)o;
	(void)facts;
	drain(rig);
	if (rig->wrong == NULL)
		rig->wrong = uncounted(rig);
	if (rig->script->prompt && rig->peer != -1 &&
	    rig->sent < rig->script->len)
		send_piece(rig);
}

static bool
open_tcp(struct connrig *rig, int fds[2])
{
	socklen_t len = sizeof(rig->address);

	if (rig->listen_fd == -1) {
		rig->address.sin_family = AF_INET;
		rig->address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		rig->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (bind(rig->listen_fd, (struct sockaddr *)&rig->address,
			len) == -1 ||
		    listen(rig->listen_fd, 5) == -1 ||
		    getsockname(rig->listen_fd,
			(struct sockaddr *)&rig->address, &len) == -1)
			return false;
	}
	fds[0] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (connect(fds[0], (struct sockaddr *)&rig->address, len) == -1)
		return false;
	fds[1] =
	    accept4(rig->listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	return fds[1] != -1;
}

static bool
open_pair(struct connrig *rig, int fds[2])
{
	if (rig->script->end == PEER_RESETS)
		return open_tcp(rig, fds);
	return socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
		   0, fds) == 0;
}

static void
reset(struct connrig *rig, const struct peer_script *script,
    struct connrig_seen *seen)
{
	*seen = (struct connrig_seen){ 0 };
	rig->script = script;
	rig->seen = seen;
	rig->sent = 0;
	rig->halved = false;
	rig->quiet = 0;
	rig->turns = rig->acts = 0;
	rig->wrong = NULL;
	rig->echo = (struct echo){ 0 };
	reader_reset(&rig->reader);
}

/* Nothing runs any more: is everything accounted for? */
static void
audit(struct connrig *rig)
{
	const struct reader *r = &rig->reader;
	uint64_t delta[BOARD_COUNTERS], over = 0;
	unsigned i;

	for (i = 0; i < BOARD_COUNTERS; i++)
		delta[i] = since_before(rig, (enum board_counter)i);
	for (i = BOARD_COMPLETED; i <= BOARD_CLIENT_GONE; i++)
		over += delta[i];
	rig->seen->accepted = delta[BOARD_ACCEPTED];
	rig->seen->protocol_errors = delta[BOARD_PROTOCOL_ERRORS];
	rig->seen->ends = r->ends;
	rig->seen->complete = r->complete;
	rig->seen->management = r->management;
	rig->seen->started = rig->echo.started;
	if (r->wrong != NULL)
		rig->wrong = r->wrong;
	if (over != delta[BOARD_ACCEPTED])
		rig->wrong = "the counters' identity";
	if (rig->conn->nactive != 0)
		rig->wrong = "a request that still runs";
	if (rig->echo.dones != rig->echo.started)
		rig->wrong = "a handler that was forgotten";
	if (r->ends > delta[BOARD_ACCEPTED])
		rig->wrong = "an end too many";
	if (rig->seen->result != CONN_PARK_KEPT)
		return;
	if (r->ends != delta[BOARD_ACCEPTED])
		rig->wrong = "parked with a request that was not answered";
	if (r->parsed != r->len)
		rig->wrong = "parked within a record";
}

const char *
connrig_run(struct connrig *rig, const struct peer_script *script,
    struct connrig_seen *seen)
{
	int fds[2];
	unsigned i;

	reset(rig, script, seen);
	if (!open_pair(rig, fds))
		return strerror(errno);
	for (i = 0; i < BOARD_COUNTERS; i++)
		rig->before[i] = board_get(rig->board, 0, i);
	rig->peer = fds[0];
	if (!script->bytewise && script->cut == 0)
		send_piece(rig);
	if (script->end == PEER_VANISHES)
		hang_up(rig);
	stake_take(rig->conn);
	seen->result = conn_run(rig->conn, fds[1], true, clock_ms());
	drain(rig);
	if (board_get_stake(rig->board, 0) != (seen->result != CONN_CLOSED))
		rig->wrong = "what is at stake at the end";
	if (seen->result != CONN_CLOSED)
		conn_close(rig->conn);
	audit(rig);
	if (rig->peer != -1)
		(void)close(rig->peer);
	return rig->wrong;
}

bool
connrig_ended(const struct connrig *rig, uint16_t id)
{
	return reader_saw_end(&rig->reader, id);
}

const uint8_t *
connrig_output(const struct connrig *rig, size_t *len)
{
	*len = rig->reader.len;
	return rig->reader.bytes;
}

static void
configure(struct connrig *rig, unsigned max_reqs, size_t params_max)
{
	rig->conf = (struct worker_conf){
		.pool = "rig",
		.keepalive = true,
		.max_reqs = max_reqs,
		.max_children = 1,
		.params_max = params_max,
		.temp_dir = "/tmp",
		.cut_on_crash = true,
		.head_timeout_ms = 60000,
		.body_timeout_ms = 60000,
		.write_timeout_ms = 60000,
	};
	rig->place = (struct place){
		.board = rig->board,
		.channel_fd = -1,
		.handoff_fd = -1,
		.log_fds = { -1, -1, -1 },
	};
}

struct connrig *
connrig_new(unsigned max_reqs, size_t params_max)
{
	struct connrig *rig = calloc(1, sizeof(*rig));
	unsigned i;

	rig->conn = calloc(1, sizeof(*rig->conn));
	rig->reader.bytes = malloc(OUTPUT_MAX);
	rig->board = board_new(1);
	rig->listen_fd = -1;
	configure(rig, max_reqs, params_max);
	rig->conn->conf = &rig->conf;
	rig->conn->place = &rig->place;
	rig->conn->handlers[0] =
	    (struct conn_handler){ echo_handler(), &rig->echo };
	rig->conn->nhandlers = 1;
	rig->conn->owner = (struct conn_owner){ rig, owner_wait, owner_ready,
		owner_due, owner_over };
	rig->conn->out.buf = rig->out;
	rig->conn->fd = -1;
	for (i = 0; i < max_reqs; i++) {
		rig->conn->request[i].arena = malloc(params_max);
		rig->conn->request[i].conn = rig->conn;
		rig->conn->request[i].slot = i;
	}
	return rig;
}

void
connrig_free(struct connrig *rig)
{
	unsigned i;

	for (i = 0; i < rig->conf.max_reqs; i++)
		free(rig->conn->request[i].arena);
	if (rig->listen_fd != -1)
		(void)close(rig->listen_fd);
	board_free(rig->board);
	free(rig->reader.bytes);
	free(rig->conn);
	free(rig);
}
