#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "worker/cgi_run.h"
#include "worker/conn.h"
#include "worker/tell.h"

/* A program that closed its stdout may be about to exit, and how it exits
 * decides whether the stream may be ended; wait this long for that. */
#define QUIET_MS 40

static ssize_t
input(void *ctx, struct request *r, struct span in)
{
	struct job *j = &cgi_run_of(ctx, r)->job;
	ssize_t n;

	if (j->in_fd == -1)
		return -1;
	do
		n = write(j->in_fd, in.at, in.len);
	while (n == -1 && errno == EINTR);
	if (n >= 0) {
		j->alive_ms = clock_ms();
		return n;
	}
	/* The system may be short of pages for the pipe; it will have some. */
	if (errno == EAGAIN || errno == ENOMEM)
		return 0;
	/* It closed its stdin: nothing wrong with that.  Anything else would
	 * make it answer to half a body. */
	if (errno != EPIPE)
		request_stop(r, HANDLER_SHUTDOWN, clock_ms());
	io_close(&j->in_fd);
	return -1;
}

static void
input_end(void *ctx, struct request *r)
{
	io_close(&cgi_run_of(ctx, r)->job.in_fd);
}

static size_t
wait_for(
    void *ctx, struct request *r, struct pollfd *pfd, bool output, bool fed)
{
	const struct job *j = &cgi_run_of(ctx, r)->job;
	short in = output || r->muted ? POLLIN : 0;

	/* Without events an entry still tells POLLERR and POLLHUP: that is
	 * how a closed stdin shows, and why outputs that are not to be read
	 * now are left out. */
	pfd[0] = (struct pollfd){ j->in_fd, fed ? POLLOUT : 0, 0 };
	pfd[1] = (struct pollfd){ in ? j->out_fd : -1, in, 0 };
	pfd[2] = (struct pollfd){ in ? j->err_fd : -1, in, 0 };
	pfd[3] = (struct pollfd){ j->pidfd, POLLIN, 0 };
	return 4;
}

/* Bytes nobody wants. */
static void
discard(int *fd)
{
	char buf[16384];
	ssize_t n = read(*fd, buf, sizeof(buf));

	if (n == 0 || (n == -1 && errno != EAGAIN && errno != EINTR))
		io_close(fd);
}

static void
read_stdout(struct cgi_run *run, struct request *r, int64_t now)
{
	size_t cap;
	uint8_t *at = request_reserve(r, &cap);
	ssize_t n;

	if (r->muted) {
		discard(&run->job.out_fd);
		return;
	}
	if (at == NULL)
		return;
	n = read(run->job.out_fd, at, cap);
	if (n > 0) {
		run->job.wrote = true;
		run->job.alive_ms = now;
		request_commit(r, REQUEST_STDOUT, (size_t)n);
		if (n >= PIPE_FULL - FCGI_HEAD_LEN && !run->large) {
			(void)fcntl(run->job.out_fd, F_SETPIPE_SZ, PIPE_LARGE);
			run->large = true;
		}
	} else if (n == 0)
		io_close(&run->job.out_fd);
	else if (errno != EINTR && errno != EAGAIN) {
		/* What is missing now must not look like its end. */
		io_close(&run->job.out_fd);
		request_stop(r, HANDLER_SHUTDOWN, now);
	}
}

/* How its stderr began, should the request fail. */
static void
remember(struct cgi_run *run, const uint8_t *at, size_t len)
{
	size_t room = sizeof(run->err_text) - run->err_len;

	len = len < room ? len : room;
	memcpy(run->err_text + run->err_len, at, len);
	run->err_len += len;
}

static void
read_stderr(struct cgi *cgi, struct cgi_run *run, struct request *r)
{
	enum worker_stderr to = cgi->conf->stderr_to;
	size_t cap;
	uint8_t *at = request_reserve(r, &cap);
	ssize_t n;

	if (r->muted && to == WORKER_STDERR_FASTCGI) {
		discard(&run->job.err_fd);
		return;
	}
	if (at == NULL)
		return;
	n = read(run->job.err_fd, at, cap);
	if (n > 0) {
		remember(run, at, (size_t)n);
		if (to != WORKER_STDERR_FASTCGI)
			stderrlog_feed(&run->err, run->job.pid, r->name,
			    (struct span){ at, (size_t)n });
		if (to != WORKER_STDERR_LOG)
			request_commit(r, REQUEST_STDERR, (size_t)n);
	} else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		io_close(&run->job.err_fd);
}

