/* build.c - the order of the checks, and the copying to the modules. */
#include "conf/build.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "conf/allow.h"
#include "conf/type.h"

#define SETTLED_MS 1000

int
conf_fail(
    struct conf_error *err, int code, const char *where, const char *fmt, ...)
{
	va_list ap;
	int len;

	if (err->code != 0)
		return -1; /* the first complaint is the cause */
	err->code = code;
	len = snprintf(err->text, sizeof(err->text), "%s: ", where);
	if (len < 0 || (size_t)len >= sizeof(err->text))
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf(
	    err->text + len, sizeof(err->text) - (size_t)len, fmt, ap);
	va_end(ap);
	return -1;
}

void
conf_remark(struct conf_data *data, const char *fmt, ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	data->remarks = conf_append_list(&data->mem, data->remarks, text);
}

int
conf_set(struct conf_data *data, const struct conf_directive *d, void *base,
    const char *where, struct conf_values values, struct conf_error *err)
{
	char text[256];

	if (conf_type_set(&data->mem, d, base, values.at, values.n, text,
		sizeof(text)) == -1)
		return conf_fail(
		    err, EX_CONFIG, where, "%s: %s", d->name, text);
	if (d->where == CONF_POOL) {
		struct conf_pool *p = base;

		p->given = conf_append_list(&data->mem, p->given, d->name);
	}
	return 0;
}

int
conf_set_env(struct conf_data *data, struct conf_pool *p, const char *where,
    const char *name, const char *value, struct conf_error *err)
{
	char text[256];

	if (conf_type_setenv(&data->mem, &p->worker.env, name, value, text,
		sizeof(text)) == 0)
		return 0;
	return conf_fail(err, EX_CONFIG, where, "env: %s", text);
}

struct conf_pool *
conf_add_pool(struct conf_data *data, const char *name, const char *where)
{
	struct conf_pool *p = conf_alloc(&data->mem, sizeof(*p));
	struct conf_pool **last = &data->pools;

	conf_pool_init(&data->mem, p);
	if (name != NULL)
		p->pool.name = conf_strdup(&data->mem, name);
	p->where = conf_strdup(&data->mem, where);
	while (*last != NULL)
		last = &(*last)->next;
	*last = p;
	return p;
}

struct conf_pool *
conf_find_pool(const struct conf_data *data, const char *name)
{
	struct conf_pool *p = data->pools;

	while (p != NULL && strcmp(p->pool.name, name) != 0)
		p = p->next;
	return p;
}

static int
check_name(const struct conf_pool *p, struct conf_error *err)
{
	const char *name = p->pool.name;
	size_t good = strspn(name,
	    "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789_.-");

	if (good > 0 && good <= CONF_POOL_NAME_MAX && name[good] == '\0')
		return 0;
	return conf_fail(err, EX_CONFIG, p->where,
	    "a pool's name is 1 to %d letters, digits, '_', '.' or '-'",
	    CONF_POOL_NAME_MAX);
}

static void
copy_limits(struct conf_pool *p)
{
	static const int resources[CONF_LIMITS] = {
		[CONF_LIMIT_FILES] = RLIMIT_NOFILE,
		[CONF_LIMIT_CORE] = RLIMIT_CORE,
		[CONF_LIMIT_AS] = RLIMIT_AS,
		[CONF_LIMIT_CPU] = RLIMIT_CPU,
		[CONF_LIMIT_FSIZE] = RLIMIT_FSIZE,
		[CONF_LIMIT_NPROC] = RLIMIT_NPROC,
	};
	struct worker_conf *w = &p->worker;
	size_t i;

	w->nrlimits = 0;
	for (i = 0; i < CONF_LIMITS; i++) {
		if (!p->limit[i].set)
			continue;
		w->rlimits[w->nrlimits++] = (struct privs_rlimit){
			.resource = resources[i],
			.value = p->limit[i].value,
		};
	}
}

/* What both modules want to know, and what a choice means to them. */
static void
copy_pool(struct conf_pool *p, const struct conf_global *g, place_run *run)
{
	struct worker_conf *w = &p->worker;
	struct pool_conf *m = &p->pool;

	m->settled_ms = SETTLED_MS;
	m->head_timeout_ms = w->head_timeout_ms;
	m->control_timeout_ms = g->control_timeout_ms;
	m->program = w->command == NULL ? NULL : w->command[0];
	m->run = run;
	m->run_arg = w;
	w->pool = m->name;
	w->env_strict = p->env_mode != 0;
	w->stderr_to = (enum worker_stderr)p->stderr_to;
	w->abort_finish = p->client_abort != 0;
	w->keepalive = m->keepalive;
	w->keepalive_max = m->keepalive_max;
	w->scaling = m->pm != POOL_STATIC || m->aide_run != NULL;
	w->max_children = (unsigned)m->max_children;
	w->control_timeout_ms = g->control_timeout_ms;
	w->log_limit = (size_t)g->log_limit;
	m->log_limit = (size_t)g->log_limit;
	w->access_log = m->logs[PLACE_LOG_ACCESS];
	w->access_format = p->access_format;
	copy_limits(p);
}

/* What the board says of it. */
static void
describe(struct conf_pool *p)
{
	const struct worker_conf *w = &p->worker;
	struct pool_conf *m = &p->pool;

	m->uid = w->privs.change_ids ? w->privs.uid : geteuid();
	m->gid = w->privs.change_ids ? w->privs.gid : getegid();
	m->rooted = w->command == NULL;
	m->runs = m->rooted ? w->cgi_root : w->command[0];
	m->jail = w->privs.chroot;
}

