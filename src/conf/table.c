/* table.c - the directives, in the order of the manual. */
#include "conf/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <syslog.h>

#include "base/log.h"
#include "conf/type.h"
#include "master/emergency.h"

#define G(field) CONF_GLOBAL, offsetof(struct conf_global, field)
#define P(field) CONF_POOL, offsetof(struct conf_pool, field)

#define DAYS_24 (INT64_C(24) * 24 * 60 * 60 * 1000)
#define MIB (INT64_C(1) << 20)

static const struct conf_choice logs[] = {
	{ "stderr", 0 },
	{ "syslog", 0 },
	{ "journal", 0 },
	{ NULL, 0 },
};
static const struct conf_choice controls[] = { { "none", 0 }, { NULL, 0 } };
static const struct conf_choice levels[] = {
	{ "alert", LOG_LEVEL_ALERT },
	{ "error", LOG_LEVEL_ERROR },
	{ "warning", LOG_LEVEL_WARNING },
	{ "notice", LOG_LEVEL_NOTICE },
	{ "debug", LOG_LEVEL_DEBUG },
	{ NULL, 0 },
};
static const struct conf_choice facilities[] = {
	{ "daemon", LOG_DAEMON },
	{ "user", LOG_USER },
	{ "auth", LOG_AUTH },
	{ "authpriv", LOG_AUTHPRIV },
	{ "cron", LOG_CRON },
	{ "ftp", LOG_FTP },
	{ "lpr", LOG_LPR },
	{ "mail", LOG_MAIL },
	{ "news", LOG_NEWS },
	{ "syslog", LOG_SYSLOG },
	{ "uucp", LOG_UUCP },
	{ "local0", LOG_LOCAL0 },
	{ "local1", LOG_LOCAL1 },
	{ "local2", LOG_LOCAL2 },
	{ "local3", LOG_LOCAL3 },
	{ "local4", LOG_LOCAL4 },
	{ "local5", LOG_LOCAL5 },
	{ "local6", LOG_LOCAL6 },
	{ "local7", LOG_LOCAL7 },
	{ NULL, 0 },
};
static const struct conf_choice modes[] = {
	{ "cgi", CONF_MODE_CGI },
	{ "fastcgi", CONF_MODE_FASTCGI },
	{ NULL, 0 },
};
static const struct conf_choice pms[] = {
	{ "static", POOL_STATIC },
	{ "dynamic", POOL_DYNAMIC },
	{ "ondemand", POOL_ONDEMAND },
	{ NULL, 0 },
};
static const struct conf_choice envs[] = {
	{ "safe", 0 },
	{ "strict", 1 },
	{ NULL, 0 },
};
static const struct conf_choice stderrs[] = {
	{ "fastcgi", WORKER_STDERR_FASTCGI },
	{ "log", WORKER_STDERR_LOG },
	{ "both", WORKER_STDERR_BOTH },
	{ "null", WORKER_STDERR_NULL },
	{ NULL, 0 },
};
static const struct conf_choice aborts[] = {
	{ "kill", 0 },
	{ "finish", 1 },
	{ NULL, 0 },
};

