/* reload.c - the same master with other settings.
 *
 * Loaded and checked first, then opened and started beside what serves
 * (trial); only when all of the new is up the old retires (commit), and when
 * something of it cannot be, it goes again and nothing has changed
 * (rollback).  Questions that come meanwhile are one more reload.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/pidfile.h"
#include "master/frame.h"
#include "master/listeners.h"
#include "master/plan.h"

#define TRIAL_MS 30000 /* for all new workers to be ready */

static bool
same(const char *a, const char *b)
{
	return a != NULL && b != NULL ? strcmp(a, b) == 0 : a == b;
}

__attribute__((format(printf, 3, 4))) static int
fail(struct master_error *err, int code, const char *fmt, ...)
{
	va_list ap;

	err->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return -1;
}

/* Who asks */

void
master_reload(struct master *m, master_verdict *done, void *arg)
{
	size_t i;

	m->reload.asked = true;
	for (i = 0; done != NULL && i < FRAME_ASKERS_MAX; i++) {
		if (m->reload.askers[i].done != NULL)
			continue;
		m->reload.askers[i] = (struct asker){ done, arg, false };
		return;
	}
	if (done != NULL)
		done(arg, EX_TEMPFAIL, "too many wait for a reload already");
}

void
master_forget(struct master *m, const void *arg)
{
	size_t i;

	for (i = 0; i < FRAME_ASKERS_MAX; i++)
		if (m->reload.askers[i].arg == arg)
			m->reload.askers[i].done = NULL;
}

/* All that the verdict is about (ALL: all there are). */
static void
tell(struct master *m, bool all, int code, const char *text)
{
	size_t i;

	for (i = 0; i < FRAME_ASKERS_MAX; i++) {
		struct asker *a = &m->reload.askers[i];
		master_verdict *done = a->done;

		if (done == NULL || (!a->served && !all))
			continue;
		a->done = NULL;
		done(a->arg, code, text);
	}
}

static void
refuse(struct master *m, const struct master_error *err)
{
	log_error("reload: %s; nothing was changed", err->text);
	service_reloaded(&m->service);
	tell(m, false, err->code, err->text);
}

/* Settings that are in use */

static bool
is_used(const struct master *m, const struct master_conf *conf)
{
	size_t i;

	for (i = 0; i < m->nseats; i++)
		if (m->seats[i].crew != NULL && m->seats[i].conf == conf)
			return true;
	return conf == m->conf || conf == m->log_conf || conf == m->reload.next;
}

static bool
has_past_room(const struct master *m)
{
	size_t i;

	for (i = 0; i < FRAME_PAST_MAX; i++)
		if (m->past[i] == NULL)
			return true;
	return false;
}

static void
let_go(struct master *m, const struct master_conf *conf)
{
	if (m->loader.release != NULL)
		m->loader.release(m->loader.arg, conf);
}

/* CONF is not wanted any more, but may be in use for a while. */
static void
put_away(struct master *m, const struct master_conf *conf)
{
	size_t i;

	if (!is_used(m, conf)) {
		let_go(m, conf);
		return;
	}
	for (i = 0; m->past[i] != NULL; i++) /* has_past_room() */
		;
	m->past[i] = conf;
}

static void
clear_past(struct master *m)
{
	size_t i;

	for (i = 0; i < FRAME_PAST_MAX; i++) {
		if (m->past[i] == NULL || is_used(m, m->past[i]))
			continue;
		let_go(m, m->past[i]);
		m->past[i] = NULL;
	}
}

/* Crews that went. */
static void
clear_seats(struct master *m)
{
	size_t i;

	for (i = 0; i < m->nseats; i++) {
		struct seat *seat = &m->seats[i];

		if (seat->crew == NULL || seat->role != SEAT_GOES ||
		    !crew_gone(seat->crew))
			continue;
		log_notice("pool %s: gone", crew_pool(seat->crew)->name);
		crew_close(seat->crew);
		*seat = (struct seat){ 0 };
	}
}

/* The trial's beginning */

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
		return fail(err, EX_CONFIG,
		    "%s: a reload cannot change it, a restart can", directive);
	if (!same(m->conf->pid_file, next->pid_file) &&
	    next->pid_file != NULL &&
	    pidfile_write(next->pid_file, getpid()) == -1)
		return fail(err, EX_CANTCREAT, "pid: '%s': %s", next->pid_file,
		    strerror(errno));
	if (switch_log(m, next) == 0)
		return 0;
	return fail(err, EX_OSERR, "error_log: '%s': %s", next->log->target,
	    strerror(errno));
}

