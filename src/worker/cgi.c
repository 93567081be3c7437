#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/launch.h"
#include "base/log.h"
#include "worker/cgi.h"
#include "worker/environ.h"
#include "worker/job.h"
#include "worker/request.h"
#include "worker/script.h"
#include "worker/stderrlog.h"

#define PIPE_FULL 65536      /* a read that came back full of these ... */
#define PIPE_LARGE (1 << 20) /* ... is worth a pipe of this size */
/* A program that closed its stdout may be about to exit, and how it exits
 * decides whether the stream may be ended; wait this long for that. */
#define QUIET_MS 40

struct cgi_run {
	struct job job;
	bool large; /* its stdout has a large pipe */
	struct stderrlog err;
};

struct cgi {
	const struct worker_conf *conf;
	struct environ_rule rule;
	struct job_limits limits;
	int root_fd, null_fd;
	struct script script;
	char fixed_dir[SCRIPT_PATH_MAX]; /* of command */
	const char *envp[ENVIRON_MAX];
	const char *argv[ENVIRON_MAX];
	char scratch[4][SCRIPT_PATH_MAX + 32];
	struct cgi_run run[];
};

static struct cgi_run *
run_of(void *ctx, const struct request *r)
{
	struct cgi *cgi = ctx;

	return &cgi->run[r->slot];
}

/* The folder that PATH is in; "" when there is none. */
static void
folder_of(const char *path, char *dir)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL ? 0 : (size_t)(slash - path);

	if (slash == path)
		len = 1;
	if (len >= SCRIPT_PATH_MAX)
		len = 0;
	memcpy(dir, path, len);
	dir[len] = '\0';
}