static const struct conf_directive table[] = {
	{ "error_log", G(error_log), NULL, CONF_PATH, 0, 0, logs },
	{ "log_level", G(log_level), "notice", CONF_CHOICE, 0, 0, levels },
	{ "log_limit", G(log_limit), "1K", CONF_SIZE, LOG_LIMIT_MIN,
	    LOG_LIMIT_MAX, NULL },
	{ "log_buffering", G(log_buffering), "yes", CONF_BOOL, 0, 0, NULL },
	{ "syslog.ident", G(ident), "cgi-fpm", CONF_STRING, 0, 0, NULL },
	{ "syslog.facility", G(facility), "daemon", CONF_CHOICE, 0, 0,
	    facilities },
	{ "pid", G(pid), NULL, CONF_PATH, 0, 0, NULL },
	{ "daemonize", G(daemonize), "yes", CONF_BOOL, 0, 0, NULL },
	{ "process_control_timeout", G(control_timeout_ms), "10s", CONF_TIME, 0,
	    DAYS_24, NULL },
	{ "systemd_interval", G(systemd_interval_ms), "10s", CONF_TIME, 0,
	    DAYS_24, NULL },
	{ "idle_exit", G(idle_exit_ms), "0", CONF_TIME, 0, DAYS_24, NULL },
	{ "process.max", G(process_max), "0", CONF_INT, 0, 100000, NULL },
	{ "process.priority", G(priority), NULL, CONF_INT, -20, 19, NULL },
	{ "rlimit_files", G(files), NULL, CONF_LIMIT, 64, INT32_MAX, NULL },
	{ "rlimit_core", G(core), NULL, CONF_LIMIT_SIZE, 0, INT64_MAX, NULL },
	{ "emergency_restart_threshold", G(emergency_threshold), "0", CONF_UINT,
	    0, EMERGENCY_MAX, NULL },
	{ "emergency_restart_interval", G(emergency_interval_ms), "0",
	    CONF_TIME, 0, DAYS_24, NULL },
	{ "control.listen", G(control_listen), NULL, CONF_PATH, 0, 0,
	    controls },
	{ "control.mode", G(control_mode), "0600", CONF_MODE, 0, 0777, NULL },
	{ "control.owner", G(control_owner), NULL, CONF_STRING, 0, 0, NULL },
	{ "control.group", G(control_group), NULL, CONF_STRING, 0, 0, NULL },
	{ "prefix", P(prefix), NULL, CONF_PATH, 0, 0, NULL },
	{ "mode", P(mode), "cgi", CONF_CHOICE, 0, 0, modes },
	{ "command", P(worker.command), NULL, CONF_LIST, 0, 0, NULL },
	{ "cgi.root", P(worker.cgi_root), NULL, CONF_PATH, 0, 0, NULL },
	{ "cgi.argv", P(worker.cgi_argv), NULL, CONF_LIST, 0, 0, NULL },
	{ "security.limit_extensions", P(worker.extensions), NULL, CONF_WORDS,
	    0, 0, NULL },
	{ "cgi.env", P(env_mode), "safe", CONF_CHOICE, 0, 0, envs },
	{ "cgi.env_drop", P(worker.env_drop), NULL, CONF_LIST, 0, 0, NULL },
	{ "cgi.env_keep", P(worker.env_keep), NULL, CONF_LIST, 0, 0, NULL },
	{ "cgi.stderr", P(stderr_to), "fastcgi", CONF_CHOICE, 0, 0, stderrs },
	{ "cgi.linger", P(worker.linger_ms), "1s", CONF_TIME, 0, DAYS_24,
	    NULL },
	{ "cgi.cut_on_crash", P(worker.cut_on_crash), "yes", CONF_BOOL, 0, 0,
	    NULL },
	{ "listen", P(listen), NULL, CONF_LIST, 0, 0, NULL },
	{ "listen.backlog", P(backlog), "511", CONF_INT, -1, 65535, NULL },
	{ "listen.owner", P(listen_owner), NULL, CONF_STRING, 0, 0, NULL },
	{ "listen.group", P(listen_group), NULL, CONF_STRING, 0, 0, NULL },
	{ "listen.acl_users", P(acl_users), NULL, CONF_WORDS, 0, 0, NULL },
	{ "listen.acl_groups", P(acl_groups), NULL, CONF_WORDS, 0, 0, NULL },
	{ "listen.mode", P(listen_mode), "0660", CONF_MODE, 0, 0777, NULL },
	{ "listen.allowed_clients", P(allowed_clients), NULL, CONF_STRING, 0, 0,
	    NULL },
	{ "user", P(user), NULL, CONF_STRING, 0, 0, NULL },
	{ "group", P(group), NULL, CONF_STRING, 0, 0, NULL },
	{ "chroot", P(chroot), NULL, CONF_PATH, 0, 0, NULL },
	{ "chdir", P(worker.chdir), NULL, CONF_PATH, 0, 0, NULL },
	{ "umask", P(worker.privs.umask), "0022", CONF_MODE, 0, 0777, NULL },
	{ "process.priority", P(priority), NULL, CONF_INT, -20, 19, NULL },
	{ "no_new_privs", P(worker.privs.no_new), "no", CONF_BOOL, 0, 0, NULL },
	{ "process.dumpable", P(worker.privs.dumpable), "no", CONF_BOOL, 0, 0,
	    NULL },
	{ "clear_env", P(worker.clear_env), "yes", CONF_BOOL, 0, 0, NULL },
	{ "env", P(worker.env), NULL, CONF_ENV, 0, 0, NULL },
	{ "rlimit_files", P(limit[CONF_LIMIT_FILES]), NULL, CONF_LIMIT, 16,
	    INT32_MAX, NULL },
	{ "rlimit_core", P(limit[CONF_LIMIT_CORE]), NULL, CONF_LIMIT_SIZE, 0,
	    INT64_MAX, NULL },
	{ "rlimit_as", P(limit[CONF_LIMIT_AS]), NULL, CONF_LIMIT_SIZE, MIB,
	    INT64_MAX, NULL },
	{ "rlimit_cpu", P(limit[CONF_LIMIT_CPU]), NULL, CONF_LIMIT, 1,
	    INT32_MAX, NULL },
	{ "rlimit_fsize", P(limit[CONF_LIMIT_FSIZE]), NULL, CONF_LIMIT_SIZE, 0,
	    INT64_MAX, NULL },
	{ "rlimit_nproc", P(limit[CONF_LIMIT_NPROC]), NULL, CONF_LIMIT, 1,
	    INT32_MAX, NULL },
	{ "pm", P(pm), NULL, CONF_CHOICE, 0, 0, pms },
	{ "pm.max_children", P(pool.max_children), NULL, CONF_INT, 1, 10000,
	    NULL },
	{ "pm.start_servers", P(pool.start_servers), NULL, CONF_INT, 1, 10000,
	    NULL },
	{ "pm.min_spare_servers", P(pool.min_spare_servers), NULL, CONF_INT, 1,
	    10000, NULL },
	{ "pm.max_spare_servers", P(pool.max_spare_servers), NULL, CONF_INT, 1,
	    10000, NULL },
	{ "pm.max_spawn_rate", P(pool.max_spawn_rate), "32", CONF_INT, 1, 10000,
	    NULL },
	{ "pm.process_idle_timeout", P(pool.idle_timeout_ms), "10s", CONF_TIME,
	    1, DAYS_24, NULL },
	{ "pm.max_requests", P(worker.max_requests), "0", CONF_COUNT, 0,
	    INT64_MAX, NULL },
	{ "pm.max_requests_jitter", P(worker.max_requests_jitter), "0",
	    CONF_COUNT, 0, INT64_MAX, NULL },
	{ "pm.max_lifetime", P(pool.max_lifetime_ms), "0", CONF_TIME, 0,
	    DAYS_24, NULL },
	{ "pm.max_memory", P(pool.max_memory), NULL, CONF_SIZE, 0, INT64_MAX,
	    NULL },
	{ "pm.max_memory_hard", P(pool.max_memory_hard), NULL, CONF_SIZE, 0,
	    INT64_MAX, NULL },
	{ "pm.restart_delay", P(pool.restart_delay_ms), "100ms", CONF_TIME, 1,
	    DAYS_24, NULL },
	{ "pm.restart_delay_max", P(pool.restart_delay_max_ms), "1m", CONF_TIME,
	    1, DAYS_24, NULL },
	{ "pm.hang_timeout", P(pool.hang_timeout_ms), "30s", CONF_TIME, 0,
	    DAYS_24, NULL },
	{ "fastcgi.max_reqs", P(worker.max_reqs), "8", CONF_UINT, 1, 64, NULL },
	{ "request_head_timeout", P(worker.head_timeout_ms), "10s", CONF_TIME,
	    0, DAYS_24, NULL },
	{ "request_body_timeout", P(worker.body_timeout_ms), "30s", CONF_TIME,
	    0, DAYS_24, NULL },
	{ "request_write_timeout", P(worker.write_timeout_ms), "30s", CONF_TIME,
	    0, DAYS_24, NULL },
	{ "request_first_byte_timeout", P(worker.first_byte_timeout_ms), "1m",
	    CONF_TIME, 0, DAYS_24, NULL },
	{ "request_idle_timeout", P(worker.idle_timeout_ms), "1m", CONF_TIME, 0,
	    DAYS_24, NULL },
	{ "request_terminate_timeout", P(worker.terminate_timeout_ms), "0",
	    CONF_TIME, 0, DAYS_24, NULL },
	{ "request_terminate_timeout_track_finished", P(worker.track_finished),
	    "yes", CONF_BOOL, 0, 0, NULL },
	{ "request_kill_timeout", P(worker.kill_timeout_ms), "5s", CONF_TIME, 1,
	    DAYS_24, NULL },
	{ "request_slowlog_timeout", P(worker.slowlog_timeout_ms), "0",
	    CONF_TIME, 0, DAYS_24, NULL },
	{ "request_slowlog_trace_depth", P(worker.slowlog_depth), "20",
	    CONF_UINT, 0, 100, NULL },
	{ "slowlog", P(pool.logs[PLACE_LOG_SLOW]), NULL, CONF_PATH, 0, 0,
	    NULL },
	{ "cgi.failure_log", P(pool.logs[PLACE_LOG_FAILURE]), NULL, CONF_PATH,
	    0, 0, NULL },
	{ "cgi.failure_log_max", P(worker.failure_log_max), "10M", CONF_SIZE,
	    4096, 1024 * MIB, NULL },
	{ "request_params_max", P(worker.params_max), "1M", CONF_SIZE, 4096,
	    64 * MIB, NULL },
	{ "request_body_max", P(worker.body_max), "0", CONF_SIZE, 0, INT64_MAX,
	    NULL },
	{ "request_body_temp_dir", P(worker.temp_dir), "/tmp", CONF_PATH, 0, 0,
	    NULL },
	{ "client_abort", P(client_abort), "kill", CONF_CHOICE, 0, 0, aborts },
	{ "keepalive", P(pool.keepalive), "yes", CONF_BOOL, 0, 0, NULL },
	{ "keepalive_timeout", P(pool.keepalive_timeout_ms), "75s", CONF_TIME,
	    0, DAYS_24, NULL },
	{ "keepalive_max", P(pool.keepalive_max), "1024", CONF_UINT, 1, 65535,
	    NULL },
	{ "pm.status_path", P(worker.status_path), NULL, CONF_STRING, 0, 0,
	    NULL },
	{ "pm.status_listen", P(status_listen), NULL, CONF_STRING, 0, 0, NULL },
	{ "ping.path", P(worker.ping_path), NULL, CONF_STRING, 0, 0, NULL },
	{ "ping.response", P(worker.ping_response), "pong", CONF_STRING, 0, 0,
	    NULL },
	{ "catch_workers_output", P(pool.catch_output), NULL, CONF_BOOL, 0, 0,
	    NULL },
	{ "decorate_workers_output", P(pool.decorate_output), NULL, CONF_BOOL,
	    0, 0, NULL },
	{ "access.log", P(pool.logs[PLACE_LOG_ACCESS]), NULL, CONF_PATH, 0, 0,
	    logs },
	{ "access.format", P(access_format), "%R - %u %t \"%m %r\" %s",
	    CONF_STRING, 0, 0, NULL },
	{ "access.suppress_path", P(worker.access_quiet), NULL, CONF_LIST, 0, 0,
	    NULL },
};

