/* accesslog.h - one line for each request that is over.
 *
 * php-fpm's format letters, and %x exit status, %X how it ended, %b bytes
 * out, %B bytes in, %F time to the first byte, %i request id.  Whatever came
 * from the web server is escaped.
 *
 * Layer: worker.
 */
#ifndef WORKER_ACCESSLOG_H
#define WORKER_ACCESSLOG_H

#include "worker/outcome.h"
#include "worker/request.h"
#include "worker/worker.h"

/* Is FORMAT made of letters that exist?  Else *WHY names the first that does
 * not; for conf.c. */
int accesslog_check(const char *format, const char **why);

/* Write the line to FD, whole, or lose it; never waits. */
void accesslog_write(int fd, const struct worker_conf *conf,
    const struct request *r, const struct outcome *o,
    const struct outcome_facts *facts);

#endif
