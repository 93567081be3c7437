/* pool.h - a pool's settings, as the master needs them.
 *
 * Layer: master.  Filled by conf.c, given by main.c.
 */
#ifndef MASTER_POOL_H
#define MASTER_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/privs.h"
#include "base/sock.h"
#include "board/place.h"

#define POOL_LISTEN_MAX 16

enum pool_pm { POOL_STATIC, POOL_DYNAMIC, POOL_ONDEMAND };

struct pool_listen {
	struct sock_addr addr;
	struct sock_perm perm;
	int backlog;
	int fd; /* inherited (fd 0, LISTEN_FDS), not ours to unlink; -1: open */
	bool stored; /* FD is, but of our own making, in an earlier life */
};

struct pool_conf {
	const char *name;
	enum pool_pm pm;
	bool native; /* mode = fastcgi: blocking listener on fd 0, no handoff */
	int max_children;
	int start_servers;
	int min_spare_servers;
	int max_spare_servers;
	int max_spawn_rate;      /* workers, within SCALE_WINDOW_MS */
	int64_t idle_timeout_ms; /* pm.process_idle_timeout */
	int64_t restart_delay_ms;
	int64_t restart_delay_max_ms;
	int64_t hang_timeout_ms; /* pm.hang_timeout, 0: no limit */
	int64_t max_lifetime_ms; /* pm.max_lifetime, 0: no limit */
	int64_t settled_ms;      /* 1000 */
	bool keepalive;
	unsigned keepalive_max;
	int64_t keepalive_timeout_ms;
	int64_t head_timeout_ms; /* for parked connections that are silent */
	const char *logs[PLACE_LOGS]; /* paths, or NULL */
	size_t log_limit;             /* of lines of native programs */
	const char *program;          /* native: its path */
	bool catch_output;            /* native: it is logged */
	bool decorate_output;         /* with pool and pid */
	/* Of native programs only; 0: no limit. */
	uint64_t max_memory;      /* retire one that has more */
	uint64_t max_memory_hard; /* kill one that has more */
	int64_t control_timeout_ms;
	struct pool_listen listen[POOL_LISTEN_MAX];
	size_t nlisten;
	size_t nstatus;      /* of these, the last: pm.status_listen */
	place_run *aide_run; /* the status worker; NULL: needs none */
	/* For those who look: */
	const char *runs; /* its program, or cgi.root */
	const char *jail; /* that is in this chroot; NULL: in ours */
	bool rooted;      /* it is cgi.root */
	uid_t uid;        /* of its programs */
	gid_t gid;
	place_run *run;      /* in the new process, after its signals */
	const void *run_arg; /* its settings; owned by the configuration */
};

#endif
