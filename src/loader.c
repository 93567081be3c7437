#include "loader.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/log.h"
#include "changes.h"
#include "rehearsal.h"
#include "worker/worker.h"

#define NAME_MAX_LEN 64

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

/* What the master calls */

/* Who reads the source finds all changes on top but SKIP (NULL: all). */
static void
give_all_but(struct loader *l, const struct change *skip)
{
	size_t i, n = 0;

	for (i = 0; i < l->now.n; i++)
		if (&l->now.at[i] != skip)
			l->given[n++] = (struct conf_change){ l->now.at[i].pool,
				l->now.at[i].line };
	l->source.changes = l->given;
	l->source.nchanges = n;
}

/* The settings with all changes on top but SKIP; NULL with WHY. */
static struct conf *
load_but(struct loader *l, const struct change *skip, struct conf_error *why)
{
	struct conf *conf = calloc(1, sizeof(*conf));

	*why = (struct conf_error){ EX_OSERR, "out of memory" };
	give_all_but(l, skip);
	if (conf != NULL && conf_load(&l->source, worker_run, conf, why) == 0)
		return conf;
	free(conf);
	return NULL;
}

static pid_t
rehearse(void *arg)
{
	struct loader *l = arg;

	give_all_but(l, NULL);
	return rehearsal_begin(&l->source, worker_run);
}

static int
rehearsed(void *arg, int status, bool late, struct master_error *err)
{
	struct conf_error why;

	(void)arg;
	if (rehearsal_verdict(status, late, &why) == 0)
		return 0;
	return master_fail(err, why.code, "%s", why.text);
}

static bool
is_value(const struct conf *conf, const char *pool, const char *line,
    const char *value)
{
	char name[NAME_MAX_LEN];
	char *is =
	    conf_value(conf, pool, changes_name(line, name, sizeof(name)));
	bool same = is != NULL && strcmp(is, value) == 0;

	free(is);
	return same;
}

/* Somebody may have set what the file says, in other words perhaps. */
static void
compare(struct loader *l, const struct conf *conf)
{
	size_t i;

	for (i = 0; i < l->now.n; i++) {
		struct change *at = &l->now.at[i];

		at->same = is_value(conf, at->pool, at->line, at->file);
	}
}

void
loader_say_remarks(const struct conf *conf)
{
	char *const *remark = conf->remarks;

	for (; remark != NULL && *remark != NULL; remark++)
		log_warn("%s", *remark);
}

static const struct master_conf *
load(void *arg, struct master_error *err)
{
	struct loader *l = arg;
	struct conf_error why;
	struct conf *conf = load_but(l, NULL, &why);

	if (conf == NULL) {
		(void)master_fail(err, why.code, "%s", why.text);
		return NULL;
	}
	if (conf->daemonize != l->first->daemonize) {
		(void)master_fail(err, EX_CONFIG,
		    "daemonize: a reload cannot change it, a restart can");
		conf_clear(conf);
		free(conf);
		return NULL;
	}
	conf->master.log = &conf->log;
	compare(l, conf);
	loader_say_remarks(conf);
	return &conf->master;
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
		changes_clear(&l->before);
		changes_drop_same(&l->now);
		return;
	}
	changes_clear(&l->now);
	l->now = l->before;
	l->before.n = 0;
}

static const char *
skip_blanks(const char *line)
{
	return line + strspn(line, " \t");
}

/* Is each of SET's lines an assignment, and to another name? */
static int
check_lines(const struct master_set *set, struct master_error *err)
{
	char name[NAME_MAX_LEN];
	size_t i, j;

	for (i = 0; i < set->n; i++) {
		const char *line = skip_blanks(set->lines[i]);

		if (strchr(line, '=') == NULL)
			return master_fail(
			    err, EX_USAGE, "'%s' is not NAME=VALUE", line);
		for (j = 0; j < i; j++)
			if (changes_same_name(line, skip_blanks(set->lines[j])))
				return master_fail(err, EX_USAGE,
				    "%s is given twice",
				    changes_name(line, name, sizeof(name)));
	}
	return 0;
}