/* Of a request that went wrong by its program or by a limit. */
static void
report_failure(const struct cgi *cgi, const struct cgi_run *run,
    const struct request *r, bool signalled, int code)
{
	const struct outcome_facts facts = {
		.why = r->why,
		.signalled = signalled,
		.code = code,
	};
	char how[32];
	struct trouble_failure failure = {
		.how = outcome_text(&facts, how, sizeof(how)),
		.err = { run->err_text, run->err_len },
	};

	if (r->why == HANDLER_ABORT || r->why == HANDLER_GONE ||
	    r->conn->fd == -1)
		return;
	if (r->why != HANDLER_RUNS || signalled || code != 0 || !r->stdout_used)
		trouble_failed(cgi->trouble, r, &failure);
}

/* What the web server has only a status for, the error log has in words. */
static void
say_failure(const struct request *r, bool signalled, int code)
{
	const struct place *place = r->conn->place;
	const struct log_about about = { .request = r->name,
		.program = r->usage.pid };
	const char *script = r->usage.script != NULL
	    ? r->usage.script
	    : params_get(&r->params, "SCRIPT_NAME");
	double seconds = (double)(clock_us() - r->begun_us) / 1e6;

	if (script == NULL)
		script = "-";
	if (r->conn->fd == -1)
		return;
	if (r->why == HANDLER_TIME)
		tell(place, BOARD_RATE_SCRIPTS, LOG_LEVEL_WARNING, &about,
		    "request %s: %s: took too long (%.3f s) and was ended, "
		    "program %d",
		    r->name, script, seconds, (int)r->usage.pid);
	else if (r->why == HANDLER_RUNS && signalled)
		tell(place, BOARD_RATE_SCRIPTS, LOG_LEVEL_WARNING, &about,
		    "request %s: %s: ended by signal %d (%s) after %.3f s, "
		    "program %d",
		    r->name, script, code, strsignal(code), seconds,
		    (int)r->usage.pid);
	else if (r->why == HANDLER_RUNS && !r->stdout_used)
		tell(place, BOARD_RATE_SCRIPTS, LOG_LEVEL_WARNING, &about,
		    "request %s: %s: wrote nothing and exited with code %d, "
		    "program %d",
		    r->name, script, code, (int)r->usage.pid);
}

/* The program is gone and what it said has been passed on. */
static void
finish(struct cgi *cgi, struct cgi_run *run, struct request *r)
{
	struct job *j = &run->job;
	bool signalled = WIFSIGNALED(j->status);
	int code = signalled ? WTERMSIG(j->status) : WEXITSTATUS(j->status);

	stderrlog_end(&run->err, j->pid, r->name);
	r->usage = (struct outcome_usage){
		.known = true,
		.user_s = (double)j->usage.ru_utime.tv_sec +
		    (double)j->usage.ru_utime.tv_usec / 1e6,
		.system_s = (double)j->usage.ru_stime.tv_sec +
		    (double)j->usage.ru_stime.tv_usec / 1e6,
		.peak_kib = (uint64_t)j->usage.ru_maxrss,
		.pid = (int32_t)j->pid,
		.script = cgi->conf->command != NULL
		    ? cgi->conf->command[0]
		    : params_get(&r->params, "SCRIPT_FILENAME"),
	};
	job_close(j);
	say_failure(r, signalled, code);
	report_failure(cgi, run, r, signalled, code);
	request_done(r, signalled, code);
}

/* Is there nothing left to wait for? Output that is readable comes first;
 * a descendant that keeps stdout open may hold it for cgi.linger. */
static bool
complete(const struct job *j, const struct request *r, int64_t linger_ms,
    int64_t now)
{
	if (!j->exited)
		return false;
	if (r->muted || j->out_fd == -1)
		return true;
	return now >= j->exit_ms + linger_ms;
}

/* The last of stderr, once nothing else is waited for. */
static void
last_words(struct cgi *cgi, struct cgi_run *run, struct request *r)
{
	struct pollfd pfd = { run->job.err_fd, POLLIN, 0 };
	int i;

	for (i = 0; i < 16 && run->job.err_fd != -1; i++) {
		size_t cap;

		if (request_reserve(r, &cap) == NULL || poll(&pfd, 1, 0) != 1 ||
		    !(pfd.revents & POLLIN))
			break;
		read_stderr(cgi, run, r);
	}
}

