/* build.h - from a set of values to settings that hold together.
 *
 * conf.c reads; this checks across directives, resolves names, fills what
 * depends on other settings and hands out the structs of the modules.
 *
 * Layer: conf, used by the conf files only.
 */
#ifndef CONF_BUILD_H
#define CONF_BUILD_H

#include "conf/conf.h"
#include "conf/mem.h"
#include "conf/table.h"

struct conf_data {
	struct conf_mem mem;
	struct conf_global global;
	struct conf_pool *pools; /* in the order they were written */
	char *const *remarks;    /* NULL: none */
};

/* Note the first complaint: what is wrong WHERE ("FILE: pool 'x'").  Always
 * returns -1. */
int conf_fail(struct conf_error *err, int code, const char *where,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Something that its user should know, and no reason to refuse. */
void conf_remark(struct conf_data *data, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

struct conf_values {
	char *const *at;
	size_t n;
};

/* Set D in BASE, or ENV's NAME in P, for a line that stands WHERE.  0, or -1
 * with ERR. */
int conf_set(struct conf_data *data, const struct conf_directive *d, void *base,
    const char *where, struct conf_values values, struct conf_error *err);
int conf_set_env(struct conf_data *data, struct conf_pool *p, const char *where,
    const char *name, const char *value, struct conf_error *err);

/* A new pool with the defaults, last in the list. */
struct conf_pool *conf_add_pool(
    struct conf_data *data, const char *name, const char *where);

/* NULL: there is none of that name. */
struct conf_pool *conf_find_pool(
    const struct conf_data *data, const char *name);

/* 0 with OUT filled (its data is DATA), or -1 with ERR. */
int conf_build(struct conf_data *data, const struct conf_source *src,
    place_run *run, struct conf *out, struct conf_error *err);

/* The parts of conf_build(), each in a file of its own.  0, or -1, ERR. */
/* $pool and prefix in P's values: the first thing, once P has its name. */
int conf_expand(
    struct conf_data *data, struct conf_pool *p, struct conf_error *err);
int conf_check_program(struct conf_pool *p, struct conf_error *err);
int conf_check_texts(struct conf_pool *p, struct conf_error *err);
/* Does D work in P's mode? */
bool conf_mode_has(const struct conf_pool *p, const struct conf_directive *d);
int conf_check_mode(
    struct conf_data *data, struct conf_pool *p, struct conf_error *err);
int conf_check_status(const struct conf_pool *p, struct conf_error *err);
int conf_check_scaling(struct conf_pool *p, struct conf_error *err);
/* TEST: the process that asks is not the one that would run the pool, so it
 * need not be allowed to. */
int conf_resolve_ids(struct conf_pool *p, bool test, struct conf_error *err);
int conf_resolve_control(const struct conf_global *g,
    const struct conf_source *src, struct master_conf *out,
    struct conf_error *err);
/* Whose P's socket files are to be. */
int conf_resolve_perm(struct conf_data *data, const struct conf_pool *p,
    struct sock_perm *perm, struct conf_error *err);
void conf_remark_perm(struct conf_data *data, const struct conf_pool *p);
/* Of all that root makes, in the end; WHERE is for global directives. */
int conf_check_folders(const struct conf_data *data, const struct conf *made,
    const char *where, struct conf_error *err);
int conf_resolve_listeners(struct conf_data *data,
    const struct conf_source *src, struct conf_error *err);

#endif
