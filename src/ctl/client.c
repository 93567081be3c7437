#include "ctl/client.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "proto/cgihead.h"

struct relay {
	int sock;
	const struct client_job *job;
	struct client_result *result;
	bool done;

	struct span unsent; /* of job->head or body */
	bool body_ended;    /* nothing comes after `unsent` */
	bool deaf;          /* the application takes no more */

	struct answer answer;
	struct cgihead cgi;
	struct span undecoded; /* of in */
	struct span unwritten; /* of in: decoded, goes to write_fd */
	int write_fd;

	uint8_t in[65536];
	uint8_t body[FCGI_HEAD_LEN + 32768];
};

enum { SOCK, BODY, OUTPUT, NFDS };

static void
finish(struct relay *r, enum client_err err)
{
	r->result->err = err;
	r->result->errnum = errno;
	r->done = true;
}

/* Where PART goes; the CGI head is seen here and, unless wanted, dropped. */
static void
direct(struct relay *r, const struct answer_part *part)
{
	struct span bytes = part->bytes;

	r->write_fd = r->job->err_fd;
	if (part->kind == ANSWER_STDOUT) {
		size_t head_len = cgihead_feed(&r->cgi, bytes);

		r->write_fd = r->job->out_fd;
		if (!r->job->with_head) {
			bytes.at += head_len;
			bytes.len -= head_len;
		}
	}
	r->unwritten = bytes;
}

/* Decode until there is something to write, or nothing left. */
static void
decode(struct relay *r)
{
	struct answer_part part;
	enum answer_err err;

	while (!r->done && r->unwritten.len == 0 && r->undecoded.len > 0) {
		err = answer_next(&r->answer, &r->undecoded, &part);
		if (err == ANSWER_MORE)
			continue;
		if (err != ANSWER_OK) {
			r->result->answer = err;
			finish(r, CLIENT_EPROTO);
		} else if (part.kind == ANSWER_END) {
			r->result->app_status = r->answer.app_status;
			r->result->protocol_status = r->answer.protocol_status;
			r->result->head_done = r->cgi.done;
			r->result->status = r->cgi.status;
			finish(r, CLIENT_OK);
		} else {
			direct(r, &part);
		}
	}
}

static void
receive(struct relay *r)
{
	ssize_t n = recv(r->sock, r->in, sizeof(r->in), MSG_DONTWAIT);

	if (n > 0)
		r->undecoded = (struct span){ r->in, (size_t)n };
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		finish(r, CLIENT_ECLOSED);
}

static void
send_some(struct relay *r)
{
	ssize_t n = send(
	    r->sock, r->unsent.at, r->unsent.len, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n >= 0) {
		r->unsent.at += n;
		r->unsent.len -= (size_t)n;
	} else if (errno != EAGAIN && errno != EINTR) {
		/* It may have answered before it stopped reading. */
		r->deaf = true;
	}
}

static void
read_body(struct relay *r)
{
	const size_t room = sizeof(r->body) - FCGI_HEAD_LEN;
	struct fcgi_head head = { FCGI_STDIN, 0, r->job->id, 0 };
	ssize_t n = read(r->job->body_fd, r->body + FCGI_HEAD_LEN, room);

	if (n == -1) {
		if (errno != EAGAIN && errno != EINTR)
			finish(r, CLIENT_EBODY);
		return;
	}
	/* At the end of file the empty record, which ends the stream. */
	r->body_ended = n == 0;
	head.body_len = (uint16_t)n;
	(void)fcgi_put_head(r->body, &head);
	r->unsent = (struct span){ r->body, FCGI_HEAD_LEN + (size_t)n };
}

/* poll() promises no more than PIPE_BUF bytes of a pipe. */
static void
write_some(struct relay *r)
{
	size_t want = r->unwritten.len < PIPE_BUF ? r->unwritten.len : PIPE_BUF;
	ssize_t n = write(r->write_fd, r->unwritten.at, want);

	if (n >= 0) {
		r->unwritten.at += n;
		r->unwritten.len -= (size_t)n;
	} else if (errno != EAGAIN && errno != EINTR) {
		finish(r, CLIENT_EOUT);
	}
}

/* What is waited for; a descriptor without a wish is left out, because its
 * end of file would be reported again and again. */
