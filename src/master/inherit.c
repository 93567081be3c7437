/* inherit.c - the master's part of following another program. */
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/pidfile.h"
#include "master/frame.h"
#include "master/heirs.h"

/* Every socket of the heirs can be had by any pool. */
static struct listeners **
all_tables(struct heirs *h)
{
	struct listeners **tables = calloc(h->n + 1, sizeof(tables[0]));
	size_t i;

	for (i = 0; tables != NULL && i < h->n; i++)
		tables[i] = &h->at[i].listeners;
	return tables;
}

static bool
open_pool(struct master *m, struct seat *seat, struct crew_conf *conf,
    struct master_error *err)
{
	conf->heir = heirs_find(m->heirs, conf->pool->name, conf->pool->native);
	seat->crew = crew_open(conf, err);
	return seat->crew != NULL;
}

/* The pool called NAME as it was before. */
static const struct pool_conf *
find_kept(const struct master_conf *kept, const char *name)
{
	size_t i;

	for (i = 0; kept != NULL && i < kept->npools; i++)
		if (strcmp(kept->pools[i].name, name) == 0)
			return &kept->pools[i];
	return NULL;
}

/* What cannot be opened as it is to be serves as it did. */
static bool
open_kept(struct master *m, struct seat *seat, struct crew_conf *conf)
{
	struct heirs *h = m->heirs;
	const struct master_conf *kept =
	    h->kept == NULL ? NULL : h->kept(h->kept_arg);
	struct master_error err;

	conf->pool = find_kept(kept, conf->pool->name);
	if (conf->pool == NULL)
		return false;
	seat->conf = kept;
	if (open_pool(m, seat, conf, &err))
		return true;
	log_error("%s", err.text);
	return false;
}

static size_t
open_pools(struct master *m, struct crew_conf *conf)
{
	struct master_error err;
	size_t i, opened = 0;

	for (i = 0; i < m->conf->npools; i++) {
		struct seat *seat = &m->seats[i];

		conf->pool = &m->conf->pools[i];
		conf->index = (unsigned)i;
		seat->conf = m->conf;
		if (open_pool(m, seat, conf, &err)) {
			opened++;
		} else if (open_kept(m, seat, conf)) {
			log_alert("upgrade: %s; going on with the settings "
				  "that served",
			    err.text);
			opened++;
		} else {
			log_error("%s; it is left out", err.text);
		}
	}
	return opened;
}

/* Workers of a pool that is in the settings no more. */
static void
open_ghost(
    struct master *m, struct heir *heir, size_t i, struct crew_conf *conf)
{
	struct pool_conf *pool = &m->ghosts[i];
	struct master_error err;
	struct seat *seat = &m->seats[m->conf->npools + i];

	*pool = (struct pool_conf){ .name = heir->name,
		.pm = POOL_ONDEMAND,
		.native = heir->native,
		.control_timeout_ms = m->conf->control_timeout_ms };
	conf->pool = pool;
	conf->index = (unsigned)(m->conf->npools + i);
	conf->heir = heir;
	seat->crew = crew_open(conf, &err);
	seat->conf = m->conf;
	seat->role = SEAT_GOES;
	if (seat->crew != NULL)
		crew_leave(seat->crew, clock_ms());
	else
		log_error("%s", err.text);
}

/* The service manager has those that were ours. */
static void
tell_store(struct master *m, const struct listeners *l)
{
	char name[FDSTORE_NAME_MAX];
	size_t i;

	for (i = 0; i < l->n; i++) {
		if (!l->own[i])
			continue;
		fdstore_name(&l->addrs[i], name, sizeof(name));
		fdstore_found(&m->store, name, l->fds[i]);
	}
}

/* Each socket is its new owner's now, and what nobody wants goes. */
static void
pass_listeners(struct master *m)
{
	size_t i, j;

	for (i = 0; i < m->heirs->n; i++) {
		struct listeners *l = &m->heirs->at[i].listeners;

		tell_store(m, l);
		for (j = 0; j < m->conf->npools; j++)
			if (m->seats[j].crew != NULL)
				listeners_pass(
				    l, crew_listeners(m->seats[j].crew));
		listeners_close(l);
	}
}

int
inherit_crews(struct master *m, struct master_error *err)
{
	struct heirs *h = m->heirs;
	struct crew_conf conf = { .epoll_fd = m->epoll_fd,
		.limits = &m->self.workers,
		.ration = &m->ration,
		.generation = h->generation + 1 };
	struct listeners **tables = all_tables(h);
	struct listeners_from from = { tables, h->n };
	size_t i, opened;

	m->ghosts = calloc(h->n + 1, sizeof(m->ghosts[0]));
	if (tables == NULL || m->ghosts == NULL) {
		free(tables);
		return master_fail(err, EX_OSERR, "out of memory");
	}
	m->generation = conf.generation;
	m->drained = h->drained;
	conf.from = &from;
	opened = open_pools(m, &conf);
	for (i = 0; i < h->n; i++)
		if (!h->at[i].taken && h->at[i].nworkers > 0)
			open_ghost(m, &h->at[i], i, &conf);
	pass_listeners(m);
	free(tables);
	if (h->pid_file[0] != '\0' &&
	    (m->conf->pid_file == NULL ||
		strcmp(h->pid_file, m->conf->pid_file) != 0))
		pidfile_remove(h->pid_file, getpid());
	if (opened > 0)
		return 0;
	return master_fail(err, EX_OSERR, "no pool is left");
}
