/* cgi.h - the handler that runs a CGI program for each request.
 *
 * Finds the program (cgi.root or command), makes its environment, starts it
 * (base/launch.h) and relays its stdin, stdout and stderr together, so that
 * no order of reading and writing on either side can block the other.
 *
 * Layer: worker.
 */
#ifndef WORKER_CGI_H
#define WORKER_CGI_H

#include "worker/handler.h"
#include "worker/worker.h"

struct cgi;
struct trouble;

/* For CONF and TROUBLE, which must outlive it; opens cgi.root.  NULL_FD is
 * /dev/null, its own from now on.  NULL with errno. */
struct cgi *cgi_new(
    const struct worker_conf *conf, struct trouble *trouble, int null_fd);
void cgi_free(struct cgi *cgi);

/* Its ctx is the struct cgi; at most conf->max_reqs requests at once, each
 * known by its slot. */
const struct handler *cgi_handler(void);

#endif