size_t
conf_table_count(void)
{
	return sizeof(table) / sizeof(table[0]);
}

const struct conf_directive *
conf_table_row(size_t i)
{
	return &table[i];
}

const struct conf_directive *
conf_table_find(enum conf_where where, const char *name)
{
	size_t i;

	for (i = 0; i < conf_table_count(); i++)
		if (table[i].where == where && strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

const struct conf_directive *
conf_table_named(const char *name)
{
	static const char global[] = "global.";
	const struct conf_directive *d = conf_table_find(CONF_POOL, name);

	if (strncmp(name, global, sizeof(global) - 1) == 0)
		name += sizeof(global) - 1;
	return d != NULL ? d : conf_table_find(CONF_GLOBAL, name);
}

/* The defaults are texts of this very file; that they all read is a test. */
static void
set_defaults(struct conf_mem *mem, enum conf_where where, void *base)
{
	char text[128];
	size_t i;

	for (i = 0; i < conf_table_count(); i++) {
		char *value;

		if (table[i].where != where || table[i].def == NULL)
			continue;
		value = conf_strdup(mem, table[i].def);
		if (conf_type_set(mem, &table[i], base, &value, 1, text,
			sizeof(text)) == -1)
			abort();
	}
}

void
conf_global_init(struct conf_mem *mem, struct conf_global *g)
{
	*g = (struct conf_global){ .priority = CONF_UNSET };
	set_defaults(mem, CONF_GLOBAL, g);
}

void
conf_pool_init(struct conf_mem *mem, struct conf_pool *p)
{
	*p = (struct conf_pool){
		.pool.max_children = CONF_UNSET,
		.pool.start_servers = CONF_UNSET,
		.pool.min_spare_servers = CONF_UNSET,
		.pool.max_spare_servers = CONF_UNSET,
		/* Without a default in the table, as one mode has none. */
		.pool.catch_output = true,
		.pool.decorate_output = true,
		.pm = CONF_UNSET,
		.priority = CONF_UNSET,
	};
	set_defaults(mem, CONF_POOL, p);
}
