/* accesslog.h - one line for each request that is over.
 *
 * php-fpm's format letters, and %x the exit status of END_REQUEST, %X how
 * the request ended, %b and %B bytes of the answer and of the body, %F
 * seconds to the first byte, %w those before we had it (from X-Request-Start),
 * %i its id.  The formats "json" and "combined" have names.  What came from
 * outside is escaped; what is not known is "-".
 *
 * Layer: worker.  accesslog_check() and accesslog_format() are pure.
 */
#ifndef WORKER_ACCESSLOG_H
#define WORKER_ACCESSLOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/logsink.h"
#include "worker/outcome.h"
#include "worker/request.h"
#include "worker/worker.h"

#define ACCESSLOG_LINE_MAX 4096
/* The format "combined": the line of the web servers. */
#define ACCESSLOG_COMBINED                                         \
	"%R - %u [%t] \"%m %{REQUEST_URI}e %{SERVER_PROTOCOL}e\" " \
	"%s %b \"%{HTTP_REFERER}e\" \"%{HTTP_USER_AGENT}e\""
/* The format "json": an object a line; what is not known is null or "-". */
#define ACCESSLOG_JSON                                                  \
	"{\"time\":\"%{%Y-%m-%dT%H:%M:%S%z}t\",\"pool\":\"%n\","        \
	"\"id\":\"%i\",\"remote\":\"%R\",\"user\":\"%u\","              \
	"\"method\":\"%m\",\"uri\":\"%{REQUEST_URI}e\","                \
	"\"script\":\"%f\",\"status\":%s,\"exit\":%x,\"ended\":\"%X\"," \
	"\"bytes_in\":%B,\"bytes_out\":%b,\"seconds\":%{seconds}d,"     \
	"\"first_byte\":%{seconds}F,\"queue_wait\":%{seconds}w,"        \
	"\"cpu\":%C,\"memory\":%{bytes}M,\"worker\":%p,"                \
	"\"referer\":\"%{HTTP_REFERER}e\",\"agent\":\"%{HTTP_USER_AGENT}e\"}"
#define ACCESSLOG_DEFAULT "%R - %u %t \"%m %r\" %s"

struct accesslog_entry {
	const char *pool;
	const struct request *r;
	const struct outcome *o;
	const struct outcome_facts *facts;
	int64_t begun_us; /* wall clock, since 1970: received ... */
	int64_t now_s;    /* ... and logged */
	int64_t took_us;
};

/* 0 when FORMAT is made of what exists, else -1 with *WHY a text that names
 * the first that is not (static). */
int accesslog_check(const char *format, const char **why);

/* The line without its newline; its length, CAP - 1 at most. */
size_t accesslog_format(
    char *dst, size_t cap, const char *format, const struct accesslog_entry *e);

/* Write the line for R, whole, or lose it; never waits. */
void accesslog_write(struct logsink *to, const struct worker_conf *conf,
    const struct request *r, const struct outcome *o,
    const struct outcome_facts *facts);

#endif