/* One line of the changes; what it was goes to TEXT. */
static int
change_one(struct loader *l, const struct conf *now, const char *pool,
    const char *line, char *text, size_t cap)
{
	struct change *old = changes_find(&l->now, pool, line);
	size_t used = strlen(text);
	char name[NAME_MAX_LEN], *was, *file;
	int rc;

	(void)changes_name(line, name, sizeof(name));
	was = conf_value(now, pool, name);
	file = strdup(old != NULL ? old->file : was != NULL ? was : "");
	if (old != NULL)
		changes_drop(&l->now, old);
	rc = file == NULL ? -1 : changes_append(&l->now, pool, line, file);
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
begin_change(struct loader *l, struct master_error *err)
{
	if (l->trying)
		return master_fail(
		    err, EX_TEMPFAIL, "another change is under way; try again");
	l->trying = true;
	if (changes_copy(&l->before, &l->now) == 0)
		return 0;
	settle(l, false);
	return master_fail(err, EX_OSERR, "out of memory");
}

static int
change(void *arg, const struct master_set *set, char *text, size_t cap,
    struct master_error *err)
{
	struct loader *l = arg;
	size_t i;

	if (check_lines(set, err) == -1 || begin_change(l, err) == -1)
		return -1;
	text[0] = '\0';
	for (i = 0; i < set->n; i++)
		if (change_one(l, conf_of(set->now), set->pool,
			skip_blanks(set->lines[i]), text, cap) == -1) {
			settle(l, false);
			return master_fail(err, EX_OSERR,
			    "too many changes; save some, or reload");
		}
	return 0;
}

static void
forget(void *arg)
{
	struct loader *l = arg;

	settle(l, false);
	l->trying = true;
	l->before = l->now;
	l->now.n = 0;
}

static void
tell(void *arg, const char *pool, char *text, size_t cap)
{
	const struct loader *l = arg;

	changes_tell(&l->now, pool, text, cap);
}

static int
file_of(void *arg, const struct master_set *set, char *path, size_t cap,
    struct master_error *err)
{
	const struct loader *l = arg;
	char *file = conf_file(conf_of(set->now), set->pool);

	if (file == NULL)
		return master_fail(err, EX_UNAVAILABLE,
		    "the pool is not in a file but on the command line");
	(void)snprintf(path, cap, "%s", file);
	free(file);
	if (conf_is_of_pools(set->lines[0]))
		return 0;
	if (strncmp(set->lines[0], "env.", 4) == 0)
		return master_fail(err, EX_UNAVAILABLE,
		    "variables stand in the section env of the pool; edit "
		    "%s yourself",
		    path);
	return master_fail(err, EX_UNAVAILABLE,
	    "it is global, no directive of a pool's section; edit %s yourself",
	    l->source.file);
}

/* Does the file, with the change no longer on top, say what is in effect? */
static int
saved(void *arg, const struct master_set *set, struct master_error *err)
{
	struct loader *l = arg;
	const char *line = set->lines[0];
	struct change *at = changes_find(&l->now, set->pool, line);
	char name[NAME_MAX_LEN], *value, *is;
	struct conf_error why;
	struct conf *conf;
	bool good;

	if (l->trying)
		return master_fail(
		    err, EX_TEMPFAIL, "another change is under way; try again");
	if (at == NULL)
		return 0;
	give_all_but(l, at);
	conf = rehearsal_of(&l->source, worker_run, &why) == 0
	    ? load_but(l, at, &why)
	    : NULL;
	if (conf == NULL)
		return master_fail(err, why.code, "%s", why.text);
	(void)changes_name(line, name, sizeof(name));
	value = conf_value(conf_of(set->now), set->pool, name);
	is = conf_value(conf, set->pool, name);
	good = value != NULL && is != NULL && strcmp(value, is) == 0;
	if (good)
		changes_drop(&l->now, at);
	else
		(void)master_fail(err, EX_UNAVAILABLE,
		    "%s would be %.200s at the next reload: something counts "
		    "for more, another line or the command line",
		    name, is == NULL || *is == '\0' ? "not set" : is);
	free(value);
	free(is);
	conf_clear(conf);
	free(conf);
	return good ? 0 : -1;
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
		if (changes_append(&l->now, kept->at[i].pool, kept->at[i].line,
			kept->at[i].file) == -1) {
			loader_free(l);
			return NULL;
		}
	return l;
}

void
loader_free(struct loader *l)
{
	if (l == NULL)
		return;
	changes_clear(&l->now);
	changes_clear(&l->before);
	free(l);
}

struct master_loader
loader_for_master(struct loader *l)
{
	return (struct master_loader){ .arg = l,
		.load = load,
		.release = release,
		.rehearse = rehearse,
		.rehearsed = rehearsed,
		.change = change,
		.settle = settle,
		.forget = forget,
		.tell = tell,
		.file = file_of,
		.saved = saved,
		.leave = leave,
		.take_back = take_back };
}