struct cgi *
cgi_new(const struct worker_conf *conf)
{
	struct cgi *cgi;

	cgi = calloc(1, sizeof(*cgi) + conf->max_reqs * sizeof(cgi->run[0]));
	if (cgi == NULL)
		return NULL;
	cgi->conf = conf;
	cgi->rule = (struct environ_rule){
		.strict = conf->env_strict,
		.drop = conf->env_drop,
		.keep = conf->env_keep,
		.fixed = conf->env,
		.inherit = conf->clear_env ? NULL : environ,
	};
	cgi->limits = (struct job_limits){
		.first_byte_ms = conf->first_byte_timeout_ms,
		.idle_ms = conf->idle_timeout_ms,
		.terminate_ms = conf->terminate_timeout_ms,
		.kill_ms = conf->kill_timeout_ms,
		.linger_ms = conf->linger_ms,
	};
	if (conf->command != NULL)
		folder_of(conf->command[0], cgi->fixed_dir);
	cgi->root_fd = -1;
	cgi->null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (conf->cgi_root != NULL)
		cgi->root_fd =
		    open(conf->cgi_root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (conf->cgi_root != NULL && cgi->root_fd == -1) {
		cgi_free(cgi);
		return NULL;
	}
	return cgi;
}

void
cgi_free(struct cgi *cgi)
{
	io_close(&cgi->root_fd);
	io_close(&cgi->null_fd);
	free(cgi);
}

/* Beneath cgi.root the path decides what the program is told: SCRIPT_NAME
 * loses what became PATH_INFO. */
static void
script_variables(
    struct cgi *cgi, const struct params *p, struct environ_extra *extra)
{
	const char *info = cgi->script.path_info;
	const char *name = params_get(p, "SCRIPT_NAME");
	const char *docroot = params_get(p, "DOCUMENT_ROOT");
	size_t len = name == NULL ? 0 : strlen(name), cut = strlen(info);
	size_t cap = sizeof(cgi->scratch[0]);

	(void)snprintf(
	    cgi->scratch[0], cap, "SCRIPT_FILENAME=%s", cgi->script.path);
	extra->entry[extra->n++] = cgi->scratch[0];
	if (cut == 0)
		return;
	(void)snprintf(cgi->scratch[1], cap, "PATH_INFO=%s", info);
	extra->entry[extra->n++] = cgi->scratch[1];
	if (len >= cut && len - cut < SCRIPT_PATH_MAX &&
	    strcmp(name + len - cut, info) == 0) {
		(void)snprintf(cgi->scratch[2], cap, "SCRIPT_NAME=%.*s",
		    (int)(len - cut), name);
		extra->entry[extra->n++] = cgi->scratch[2];
	}
	if (docroot != NULL && strlen(docroot) + cut < SCRIPT_PATH_MAX) {
		(void)snprintf(cgi->scratch[3], cap, "PATH_TRANSLATED=%s%s",
		    docroot, info);
		extra->entry[extra->n++] = cgi->scratch[3];
	}
}

/* Which program, with which arguments: 0 or an HTTP status. */
static int
choose(struct cgi *cgi, struct request *r, struct launch *l,
    struct environ_extra *extra)
{
	const struct worker_conf *conf = cgi->conf;
	const struct params *p = &r->params;
	struct script_names names = {
		.script_filename = params_get(p, "SCRIPT_FILENAME"),
		.document_root = params_get(p, "DOCUMENT_ROOT"),
		.script_name = params_get(p, "SCRIPT_NAME"),
	};
	size_t n = 0, i;
	int status;

	if (conf->command != NULL) {
		l->path = conf->command[0];
		l->argv = conf->command;
		return 0;
	}
	status =
	    script_find(cgi->root_fd, conf->cgi_root, &names, &cgi->script);
	if (status != 0) {
		log_notice("request %u: %s: %s", r->id, cgi->script.path,
		    cgi->script.why);
		return status;
	}
	l->path = cgi->script.path;
	cgi->argv[n++] = cgi->script.path;
	for (i = 0; conf->cgi_argv != NULL && conf->cgi_argv[i] != NULL &&
	     n + 1 < ENVIRON_MAX;
	     i++)
		cgi->argv[n++] = conf->cgi_argv[i];
	cgi->argv[n] = NULL;
	l->argv = (char *const *)(uintptr_t)cgi->argv;
	folder_of(cgi->script.path, cgi->fixed_dir);
	script_variables(cgi, p, extra);
	return 0;
}

/* What a failed launch means for the web server. */
static int
launch_status(const struct launch *l, const struct launch_result *res)
{
	struct stat st;

	switch (res->error) {
	case EAGAIN:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
		return 503;
	case E2BIG:
		return 431;
	case ENOENT:
	case ENOTDIR:
		/* Or is it the interpreter of its first line? */
		return stat(l->path, &st) == -1 ? 404 : 500;
	case EACCES:
		if (stat(l->path, &st) == -1 || !S_ISREG(st.st_mode) ||
		    faccessat(AT_FDCWD, l->path, X_OK, AT_EACCESS) == -1)
			return 403;
		return 500;
	default:
		return 500;
	}
}

/* The three pipes.  FDS are the program's ends; -1 and errno leave nothing
 * open. A request without a body reads /dev/null. */
static int
open_pipes(struct cgi *cgi, struct request *r, struct job *j, int fds[3])
{
	bool body = !request_has_no_body(r);
	int in[2] = { -1, -1 }, out[2] = { -1, -1 }, err[2] = { -1, -1 };

	if ((body && pipe2(in, O_CLOEXEC) == -1) ||
	    pipe2(out, O_CLOEXEC) == -1 ||
	    (cgi->conf->stderr_to != WORKER_STDERR_NULL &&
		pipe2(err, O_CLOEXEC) == -1) ||
	    (body && fcntl(in[1], F_SETFL, O_WRONLY | O_NONBLOCK) == -1)) {
		int error = errno;

		io_close(&in[0]);
		io_close(&in[1]);
		io_close(&out[0]);
		io_close(&out[1]);
		io_close(&err[0]);
		io_close(&err[1]);
		errno = error;
		return -1;
	}
	j->in_fd = in[1];
	j->out_fd = out[0];
	j->err_fd = err[0];
	fds[0] = body ? in[0] : cgi->null_fd;
	fds[1] = out[1];
	fds[2] = err[1] == -1 ? cgi->null_fd : err[1];
	return 0;
}

static void
close_theirs(const struct cgi *cgi, const int fds[3])
{
	int i;

	for (i = 0; i < 3; i++)
		if (fds[i] != cgi->null_fd)
			(void)close(fds[i]);
}

static int
launch(struct cgi *cgi, struct request *r, struct launch *l, int64_t now)
{
	struct job *j = &run_of(cgi, r)->job;
	struct launch_result res;
	int rc;

	if (open_pipes(cgi, r, j, l->fds) == -1) {
		log_warn("request %u: pipe: %s", r->id, strerror(errno));
		return 503;
	}
	rc = launch_program(l, &res);
	close_theirs(cgi, l->fds);
	if (rc == -1) {
		log_warn("request %u: %s: %s: %s", r->id, l->path, res.step,
		    strerror(res.error));
		job_close(j);
		return launch_status(l, &res);
	}
	j->pid = res.pid;
	j->pidfd = res.pidfd;
	j->start_ms = now;
	j->alive_ms = now;
	return 0;
}

static int
start(void *ctx, struct request *r, int64_t now)
{
	struct cgi *cgi = ctx;
	struct cgi_run *run = run_of(ctx, r);
	struct environ_extra extra = { .n = 0 };
	struct launch l = {
		.rlimits = cgi->conf->rlimits,
		.nrlimits = cgi->conf->nrlimits,
	};
	int status;

	job_reset(&run->job);
	run->large = false;
	stderrlog_reset(&run->err);
	status = choose(cgi, r, &l, &extra);
	if (status != 0)
		return status;
	if (r->role == FCGI_AUTHORIZER)
		extra.entry[extra.n++] = "FCGI_ROLE=AUTHORIZER";
	if (environ_build(&cgi->rule, &r->params, &extra, cgi->envp) == -1)
		return 431;
	l.envp = (char *const *)(uintptr_t)cgi->envp;
	l.chdir = cgi->conf->chdir;
	if (l.chdir == NULL && cgi->fixed_dir[0] != '\0')
		l.chdir = cgi->fixed_dir;
	return launch(cgi, r, &l, now);
}

static ssize_t
input(void *ctx, struct request *r, struct span in)
{
	struct job *j = &run_of(ctx, r)->job;
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
	if (errno == EAGAIN)
		return 0;
	/* It closed its stdin: nothing wrong with that. */
	io_close(&j->in_fd);
	return -1;
}

static void
input_end(void *ctx, struct request *r)
{
	io_close(&run_of(ctx, r)->job.in_fd);
}

static size_t
wait_for(
    void *ctx, struct request *r, struct pollfd *pfd, bool output, bool fed)
{
	const struct job *j = &run_of(ctx, r)->job;
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
	} else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		io_close(&run->job.out_fd);
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
		if (to != WORKER_STDERR_FASTCGI)
			stderrlog_feed(&run->err, run->job.pid, r->id,
			    (struct span){ at, (size_t)n });
		if (to != WORKER_STDERR_LOG)
			request_commit(r, REQUEST_STDERR, (size_t)n);
	} else if (n == 0 || (errno != EINTR && errno != EAGAIN))
		io_close(&run->job.err_fd);
}