static void
wish(const struct relay *r, struct pollfd *fds)
{
	short sock_events = 0;

	if (r->unwritten.len == 0)
		sock_events |= POLLIN;
	if (r->unsent.len > 0 && !r->deaf)
		sock_events |= POLLOUT;
	fds[SOCK] =
	    (struct pollfd){ sock_events != 0 ? r->sock : -1, sock_events, 0 };
	fds[BODY] = (struct pollfd){ -1, POLLIN, 0 };
	if (r->unsent.len == 0 && !r->body_ended && !r->deaf)
		fds[BODY].fd = r->job->body_fd;
	fds[OUTPUT] = (struct pollfd){ -1, POLLOUT, 0 };
	if (r->unwritten.len > 0)
		fds[OUTPUT].fd = r->write_fd;
}

/* Milliseconds until the deadline for poll(), -1 for none. */
static int
left(int64_t deadline_ms, int64_t now)
{
	if (deadline_ms == CLOCK_NEVER)
		return -1;
	if (deadline_ms <= now)
		return 0;
	return deadline_ms - now < INT_MAX ? (int)(deadline_ms - now) : INT_MAX;
}

static void
turn(struct relay *r)
{
	struct pollfd fds[NFDS];
	int timeout = left(r->job->deadline_ms, clock_ms());

	wish(r, fds);
	/* Checked by itself: a busy peer could keep poll() from timing out. */
	if (timeout == 0) {
		finish(r, CLIENT_ELATE);
		return;
	}
	if (poll(fds, NFDS, timeout) <= 0)
		return;
	if (fds[OUTPUT].revents != 0)
		write_some(r);
	/* What was read before must be used up: one buffer. */
	if (!r->done && (fds[SOCK].revents & ~POLLOUT) != 0 &&
	    r->unwritten.len == 0 && r->undecoded.len == 0)
		receive(r);
	if (!r->done && (fds[SOCK].revents & ~POLLIN) != 0 && r->unsent.len > 0)
		send_some(r);
	if (!r->done && fds[BODY].revents != 0)
		read_body(r);
}

void
client_run(int sock, const struct client_job *job, struct client_result *out)
{
	struct relay r;

	memset(out, 0, sizeof(*out));
	r.sock = sock;
	r.job = job;
	r.result = out;
	r.done = false;
	r.unsent = job->head;
	r.body_ended = job->body_fd == -1;
	r.deaf = false;
	answer_reset(&r.answer, job->id);
	cgihead_reset(&r.cgi);
	r.undecoded = (struct span){ NULL, 0 };
	r.unwritten = (struct span){ NULL, 0 };
	r.write_fd = -1;
	while (!r.done) {
		turn(&r);
		decode(&r);
	}
}

/* What protocolStatus says, when it is not REQUEST_COMPLETE. */
static const char *
refusal(uint8_t protocol_status)
{
	switch (protocol_status) {
	case FCGI_CANT_MPX_CONN:
		return "refused: no second request on a connection";
	case FCGI_OVERLOADED:
		return "refused: overloaded, try again later";
	case FCGI_UNKNOWN_ROLE:
		return "refused: it is no responder";
	default:
		return "refused for an unknown reason";
	}
}

int
client_exit(const struct client_result *result)
{
	switch (result->err) {
	case CLIENT_OK:
		break;
	case CLIENT_ELATE:
		return EX_TEMPFAIL;
	case CLIENT_ECLOSED:
	case CLIENT_EPROTO:
		return EX_PROTOCOL;
	case CLIENT_EBODY:
	case CLIENT_EOUT:
		return EX_IOERR;
	}
	if (result->protocol_status == FCGI_OVERLOADED)
		return EX_TEMPFAIL;
	if (result->protocol_status != FCGI_REQUEST_COMPLETE)
		return EX_PROTOCOL;
	if (result->app_status == 0 && !result->head_done)
		return EX_PROTOCOL;
	return result->app_status < 255 ? (int)result->app_status : 255;
}

const char *
client_strerror(const struct client_result *result)
{
	switch (result->err) {
	case CLIENT_OK:
		break;
	case CLIENT_ELATE:
		return "no whole answer in time";
	case CLIENT_ECLOSED:
		return "closed before the end of its answer";
	case CLIENT_EPROTO:
		return answer_strerror(result->answer);
	case CLIENT_EBODY:
	case CLIENT_EOUT:
		return strerror(result->errnum);
	}
	if (result->protocol_status != FCGI_REQUEST_COMPLETE)
		return refusal(result->protocol_status);
	return result->head_done ? NULL : "its answer has no CGI head";
}
