/* cgi_start.c - which program answers a request, and its start. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/io.h"
#include "base/launch.h"
#include "worker/cgi_run.h"
#include "worker/conn.h"
#include "worker/report.h"
#include "worker/tell.h"

struct cgi_run *
cgi_run_of(void *ctx, const struct request *r)
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
cgi_new(const struct worker_conf *conf, struct trouble *trouble, int null_fd)
{
	struct cgi *cgi;

	cgi = calloc(1, sizeof(*cgi) + conf->max_reqs * sizeof(cgi->run[0]));
	if (cgi == NULL)
		return NULL;
	cgi->conf = conf;
	cgi->trouble = trouble;
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
		.slow_ms = conf->slowlog_timeout_ms,
		.finished_too = conf->track_finished,
	};
	if (conf->command != NULL)
		folder_of(conf->command[0], cgi->fixed_dir);
	cgi->root_fd = -1;
	cgi->null_fd = null_fd;
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
	if (status == 0)
		status = script_allowed(&cgi->script, conf->extensions);
	if (status != 0) {
		tell(r->conn->place, BOARD_RATE_SCRIPTS, LOG_LEVEL_NOTICE,
		    &(struct log_about){ .request = r->name },
		    "request %s: %s%s: %s", r->name, cgi->script.path,
		    cgi->script.path_info, cgi->script.why);
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
	/* A large body can come while the program is still being loaded. */
	if (body && r->length > PIPE_FULL)
		(void)fcntl(in[1], F_SETPIPE_SZ, PIPE_LARGE);
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
	struct job *j = &cgi_run_of(cgi, r)->job;
	struct launch_result res;
	int rc;

	if (open_pipes(cgi, r, j, l->fds) == -1) {
		tell(r->conn->place, BOARD_RATE_SYSTEM, LOG_LEVEL_WARNING,
		    &(struct log_about){ .request = r->name },
		    "request %s: pipe: %s", r->name, strerror(errno));
		return 503;
	}
	rc = launch_program(l, &res);
	close_theirs(cgi, l->fds);
	if (rc == -1) {
		tell(r->conn->place, BOARD_RATE_SCRIPTS, LOG_LEVEL_WARNING,
		    &(struct log_about){ .request = r->name },
		    "request %s: %s: %s: %s", r->name, l->path, res.step,
		    strerror(res.error));
		job_close(j);
		return launch_status(l, &res);
	}
	j->pid = res.pid;
	j->pidfd = res.pidfd;
	j->start_ms = now;
	j->alive_ms = now;
	report_program(r, res.pid);
	return 0;
}

static int
find_and_launch(void *ctx, struct request *r, int64_t now)
{
	struct cgi *cgi = ctx;
	struct cgi_run *run = cgi_run_of(ctx, r);
	struct environ_extra extra = { .n = 0 };
	struct launch l = {
		.rlimits = cgi->conf->rlimits,
		.nrlimits = cgi->conf->nrlimits,
	};
	int status;

	job_reset(&run->job);
	run->large = false;
	stderrlog_reset(&run->err, r->conn->place, cgi->conf->log_limit);
	run->err_len = 0;
	status = choose(cgi, r, &l, &extra);
	if (status != 0)
		return status;
	if (r->role == FCGI_AUTHORIZER)
		extra.entry[extra.n++] = "FCGI_ROLE=AUTHORIZER";
	if (environ_allows(&cgi->rule, "REQUEST_ID", strlen("REQUEST_ID"))) {
		(void)snprintf(
		    cgi->id, sizeof(cgi->id), "REQUEST_ID=%s", r->name);
		extra.entry[extra.n++] = cgi->id;
	}
	if (environ_build(&cgi->rule, &r->params, &extra, cgi->envp) == -1)
		return 431;
	l.envp = (char *const *)(uintptr_t)cgi->envp;
	l.chdir = cgi->conf->chdir;
	if (l.chdir == NULL && cgi->fixed_dir[0] != '\0')
		l.chdir = cgi->fixed_dir;
	return launch(cgi, r, &l, now);
}

int
cgi_start(void *ctx, struct request *r, int64_t now)
{
	const struct trouble_failure failure = { .how = "cannot be started" };
	struct cgi *cgi = ctx;
	int status = find_and_launch(ctx, r, now);

	if (status >= 500)
		trouble_failed(cgi->trouble, r, &failure);
	return status;
}
