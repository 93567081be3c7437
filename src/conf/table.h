/* table.h - the table of directives, and the values they set.
 *
 * The one place that knows a directive's name, type, range and default.  The
 * configuration file, -o and the letters of the command line, -tt and the
 * sample file all go by it.
 *
 * Layer: conf, used by the conf files only.
 */
#ifndef CONF_TABLE_H
#define CONF_TABLE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>

#include "conf/mem.h"
#include "master/pool.h"
#include "worker/worker.h"

/* An int that was not set and has no fixed default. */
#define CONF_UNSET INT_MIN
#define CONF_POOL_NAME_MAX 63
#define CONF_HINT_MAX 128

enum conf_type {
	CONF_STRING,     /* const char *, not empty */
	CONF_PATH,       /* const char *, absolute, or one of the choices; a
			    pool's may be relative to its prefix */
	CONF_LIST,       /* char *const *, NULL-terminated */
	CONF_WORDS,      /* the same, also with commas or blanks between
			    them in one value; none is "" */
	CONF_ENV,        /* char *const *, "NAME=VALUE", NULL-terminated */
	CONF_INT,        /* int */
	CONF_UINT,       /* unsigned */
	CONF_COUNT,      /* uint64_t */
	CONF_SIZE,       /* uint64_t, 64K */
	CONF_TIME,       /* int64_t milliseconds, 10s */
	CONF_BOOL,       /* bool */
	CONF_MODE,       /* unsigned, octal */
	CONF_CHOICE,     /* int, one of the choices */
	CONF_LIMIT,      /* struct conf_limit, a number or "unlimited" */
	CONF_LIMIT_SIZE, /* the same, a size */
};

enum conf_where { CONF_GLOBAL, CONF_POOL };

enum conf_mode { CONF_MODE_CGI, CONF_MODE_FASTCGI };

struct conf_limit {
	bool set;
	rlim_t value;
};

struct conf_choice {
	const char *name; /* NULL ends the list */
	int value;
};

struct conf_directive {
	const char *name;
	enum conf_where where;
	size_t offset;   /* in struct conf_global or struct conf_pool */
	const char *def; /* as it would be written; NULL: none, or one that
			    depends on other settings */
	enum conf_type type;
	int64_t min, max;
	const struct conf_choice *choices;
};

struct conf_global {
	const char *error_log; /* NULL: stderr or syslog */
	int log_level;
	uint64_t log_limit;
	bool log_buffering; /* is yes: conf_build() */
	const char *ident;
	int facility;
	const char *pid;
	int64_t control_timeout_ms;
	int64_t systemd_interval_ms;
	int64_t idle_exit_ms;
	int process_max;
	int priority;
	struct conf_limit files, core;
	unsigned emergency_threshold;
	int64_t emergency_interval_ms;
	bool daemonize;
	const char *control_listen; /* NULL: where it is by default, if */
	unsigned control_mode;
	const char *control_owner, *control_group;
};

enum conf_limit_name {
	CONF_LIMIT_FILES,
	CONF_LIMIT_CORE,
	CONF_LIMIT_AS,
	CONF_LIMIT_CPU,
	CONF_LIMIT_FSIZE,
	CONF_LIMIT_NPROC,
	CONF_LIMITS
};

/* A pool section: what its module takes as it is, and beside it what
 * build.c still has to resolve or to copy. */
struct conf_pool {
	struct pool_conf pool;
	struct worker_conf worker;
	const char *where; /* for messages: "FILE: pool 'NAME'" */
	const char *prefix;
	int mode, pm, env_mode, stderr_to, client_abort;
	char *const *listen; /* as written */
	char **given;        /* names of the directives that were written,
				but for listen and env */
	const char *allowed_clients;
	int backlog;
	unsigned listen_mode;
	const char *listen_owner, *listen_group;
	char *const *acl_users, *const *acl_groups;
	const char *user, *group, *chroot;
	int priority;
	const char *access_format;
	const char *status_listen;
	struct conf_limit limit[CONF_LIMITS];
	struct conf_pool *next;
};

size_t conf_table_count(void);
const struct conf_directive *conf_table_row(size_t i);
/* NULL when there is none of that name there. */
const struct conf_directive *conf_table_find(
    enum conf_where where, const char *name);
/* What NAME means outside of a file: a pool's directive, else a global one;
 * "global.NAME": the latter. */
const struct conf_directive *conf_table_named(const char *name);
/* Why NAME is none, for a message: "; did you mean 'x'?" and the like, or
 * "".  Room for CONF_HINT_MAX bytes will do. */
void conf_table_hint(
    enum conf_where where, const char *name, char *text, size_t cap);

/* Every value its default, no strings set but those. */
void conf_global_init(struct conf_mem *mem, struct conf_global *g);
void conf_pool_init(struct conf_mem *mem, struct conf_pool *p);

#endif
