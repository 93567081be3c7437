/* trouble.h - what is written down about slow and failed requests.
 *
 * slowlog: once for a request that runs for request_slowlog_timeout, who it
 * is and where its program and that one's children stand just now.
 * cgi.failure_log: for a request that failed, its parameters and how its
 * answer and its stderr began, until the file has cgi.failure_log_max bytes.
 *
 * The master opens both files.  What is foreign is escaped; passwords and
 * cookies are left out.
 *
 * Layer: worker.  Called by: cgi.c.
 */
#ifndef WORKER_TROUBLE_H
#define WORKER_TROUBLE_H

#include "base/logsink.h"
#include "proto/span.h"
#include "worker/job.h"
#include "worker/request.h"
#include "worker/worker.h"

struct trouble {
	struct logsink slow, failure; /* LOGSINK_NONE: none */
};

void trouble_slow(struct trouble *t, const struct request *r,
    const struct job *j, int64_t now);

struct trouble_failure {
	const char *how; /* "exit:3", "sig:11", "timeout", ... */
	struct span err; /* how its stderr began */
};

void trouble_failed(struct trouble *t, const struct request *r,
    const struct trouble_failure *f);

#endif
