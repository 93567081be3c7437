/* worker.h - one process: accept, read records, answer, again.
 *
 * Waits in two places: idle, for {a connection, a handed-over connection,
 * the master's channel}; busy, for {its connection, its programs' pipes, the
 * channel}.  No threads, no allocation for a request.
 *
 * Layer: worker.  main.c hands worker_run() to the master as a place_run.
 */
#ifndef WORKER_WORKER_H
#define WORKER_WORKER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/allow.h"
#include "base/privs.h"
#include "board/place.h"

enum worker_stderr {
	WORKER_STDERR_FASTCGI,
	WORKER_STDERR_LOG,
	WORKER_STDERR_BOTH,
	WORKER_STDERR_NULL
};

/* Checked and complete; owned by the configuration.  All *_ms: 0 is off. */
struct worker_conf {
	/* Who may connect over TCP; NULL: everybody. */
	const struct allow *allow;
	bool allow_default;      /* nobody said so: only this machine may */
	const char *pool;        /* its name, for the logs */
	char *const *command;    /* argv; NULL when cgi_root is set */
	const char *cgi_root;    /* absolute, or NULL */
	char *const *cgi_argv;   /* arguments behind a script's own name,
				    NULL-terminated; for cgi_root */
	char *const *extensions; /* of scripts beneath cgi_root, ".cgi" and
				    such; NULL: all */
	char *const *env;        /* "NAME=VALUE", NULL-terminated: env{} */
	bool clear_env;          /* false: our own environment as well */
	bool env_strict;         /* cgi.env = strict */
	char *const *env_drop;   /* patterns: a name, or a name with a final
				    "*"; NULL-terminated */
	char *const *env_keep;
	enum worker_stderr stderr_to;
	bool cut_on_crash; /* cgi.cut_on_crash */
	bool abort_finish; /* client_abort = finish */
	bool keepalive;
	bool scaling; /* pm is not static: tell CHAN_FULL */
	unsigned keepalive_max;
	unsigned max_reqs;     /* fastcgi.max_reqs, 1..64 */
	unsigned max_children; /* answered as FCGI_MAX_CONNS */
	uint64_t max_requests; /* pm.max_requests, 0: never */
	uint64_t max_requests_jitter;
	uint64_t params_max;  /* request_params_max */
	uint64_t body_max;    /* request_body_max, 0: no limit */
	const char *temp_dir; /* request_body_temp_dir */
	int64_t head_timeout_ms;
	int64_t body_timeout_ms;
	int64_t write_timeout_ms;
	int64_t first_byte_timeout_ms;
	int64_t idle_timeout_ms;
	int64_t terminate_timeout_ms;
	int64_t kill_timeout_ms;
	bool track_finished; /* limits go on behind the end of an answer */
	int64_t slowlog_timeout_ms; /* request_slowlog_timeout */
	unsigned slowlog_depth;     /* request_slowlog_trace_depth */
	uint64_t failure_log_max;   /* bytes */
	int64_t linger_ms;          /* cgi.linger */
	int64_t control_timeout_ms; /* process_control_timeout */
	size_t log_limit;
	const char *access_log; /* NULL: none */
	const char *access_format;
	char *const *access_quiet; /* access.suppress_path; NULL: none */
	const char *status_path;   /* pm.status_path, NULL: none */
	const char *ping_path;
	const char *ping_response;
	const char *chdir; /* NULL: the program's folder */
	struct privs privs;
	struct privs_rlimit rlimits[PRIVS_RLIMITS_MAX]; /* of programs */
	unsigned nrlimits;
};

/* ARG is a struct worker_conf.  Applies its privileges, serves, returns an
 * enum place_exit. */
int worker_run(const void *arg, const struct place *place);

#endif
