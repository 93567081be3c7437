/* trial.c - new settings beside those that serve: opened, started, and then
 * kept or taken back; of all pools or of none. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "base/pidfile.h"
#include "master/frame.h"
#include "master/listeners.h"
#include "master/plan.h"

static int
switch_log(struct master *m, const struct master_conf *conf)
{
	if (conf->log == NULL)
		return 0;
	if (log_open(conf->log) == -1)
		return -1;
	m->log_conf = conf;
	return 0;
}

/* What is the whole master's. */
static int
open_global(struct master *m, struct master_error *err)
{
	const struct master_conf *next = m->reload.next;
	const char *directive = plan_refuses(m->conf, next);

	if (directive != NULL)
		return master_fail(err, EX_CONFIG,
		    "%s: a reload cannot change it, a restart can", directive);
	if (!plan_keeps_pid_file(m->conf, next) && next->pid_file != NULL &&
	    pidfile_write(next->pid_file, getpid()) == -1)
		return master_fail(err, EX_CANTCREAT, "pid: '%s': %s",
		    next->pid_file, strerror(errno));
	if (self_apply(&m->self, &next->self, err) == -1)
		return -1;
	if (switch_log(m, next) == 0)
		return 0;
	return master_fail(err, EX_OSERR, "error_log: '%s': %s",
	    next->log->target, strerror(errno));
}

static void
close_global(struct master *m)
{
	const struct master_conf *next = m->reload.next;
	struct master_error err;

	if (self_apply(&m->self, &m->conf->self, &err) == -1)
		log_warn("%s", err.text);
	if (!plan_keeps_pid_file(m->conf, next) && next->pid_file != NULL)
		pidfile_remove(next->pid_file, getpid());
	if (m->log_conf == next && switch_log(m, m->conf) == -1)
		log_warn("error_log: %s; going on with the new one",
		    strerror(errno));
}

/* Seats for all pools of the new settings, should each be another. */
static int
make_seats(struct master *m, size_t more)
{
	size_t i, empty = 0;
	struct seat *seats;

	for (i = 0; i < m->nseats; i++)
		if (m->seats[i].crew == NULL)
			empty++;
	if (empty >= more)
		return 0;
	more -= empty;
	seats = realloc(m->seats, (m->nseats + more) * sizeof(seats[0]));
	if (seats == NULL)
		return -1;
	memset(&seats[m->nseats], 0, more * sizeof(seats[0]));
	m->seats = seats;
	m->nseats += more;
	return 0;
}

static int
add_crew(struct master *m, struct crew_conf *conf, struct master_error *err)
{
	size_t i = 0;

	while (m->seats[i].crew != NULL) /* make_seats() */
		i++;
	conf->index = (unsigned)i;
	m->seats[i].crew = crew_open(conf, err);
	m->seats[i].role = SEAT_ADDED;
	m->seats[i].conf = m->reload.next;
	return m->seats[i].crew == NULL ? -1 : 0;
}

struct trial {
	const char **names;
	size_t *to;
	struct listeners **tables;
	struct listeners_from from;
};

static void
trial_free(struct trial *t)
{
	free(t->names);
	free(t->to);
	free(t->tables);
}

/* What serves now, and who of it goes on as which pool. */
static int
look(struct master *m, struct trial *t)
{
	const struct master_conf *next = m->reload.next;
	size_t i;

	t->names = calloc(m->nseats, sizeof(t->names[0]));
	t->tables = calloc(m->nseats, sizeof(t->tables[0]));
	t->to = calloc(next->npools, sizeof(t->to[0]));
	if (t->names == NULL || t->tables == NULL || t->to == NULL)
		return -1;
	for (i = 0; i < m->nseats; i++)
		if (seat_serves(&m->seats[i]))
			t->names[i] = crew_pool(m->seats[i].crew)->name;
	plan_pools(t->names, m->nseats, next, t->to);
	return 0;
}

/* They change places as one crew after the other is tried. */
static void
find_tables(struct master *m, struct trial *t)
{
	size_t i;

	t->from = (struct listeners_from){ .at = t->tables };
	for (i = 0; i < m->nseats; i++)
		if (seat_serves(&m->seats[i]))
			t->tables[t->from.n++] =
			    crew_listeners(m->seats[i].crew);
}

static int
try_pools(struct master *m, int64_t now, struct master_error *err)
{
	const struct master_conf *next = m->reload.next;
	struct crew_conf conf = { .epoll_fd = m->epoll_fd,
		.limits = &m->self.workers,
		.ration = &m->ration,
		.generation = m->generation + 1 };
	struct trial t = { 0 };
	int code = 0;
	size_t i;

	if (make_seats(m, next->npools) == -1 || look(m, &t) == -1)
		code = master_fail(err, EX_OSERR, "%s", strerror(errno));
	conf.from = &t.from;
	for (i = 0; code == 0 && i < next->npools; i++) {
		conf.pool = &next->pools[i];
		conf.scaled = setting_keeps_scale(m, conf.pool->name);
		find_tables(m, &t);
		if (t.to[i] == PLAN_NEW)
			code = add_crew(m, &conf, err);
		else
			code =
			    crew_try(m->seats[t.to[i]].crew, &conf, now, err);
	}
	trial_free(&t);
	return code;
}

int
trial_begin(struct master *m, int64_t now, struct master_error *err)
{
	if (open_global(m, err) == -1)
		return -1;
	return try_pools(m, now, err);
}

void
trial_rollback(struct master *m, int64_t now)
{
	size_t i;

	for (i = 0; i < m->nseats; i++) {
		struct seat *seat = &m->seats[i];

		if (seat->crew == NULL || seat->role == SEAT_GOES)
			continue;
		if (seat->role == SEAT_SERVES) {
			crew_rollback(seat->crew, now);
			continue;
		}
		seat->role = SEAT_GOES;
		crew_leave(seat->crew, now);
	}
	close_global(m);
}

/* Who had a socket that another took goes on without it. */
static void
pass_listeners(struct master *m)
{
	size_t i, j;

	for (i = 0; i < m->nseats; i++)
		for (j = 0; j < m->nseats; j++)
			if (m->seats[i].crew != NULL &&
			    m->seats[j].crew != NULL)
				crew_pass_listeners(
				    m->seats[i].crew, m->seats[j].crew);
}

static void
commit_seats(struct master *m, int64_t now)
{
	size_t i;

	pass_listeners(m);
	for (i = 0; i < m->nseats; i++) {
		struct seat *seat = &m->seats[i];

		if (seat->crew == NULL || seat->role == SEAT_GOES)
			continue;
		if (seat->role == SEAT_ADDED || crew_is_tried(seat->crew)) {
			seat->role = SEAT_SERVES;
			seat->conf = m->reload.next;
			crew_commit(seat->crew, now);
			if (m->drained)
				crew_resume(seat->crew);
		} else {
			seat->role = SEAT_GOES;
			crew_leave(seat->crew, now);
		}
	}
}

void
trial_commit(struct master *m, int64_t now)
{
	const struct master_conf *past = m->conf, *next = m->reload.next;

	commit_seats(m, now);
	if (plan_keeps_pid_file(past, next))
		return;
	if (m->has_pidfile)
		pidfile_remove(past->pid_file, getpid());
	m->has_pidfile = next->pid_file != NULL;
}