static int
build_pool(struct conf_data *data, struct conf_pool *p,
    const struct conf_source *src, struct conf_error *err)
{
	if (check_name(p, err) == -1 || conf_expand(data, p, err) == -1 ||
	    conf_check_mode(data, p, err) == -1 ||
	    (!src->serves && conf_check_program(p, err) == -1) ||
	    conf_check_texts(p, err) == -1 || conf_check_status(p, err) == -1 ||
	    conf_check_scaling(p, err) == -1)
		return -1;
	if (conf_resolve_ids(p, src->test, err) == -1)
		return -1;
	describe(p);
	conf_remark_perm(data, p);
	return 0;
}

static int
build_global(struct conf_data *data, const struct conf_source *src,
    struct conf_error *err)
{
	struct conf_global *g = &data->global;

	if (src->foreground)
		g->daemonize = false;
	if (g->error_log == NULL)
		g->error_log = g->daemonize ? "syslog" : "stderr";
	if (!g->log_buffering)
		return conf_fail(err, EX_CONFIG, src->file,
		    "log_buffering: it is always yes, each line is written in "
		    "one piece so that those of several processes do not mix: "
		    "leave it out");
	return 0;
}

static struct self_conf
self_of(const struct conf_global *g)
{
	return (struct self_conf){
		.set_priority = g->priority != CONF_UNSET,
		.priority = g->priority,
		.set_files = g->files.set,
		.files = g->files.value,
		.set_core = g->core.set,
		.core = g->core.value,
	};
}

static void
fill(struct conf_data *data, size_t npools, struct conf *out)
{
	const struct conf_global *g = &data->global;
	struct pool_conf *pools;
	struct conf_pool *p;
	size_t i = 0;

	pools = conf_alloc(&data->mem, npools * sizeof(*pools));
	for (p = data->pools; p != NULL; p = p->next)
		pools[i++] = p->pool;
	*out = (struct conf){
		.master = {
			.control_timeout_ms = g->control_timeout_ms,
			.systemd_interval_ms = g->systemd_interval_ms,
			.idle_exit_ms = g->idle_exit_ms,
			.process_max = g->process_max,
			.emergency = { g->emergency_threshold,
			    g->emergency_interval_ms },
			.self = self_of(g),
			.pid_file = g->pid,
			.pools = pools,
			.npools = npools,
		},
		.log = {
			.target = g->error_log,
			.level = (enum log_level)g->log_level,
			.ident = g->ident,
			.facility = g->facility,
			.limit = (size_t)g->log_limit,
		},
		.daemonize = g->daemonize,
		.remarks = data->remarks,
		.data = data,
	};
}

static int
check_clients(struct conf_data *data, struct conf_error *err)
{
	struct conf_pool *p;

	for (p = data->pools; p != NULL; p = p->next)
		if (conf_check_allow(data, p, err) == -1)
			return -1;
	return 0;
}

static const char *
where(const struct conf_source *src)
{
	return src->file != NULL ? src->file : "command line";
}

/* One without the other would do nothing. */
static int
check_emergency(const struct conf_global *g, const struct conf_source *src,
    struct conf_error *err)
{
	if ((g->emergency_threshold == 0) == (g->emergency_interval_ms == 0))
		return 0;
	return conf_fail(err, EX_CONFIG, where(src),
	    "emergency_restart_threshold and emergency_restart_interval work "
	    "together: set both or neither");
}

/* Each pool needs one worker to serve anybody, those of ondemand one after
 * the other. */
static int
check_process_max(const struct conf_data *data, const struct conf_source *src,
    struct conf_error *err)
{
	int max = data->global.process_max, always = 0, ondemand = 0;
	const struct conf_pool *p;

	for (p = data->pools; p != NULL; p = p->next)
		if (p->pm == POOL_ONDEMAND)
			ondemand = 1;
		else
			always++;
	if (max == 0 || max >= always + ondemand)
		return 0;
	return conf_fail(err, EX_CONFIG, where(src),
	    "process.max (%d) is too low: the pools need %d workers, one for "
	    "each that is not ondemand%s",
	    max, always + ondemand, ondemand ? " and one for all others" : "");
}

int
conf_build(struct conf_data *data, const struct conf_source *src,
    place_run *run, struct conf *out, struct conf_error *err)
{
	struct conf_pool *p;
	size_t npools = 0;

	if (build_global(data, src, err) == -1)
		return -1;
	for (p = data->pools; p != NULL; p = p->next) {
		if (build_pool(data, p, src, err) == -1)
			return -1;
		if (p->worker.status_path != NULL ||
		    p->worker.ping_path != NULL)
			p->pool.aide_run = run;
		copy_pool(p, &data->global, p->pool.native ? src->native : run);
		npools++;
	}
	if (npools == 0)
		return conf_fail(err, EX_CONFIG, src->file,
		    "no pool: add a section pool \"NAME\" { ... }");
	if (check_process_max(data, src, err) == -1 ||
	    check_emergency(&data->global, src, err) == -1)
		return -1;
	if (conf_resolve_listeners(data, src, err) == -1 ||
	    check_clients(data, err) == -1)
		return -1;
	fill(data, npools, out);
	if (conf_resolve_control(&data->global, src, &out->master, err) == -1)
		return -1;
	return conf_check_folders(
	    data, out, src->file != NULL ? src->file : "command line", err);
}
