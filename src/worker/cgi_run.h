/* cgi_run.h - what the CGI handler keeps, for its two files: cgi_start.c,
 * which finds and starts programs, and cgi.c, which relays and ends them.
 *
 * Layer: worker.
 */
#ifndef WORKER_CGI_RUN_H
#define WORKER_CGI_RUN_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/cgi.h"
#include "worker/environ.h"
#include "worker/job.h"
#include "worker/request.h"
#include "worker/script.h"
#include "worker/stderrlog.h"
#include "worker/trouble.h"

#define PIPE_FULL 65536      /* more than the kernel gives a pipe ... */
#define PIPE_LARGE (1 << 20) /* ... is worth one of this size */

#define CGI_ERR_TEXT 1024

struct cgi_run {
	struct job job;
	bool large; /* its stdout has a large pipe */
	struct stderrlog err;
	uint8_t err_text[CGI_ERR_TEXT]; /* how its stderr began */
	size_t err_len;
};

struct cgi {
	const struct worker_conf *conf;
	struct trouble *trouble;
	struct environ_rule rule;
	struct job_limits limits;
	int root_fd, null_fd;
	struct script script;
	char fixed_dir[SCRIPT_PATH_MAX]; /* of command */
	const char *envp[ENVIRON_MAX];
	const char *argv[ENVIRON_MAX];
	char id[REQID_MAX + 16];
	char scratch[4][SCRIPT_PATH_MAX + 32];
	struct cgi_run run[];
};

/* Of the request in R's slot. */
struct cgi_run *cgi_run_of(void *ctx, const struct request *r);
/* handler.start: find the program, start it with its pipes. */
int cgi_start(void *ctx, struct request *r, int64_t now);

#endif
