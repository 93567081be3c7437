/* reload.c - the same master with other settings.
 *
 * Read by a child, loaded and checked first, then opened and started beside
 * what serves (trial); only when all of the new is up the old retires
 * (commit), and when something of it cannot be, it goes again and nothing has
 * changed (rollback).  Questions that come meanwhile are one more reload.
 */
#include <stdio.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/log.h"
#include "master/frame.h"

#define TRIAL_MS 30000 /* for all new workers to be ready */

/* Who asks */

void
master_reload(struct master *m, master_verdict *done, void *arg)
{
	m->reload.asked = true;
	askers_add(&m->reload.askers, done, arg);
}

void
master_forget(struct master *m, const void *arg)
{
	askers_forget(&m->reload.askers, arg);
	askers_forget(&m->upgrade.askers, arg);
}

static void
refuse(struct master *m, const struct master_error *err)
{
	log_error("reload: %s; nothing was changed", err->text);
	setting_settle(m, false);
	service_reloaded(&m->service);
	askers_tell(&m->reload.askers, false, err->code, err->text);
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
		log_about(LOG_LEVEL_NOTICE,
		    &(struct log_about){ .pool = crew_pool(seat->crew)->name },
		    "pool %s: gone", crew_pool(seat->crew)->name);
		crew_close(seat->crew);
		*seat = (struct seat){ 0 };
	}
}

static void
roll_back(struct master *m, const struct master_error *err, int64_t now)
{
	const struct master_conf *next = m->reload.next;

	trial_rollback(m, now);
	refuse(m, err);
	m->reload.next = NULL;
	put_away(m, next);
}

static void
commit(struct master *m, int64_t now)
{
	const struct master_conf *past = m->conf;

	trial_commit(m, now);
	m->drained = false;
	m->conf = m->reload.next;
	m->reload.next = NULL;
	m->generation++;
	setting_settle(m, true);
	manager_store_soon(m);
	put_away(m, past);
	setting_tell(m);
	m->reload.settle_ms = now + CREW_SETTLE_MS;
}

static bool
is_settled(const struct master *m)
{
	size_t i;

	for (i = 0; i < m->nseats; i++)
		if (m->seats[i].crew != NULL &&
		    !crew_is_settled(m->seats[i].crew))
			return false;
	return true;
}

/* Whoever asked is told when nobody takes a request under the old settings
 * any more. */
static void
settle(struct master *m, int64_t now)
{
	char text[80];

	if (now < m->reload.settle_ms && !is_settled(m))
		return;
	m->reload.settle_ms = 0;
	(void)snprintf(
	    text, sizeof(text), "reloaded: generation %u", m->generation);
	log_notice("%s", text);
	service_reloaded(&m->service);
	askers_tell(&m->reload.askers, false, 0, text);
}

bool
reload_is_under_way(const struct master *m)
{
	return m->reload.reader.stage != READER_NONE ||
	    m->reload.next != NULL || m->reload.settle_ms != 0;
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
		(void)master_fail(&err, EX_TEMPFAIL,
		    "the new workers were not ready within %d seconds",
		    TRIAL_MS / 1000);
		roll_back(m, &err, now);
	}
}

/* The reader has come to its end: now it is our turn. */
static void
load(struct master *m, int64_t now)
{
	struct master_error err = { 0 };

	if (reader_verdict(m, &err) == 0)
		m->reload.next = m->loader.load(m->loader.arg, &err);
	if (m->reload.next == NULL) {
		refuse(m, &err);
		return;
	}
	m->reload.limit_ms = now + TRIAL_MS;
	if (trial_begin(m, now, &err) == -1)
		roll_back(m, &err, now);
}

static void
begin(struct master *m, int64_t now)
{
	struct master_error err = { 0 };

	m->reload.asked = false;
	setting_load(m);
	askers_serve(&m->reload.askers);
	log_notice("reloading");
	service_reloading(&m->service, clock_us());
	if (m->loader.load == NULL)
		(void)master_fail(
		    &err, EX_UNAVAILABLE, "there is nothing to load");
	else if (!has_past_room(m))
		(void)master_fail(&err, EX_TEMPFAIL,
		    "pools of earlier settings are still ending");
	else
		reader_begin(m, now);
	if (err.code != 0)
		refuse(m, &err);
}

/* A step, if it is time for one; true when there was. */
static bool
step(struct master *m, int64_t now)
{
	if (m->reload.reader.stage == READER_DONE)
		load(m, now);
	else if (!reload_is_under_way(m) && m->reload.asked &&
	    m->ready == NULL && m->swap.crew == NULL)
		begin(m, now);
	else
		return false;
	return true;
}

int64_t
reload_turn(struct master *m, int64_t now)
{
	bool on_trial = m->reload.next != NULL;

	if (m->stop.said)
		return CLOCK_NEVER;
	if (on_trial)
		judge(m, now);
	else if (m->reload.settle_ms != 0)
		settle(m, now);
	clear_seats(m);
	clear_past(m);
	if (on_trial && m->reload.settle_ms != 0)
		return now; /* the old ones have not been told yet */
	if (step(m, now))
		return now; /* the crews have not had their turn yet */
	if (m->reload.settle_ms != 0)
		return m->reload.settle_ms;
	return m->reload.next != NULL ? m->reload.limit_ms
				      : reader_turn(m, now);
}

void
reload_drop(struct master *m)
{
	m->reload.asked = false;
	reader_drop(m);
	askers_tell(
	    &m->reload.askers, true, EX_UNAVAILABLE, "the master stops");
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