static void
close_global(struct master *m)
{
	const struct master_conf *next = m->reload.next;

	if (!same(m->conf->pid_file, next->pid_file) && next->pid_file != NULL)
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
	for (i = 0; i < m->nseats; i++) {
		struct crew *c = m->seats[i].crew;

		if (c == NULL || m->seats[i].role != SEAT_SERVES)
			continue;
		t->names[i] = crew_pool(c)->name;
		t->tables[t->from.n++] = crew_listeners(c);
	}
	t->from.at = t->tables;
	plan_pools(t->names, m->nseats, next, t->to);
	return 0;
}

static int
try_all(struct master *m, int64_t now, struct master_error *err)
{
	const struct master_conf *next = m->reload.next;
	struct crew_conf conf = { .epoll_fd = m->epoll_fd,
		.nofile = &m->nofile,
		.generation = m->generation + 1 };
	struct trial t = { 0 };
	int code = 0;
	size_t i;

	if (make_seats(m, next->npools) == -1 || look(m, &t) == -1)
		code = fail(err, EX_OSERR, "%s", strerror(errno));
	conf.from = &t.from;
	for (i = 0; code == 0 && i < next->npools; i++) {
		conf.pool = &next->pools[i];
		if (t.to[i] == PLAN_NEW)
			code = add_crew(m, &conf, err);
		else
			code =
			    crew_try(m->seats[t.to[i]].crew, &conf, now, err);
	}
	trial_free(&t);
	return code;
}

/* The trial's end */

static void
roll_back(struct master *m, const struct master_error *err, int64_t now)
{
	const struct master_conf *next = m->reload.next;
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
	refuse(m, err);
	m->reload.next = NULL;
	put_away(m, next);
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

static void
commit(struct master *m, int64_t now)
{
	const struct master_conf *past = m->conf, *next = m->reload.next;
	char text[80];

	commit_seats(m, now);
	if (!same(past->pid_file, next->pid_file)) {
		if (m->has_pidfile)
			pidfile_remove(past->pid_file, getpid());
		m->has_pidfile = next->pid_file != NULL;
	}
	m->drained = false;
	m->conf = next;
	m->reload.next = NULL;
	m->generation++;
	put_away(m, past);
	(void)snprintf(
	    text, sizeof(text), "reloaded: generation %u", m->generation);
	log_notice("%s", text);
	service_reloaded(&m->service);
	tell(m, false, 0, text);
}

static void
judge(struct master *m, int64_t now)
{
	struct master_error err;
	bool up = true;
	size_t i;

	for (i = 0; i < m->nseats; i++) {
		struct crew *c = m->seats[i].crew;

		if (c == NULL || m->seats[i].role == SEAT_GOES)
			continue;
		if (crew_state(c) == CREW_FAILED) {
			err = *crew_error(c);
			roll_back(m, &err, now);
			return;
		}
		up = up && crew_state(c) == CREW_UP;
	}
	if (up) {
		commit(m, now);
	} else if (now >= m->reload.limit_ms) {
		(void)fail(&err, EX_TEMPFAIL,
		    "the new workers were not ready within %d seconds",
		    TRIAL_MS / 1000);
		roll_back(m, &err, now);
	}
}

static void
begin(struct master *m, int64_t now)
{
	struct master_error err = { 0 };
	size_t i;

	m->reload.asked = false;
	for (i = 0; i < FRAME_ASKERS_MAX; i++)
		m->reload.askers[i].served = m->reload.askers[i].done != NULL;
	log_notice("reloading");
	service_reloading(&m->service, clock_us());
	if (m->loader.load == NULL)
		(void)fail(&err, EX_UNAVAILABLE, "there is nothing to load");
	else if (!has_past_room(m))
		(void)fail(&err, EX_TEMPFAIL,
		    "pools of earlier settings are still ending");
	else
		m->reload.next = m->loader.load(m->loader.arg, &err);
	if (m->reload.next == NULL) {
		refuse(m, &err);
		return;
	}
	m->reload.limit_ms = now + TRIAL_MS;
	if (open_global(m, &err) == -1 || try_all(m, now, &err) == -1)
		roll_back(m, &err, now);
}

int64_t
reload_turn(struct master *m, int64_t now)
{
	if (m->stop.said)
		return CLOCK_NEVER;
	if (m->reload.next != NULL)
		judge(m, now);
	clear_seats(m);
	clear_past(m);
	if (m->reload.next == NULL && m->reload.asked && m->ready == NULL) {
		begin(m, now);
		return now; /* the crews have not had their turn yet */
	}
	return m->reload.next == NULL ? CLOCK_NEVER : m->reload.limit_ms;
}

void
reload_drop(struct master *m)
{
	m->reload.asked = false;
	tell(m, true, EX_UNAVAILABLE, "the master stops");
}

void
reload_release(struct master *m)
{
	size_t i;

	for (i = 0; i < FRAME_PAST_MAX; i++)
		if (m->past[i] != NULL)
			let_go(m, m->past[i]);
	if (m->reload.next != NULL)
		let_go(m, m->reload.next);
	let_go(m, m->conf);
}