static void
settle(struct cgi *cgi, struct cgi_run *run, struct request *r, int64_t now)
{
	struct job *j = &run->job;

	if (j->out_fd == -1 && !j->exited) {
		if (j->quiet_ms == CLOCK_NEVER)
			j->quiet_ms = now;
		else if (now >= j->quiet_ms + QUIET_MS)
			request_stdout_end(r);
	}
	if (!complete(j, r, cgi->limits.linger_ms, now))
		return;
	last_words(cgi, run, r);
	finish(cgi, run, r);
}

static void
ready(void *ctx, struct request *r, const struct pollfd *pfd, size_t n,
    int64_t now)
{
	struct cgi *cgi = ctx;
	struct cgi_run *run = cgi_run_of(ctx, r);
	struct job *j = &run->job;

	(void)n;
	if (pfd[0].revents & POLLERR) {
		io_close(&j->in_fd);
		request_refuse_body(r);
	}
	if (pfd[2].revents & POLLIN)
		read_stderr(cgi, run, r);
	else if (pfd[2].revents != 0)
		io_close(&j->err_fd); /* end of file: nothing to read */
	if (pfd[1].revents & POLLIN)
		read_stdout(run, r, now);
	else if (pfd[1].revents != 0)
		io_close(&j->out_fd);
	if (pfd[3].revents != 0 && job_reap(j, now))
		request_refuse_body(r);
	settle(cgi, run, r, now);
}

static bool
has_output(void *ctx, const struct request *r)
{
	const struct job *j = &cgi_run_of(ctx, r)->job;
	struct pollfd pfd[2] = { { j->out_fd, POLLIN, 0 },
		{ j->err_fd, POLLIN, 0 } };

	return poll(pfd, 2, 0) > 0;
}

static int64_t
due(void *ctx, struct request *r, bool peer, int64_t now)
{
	struct cgi *cgi = ctx;
	struct job *j = &cgi_run_of(ctx, r)->job;
	int64_t at;

	(void)job_next(j, &cgi->limits, peer, now, &at);
	if (j->quiet_ms != CLOCK_NEVER && !j->exited && !r->stdout_ended &&
	    !r->muted && r->stdout_used && j->quiet_ms + QUIET_MS < at)
		at = j->quiet_ms + QUIET_MS;
	return at;
}

static void
slow(const struct cgi *cgi, struct job *j, struct request *r, int64_t now)
{
	const struct place *place = r->conn->place;

	j->slow_told = true;
	board_add(place->board, place->slot, BOARD_SLOW, 1);
	tell(place, BOARD_RATE_SLOW, LOG_LEVEL_WARNING,
	    &(struct log_about){ .request = r->name, .program = j->pid },
	    "request %s: slow: runs for %.3f s, program %d", r->name,
	    (double)(now - j->start_ms) / 1e3, (int)j->pid);
	trouble_slow(cgi->trouble, r, j, now);
}

static void
tick(void *ctx, struct request *r, int64_t now)
{
	struct cgi *cgi = ctx;
	struct cgi_run *run = cgi_run_of(ctx, r);
	int64_t at;
	enum job_due what = job_next(
	    &run->job, &cgi->limits, request_waits_for_peer(r), now, &at);

	if (at <= now && what == JOB_KILL)
		job_kill(&run->job, now);
	else if (at <= now && what == JOB_SLOW)
		slow(cgi, &run->job, r, now);
	else if (at <= now && what == JOB_OVERDUE)
		request_stop(r, HANDLER_TIME, now);
	settle(cgi, run, r, now);
}

static void
stop(void *ctx, struct request *r, enum handler_why why, int64_t now)
{
	struct cgi_run *run = cgi_run_of(ctx, r);

	(void)why;
	/* In this order: an end of the body that is none must not be taken
	 * for one, not even for a moment. */
	job_terminate(&run->job, now);
	io_close(&run->job.in_fd);
}

const struct handler *
cgi_handler(void)
{
	static const struct handler handler = {
		.name = "cgi",
		.start = cgi_start,
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
