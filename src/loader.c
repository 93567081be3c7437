#include "loader.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "worker/worker.h"

struct change {
	char *pool, *line; /* owned */
	char *file;        /* what the file says; owned */
};

struct changes {
	struct change at[KEEPSAKE_MAX];
	size_t n;
};

struct loader {
	struct conf_source source;
	const struct conf *first;
	struct changes now;
	struct changes before; /* while one is tried */
	bool trying;
	struct conf_change given[KEEPSAKE_MAX]; /* NOW, for the reader */
	int keepsake_fd; /* while an upgrade is tried, -1 */
};

/* A struct conf begins with what the master sees of it. */
_Static_assert(offsetof(struct conf, master) == 0, "one address");

static const struct conf *
conf_of(const struct master_conf *master)
{
	const void *conf = master;

	return conf;
}

/* Lists of changes */

static void
clear(struct changes *c)
{
	while (c->n > 0) {
		struct change *last = &c->at[--c->n];

		free(last->pool);
		free(last->line);
		free(last->file);
	}
}

static int
append(struct changes *c, const char *pool, const char *line, const char *file)
{
	struct change *at = &c->at[c->n];

	if (c->n == KEEPSAKE_MAX)
		return -1;
	*at = (struct change){ strdup(pool), strdup(line), strdup(file) };
	c->n++; /* clear() sees to it, whole or not */
	return at->pool == NULL || at->line == NULL || at->file == NULL ? -1
									: 0;
}

static size_t
name_len(const char *line)
{
	return strcspn(line, " \t=");
}

static struct change *
find(struct changes *c, const char *pool, const char *line)
{
	size_t i, len = name_len(line);

	for (i = 0; i < c->n; i++)
		if (strcmp(c->at[i].pool, pool) == 0 &&
		    name_len(c->at[i].line) == len &&
		    strncmp(c->at[i].line, line, len) == 0)
			return &c->at[i];
	return NULL;
}

static void
drop(struct changes *c, struct change *at)
{
	struct change gone = *at;

	*at = c->at[--c->n];
	free(gone.pool);
	free(gone.line);
	free(gone.file);
}

static int
copy(struct changes *to, const struct changes *from)
{
	size_t i;

	for (i = 0; i < from->n; i++)
		if (append(to, from->at[i].pool, from->at[i].line,
			from->at[i].file) == -1)
			return -1;
	return 0;
}

/* What the master calls */

static const struct master_conf *
load(void *arg, struct master_error *err)
{
	struct loader *l = arg;
	struct conf *conf = calloc(1, sizeof(*conf));
	struct conf_error why = { EX_OSERR, "out of memory" };
	size_t i;

	for (i = 0; i < l->now.n; i++)
		l->given[i] = (struct conf_change){ l->now.at[i].pool,
			l->now.at[i].line };
	l->source.changes = l->given;
	l->source.nchanges = l->now.n;
	if (conf != NULL &&
	    conf_load(&l->source, worker_run, conf, &why) == 0) {
		conf->master.log = &conf->log;
		if (conf->daemonize == l->first->daemonize)
			return &conf->master;
		why = (struct conf_error){ EX_CONFIG,
			"daemonize: a reload cannot change it, a restart "
			"can" };
		conf_clear(conf);
	}
	free(conf);
	(void)master_fail(err, why.code, "%s", why.text);
	return NULL;
}

static void
release(void *arg, const struct master_conf *conf)
{
	const struct loader *l = arg;
	void *all;

	if (conf == &l->first->master)
		return;
	memcpy(&all, &conf, sizeof(all));
	conf_clear(all);
	free(all);
}

static void
settle(void *arg, bool keep)
{
	struct loader *l = arg;

	if (!l->trying)
		return;
	l->trying = false;
	if (keep) {
		clear(&l->before);
		return;
	}
	clear(&l->now);
	l->now = l->before;
	l->before.n = 0;
}

/* One line of the changes; what it was goes to TEXT. */
static int
change_one(struct loader *l, const struct conf *now, const char *pool,
    const char *line, char *text, size_t cap)
{
	struct change *old = find(&l->now, pool, line);
	size_t used = strlen(text);
	char name[64], *was, *file;
	int rc;

	(void)snprintf(name, sizeof(name), "%.*s", (int)name_len(line), line);
	was = conf_value(now, pool, name);
	file = strdup(old != NULL ? old->file : was != NULL ? was : "");
	if (old != NULL)
		drop(&l->now, old);
	rc = file == NULL ? -1 : append(&l->now, pool, line, file);
	if (was != NULL)
		(void)snprintf(text + used, cap - used, "%s%s, it was %s",
		    used == 0 ? "" : "; ", line,
		    *was == '\0' ? "not set" : was);
	else
		(void)snprintf(text + used, cap - used, "%s%s",
		    used == 0 ? "" : "; ", line);
	free(was);
	free(file);
	return rc;
}

