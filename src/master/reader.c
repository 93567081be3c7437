/* reader.c - before new settings are read: a child that does the same first.
 *
 * It may die of that, or never come to an end (see master_loader); the master
 * supervises meanwhile.
 */
#include <signal.h>

#include "base/clock.h"
#include "master/frame.h"

void
reader_begin(struct master *m, int64_t now)
{
	struct reader *r = &m->reload.reader;

	*r = (struct reader){ .stage = READER_DONE };
	if (m->loader.rehearse != NULL)
		r->pid = m->loader.rehearse(m->loader.arg);
	if (r->pid == 0)
		return; /* none: the master is to try itself */
	r->stage = READER_READS;
	r->limit_ms = now + MASTER_READ_MS;
}

int64_t
reader_turn(struct master *m, int64_t now)
{
	struct reader *r = &m->reload.reader;

	if (r->pid == 0 || r->late)
		return CLOCK_NEVER;
	if (now < r->limit_ms)
		return r->limit_ms;
	r->late = true;
	(void)kill(r->pid, SIGKILL);
	return CLOCK_NEVER; /* its death is an event */
}

bool
reader_died(struct master *m, pid_t pid, int status)
{
	struct reader *r = &m->reload.reader;

	if (pid != r->pid || pid == 0)
		return false;
	r->pid = 0;
	r->status = status;
	r->stage = READER_DONE;
	return true;
}

int
reader_verdict(struct master *m, struct master_error *err)
{
	struct reader *r = &m->reload.reader;

	r->stage = READER_NONE;
	if (r->limit_ms == 0)
		return 0;
	return m->loader.rehearsed(m->loader.arg, r->status, r->late, err);
}

void
reader_drop(struct master *m)
{
	if (m->reload.reader.pid != 0)
		(void)kill(m->reload.reader.pid, SIGKILL);
}