/* The program is gone and what it said has been passed on. */
static void
finish(struct cgi *cgi, struct cgi_run *run, struct request *r)
{
	struct job *j = &run->job;
	bool signalled = WIFSIGNALED(j->status);

	stderrlog_end(&run->err, j->pid, r->id);
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
	request_done(r, signalled,
	    signalled ? WTERMSIG(j->status) : WEXITSTATUS(j->status));
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
	struct cgi_run *run = run_of(ctx, r);
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

static int64_t
due(void *ctx, struct request *r, bool peer, int64_t now)
{
	struct cgi *cgi = ctx;
	struct job *j = &run_of(ctx, r)->job;
	int64_t at;

	(void)job_next(j, &cgi->limits, peer, now, &at);
	if (j->quiet_ms != CLOCK_NEVER && !j->exited && !r->stdout_ended &&
	    !r->muted && r->stdout_used && j->quiet_ms + QUIET_MS < at)
		at = j->quiet_ms + QUIET_MS;
	return at;
}

static void
tick(void *ctx, struct request *r, int64_t now)
{
	struct cgi *cgi = ctx;
	struct cgi_run *run = run_of(ctx, r);
	int64_t at;
	enum job_due what = job_next(
	    &run->job, &cgi->limits, request_waits_for_peer(r), now, &at);

	if (at <= now && what == JOB_KILL)
		job_kill(&run->job, now);
	else if (at <= now && what == JOB_OVERDUE)
		request_stop(r, HANDLER_TIME, now);
	settle(cgi, run, r, now);
}

static void
stop(void *ctx, struct request *r, enum handler_why why, int64_t now)
{
	struct cgi_run *run = run_of(ctx, r);

	(void)why;
	io_close(&run->job.in_fd);
	job_terminate(&run->job, now);
}

const struct handler *
cgi_handler(void)
{
	static const struct handler handler = {
		.name = "cgi",
		.start = start,
		.input = input,
		.input_end = input_end,
		.wait = wait_for,
		.ready = ready,
		.due = due,
		.tick = tick,
		.stop = stop,
	};

	return &handler;
}