static int
change(void *arg, const struct master_set *set, char *text, size_t cap,
    struct master_error *err)
{
	struct loader *l = arg;
	size_t i;

	if (l->trying)
		return master_fail(
		    err, EX_TEMPFAIL, "another set is under way");
	l->trying = true;
	text[0] = '\0';
	if (copy(&l->before, &l->now) == -1) {
		settle(l, false);
		return master_fail(err, EX_OSERR, "out of memory");
	}
	for (i = 0; i < set->n; i++) {
		const char *line = set->lines[i];

		if (strchr(line, '=') == NULL) {
			settle(l, false);
			return master_fail(err, EX_USAGE,
			    "set POOL NAME=VALUE...: there is no '='");
		}
		if (change_one(l, conf_of(set->now), set->pool, line, text,
			cap) == -1) {
			settle(l, false);
			return master_fail(err, EX_OSERR,
			    "too many changes; save some, or reload");
		}
	}
	return 0;
}

static void
forget(void *arg)
{
	struct loader *l = arg;

	settle(l, false);
	clear(&l->now);
}

static void
tell(void *arg, const char *pool, char *text, size_t cap)
{
	struct loader *l = arg;
	size_t i, used = 0;

	text[0] = '\0';
	for (i = 0; i < l->now.n && used < cap; i++)
		if (strcmp(l->now.at[i].pool, pool) == 0)
			used += (size_t)snprintf(text + used, cap - used,
			    "%s (file: %s)\n", l->now.at[i].line,
			    l->now.at[i].file[0] == '\0' ? "not set"
							 : l->now.at[i].file);
}

static int
file_of(void *arg, const struct master_set *set, char *path, size_t cap,
    struct master_error *err)
{
	char *file = conf_file(conf_of(set->now), set->pool);

	(void)arg;
	if (file == NULL)
		return master_fail(err, EX_UNAVAILABLE,
		    "the pool is in no file but on the command line");
	(void)snprintf(path, cap, "%s", file);
	free(file);
	if (conf_is_of_pools(set->lines[0]))
		return 0;
	return master_fail(err, EX_UNAVAILABLE,
	    "it is not of the kind that stands in a pool's section; write it "
	    "into the file yourself");
}

static void
saved(void *arg, const char *pool, const char *name)
{
	struct loader *l = arg;
	struct change *at = find(&l->now, pool, name);

	if (at != NULL && !l->trying)
		drop(&l->now, at);
}

static int
leave(void *arg, const struct master_conf *now)
{
	struct keepsake_change at[KEEPSAKE_MAX];
	struct loader *l = arg;
	size_t i;

	for (i = 0; i < l->now.n; i++)
		at[i] = (struct keepsake_change){ l->now.at[i].pool,
			l->now.at[i].line, l->now.at[i].file };
	l->keepsake_fd = keepsake_leave(at, l->now.n, conf_of(now));
	return l->keepsake_fd == -1 ? -1 : 0;
}

static void
take_back(void *arg)
{
	struct loader *l = arg;

	keepsake_take_back(l->keepsake_fd);
	l->keepsake_fd = -1;
}

struct loader *
loader_new(const struct conf_source *source, const struct conf *first,
    const struct keepsake *kept)
{
	struct loader *l = calloc(1, sizeof(*l));
	size_t i;

	if (l == NULL)
		return NULL;
	l->source = *source;
	l->source.changes = NULL;
	l->source.nchanges = 0;
	l->first = first;
	l->keepsake_fd = -1;
	for (i = 0; i < kept->n; i++)
		(void)append(&l->now, kept->at[i].pool, kept->at[i].line,
		    kept->at[i].file);
	return l;
}

void
loader_free(struct loader *l)
{
	if (l == NULL)
		return;
	clear(&l->now);
	clear(&l->before);
	free(l);
}

struct master_loader
loader_for_master(struct loader *l)
{
	return (struct master_loader){ .arg = l,
		.load = load,
		.release = release,
		.change = change,
		.settle = settle,
		.forget = forget,
		.tell = tell,
		.file = file_of,
		.saved = saved,
		.leave = leave,
		.take_back = take_back };
}
