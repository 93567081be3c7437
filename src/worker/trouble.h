/* trouble.h - what is written down about slow and failed requests.
 *
 * slowlog: once for a request that runs for request_slowlog_timeout, who it
 * is and where its program and that one's children stand just now.
 * cgi.failure_log: for a request that failed, its parameters and how its
 * answer and its stderr began, until the file has cgi.failure_log_max bytes.
 *
 * Both files are opened before the privileges are dropped; when the logs are
 * to be reopened the worker retires and its successor opens them anew.  What
 * is foreign is escaped; passwords and cookies are left out.
 *
 * Layer: worker.  Called by: worker.c (open), cgi.c.
 */
#ifndef WORKER_TROUBLE_H
#define WORKER_TROUBLE_H

#include "proto/span.h"
#include "worker/job.h"
#include "worker/request.h"
#include "worker/worker.h"

struct trouble {
	int slow_fd, failure_fd; /* owned; -1: none */
};

/* 0, or -1 with errno and *WHICH the directive whose file it is. */
int trouble_open(
    struct trouble *t, const struct worker_conf *conf, const char **which);
bool trouble_is_open(const struct trouble *t);

void trouble_slow(const struct trouble *t, const struct request *r,
    const struct job *j, int64_t now);

struct trouble_failure {
	const char *how; /* "exit:3", "sig:11", "timeout", ... */
	struct span err; /* how its stderr began */
};

void trouble_failed(const struct trouble *t, const struct request *r,
    const struct trouble_failure *f);

#endif
