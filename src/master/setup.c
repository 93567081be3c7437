/* setup.c - the master is made: seats, listeners, control socket; and taken
 * apart.  What an earlier program left is taken over in inherit.c.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/pidfile.h"
#include "master/door.h"
#include "master/frame.h"
#include "master/heirs.h"

static int
out_of(struct master_error *err, const char *what)
{
	return master_fail(err, EX_OSERR, "%s: %s", what, strerror(errno));
}

static int
open_crews(struct master *m, struct master_error *err)
{
	struct crew_conf conf = { .epoll_fd = m->epoll_fd,
		.limits = &m->self.workers,
		.ration = &m->ration,
		.generation = m->generation };
	size_t i;

	for (i = 0; i < m->conf->npools; i++) {
		conf.pool = &m->conf->pools[i];
		conf.index = (unsigned)i;
		m->seats[i].conf = m->conf;
		m->seats[i].crew = crew_open(&conf, err);
		if (m->seats[i].crew == NULL)
			return -1;
	}
	return 0;
}

static int
open_control(struct master *m, struct master_error *err)
{
	const struct control_conf conf = { .path = m->conf->control_listen,
		.make_dir = m->conf->control_default,
		.perm = m->conf->control_perm,
		.epoll_fd = m->epoll_fd,
		.ops = { m, orders_run, orders_board, orders_forget },
		.heir = m->heirs == NULL ? NULL : &m->heirs->control };
	struct sock_error why;

	m->control = control_open(&conf, &why);
	if (m->control != NULL)
		return 0;
	if (m->conf->control_default || m->heirs != NULL) {
		log_warn("control.listen: %s; going on without", why.text);
		return 0;
	}
	(void)master_fail(err,
	    errno == EACCES || errno == EPERM ? EX_NOPERM : EX_CANTCREAT,
	    "control.listen: %s", why.text);
	err->in_use = why.in_use;
	err->left_over = why.left_over;
	return -1;
}

static int
open_all(struct master *m, struct master_error *err)
{
	m->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (m->epoll_fd == -1)
		return out_of(err, "epoll");
	m->nseats = m->conf->npools + (m->heirs != NULL ? m->heirs->n : 0);
	m->seats = calloc(m->nseats, sizeof(m->seats[0]));
	if (m->seats == NULL) {
		m->nseats = 0;
		return out_of(err, "memory");
	}
	if ((m->heirs != NULL ? inherit_crews(m, err) : open_crews(m, err)) ==
	    -1)
		return -1;
	if (m->conf->control_listen != NULL)
		return open_control(m, err);
	if (m->heirs != NULL)
		control_disown(&m->heirs->control);
	return 0;
}

/* After another program it is no reason not to go on. */
static int
apply_self(struct master *m, struct master_error *err)
{
	self_remember(&m->self,
	    m->heirs != NULL && m->heirs->has_nofile ? &m->heirs->nofile
						     : NULL);
	if (self_apply(&m->self, &m->conf->self, err) == 0)
		return 0;
	if (m->heirs == NULL)
		return -1;
	log_warn("%s", err->text);
	return 0;
}

struct master *
master_open(const struct master_conf *conf, struct master_error *err)
{
	return master_inherit(conf, NULL, err);
}

struct master *
master_inherit(const struct master_conf *conf, struct heirs *heirs,
    struct master_error *err)
{
	struct master *m = calloc(1, sizeof(*m));

	if (m == NULL) {
		heirs_free(heirs);
		(void)out_of(err, "memory");
		return NULL;
	}
	m->conf = m->log_conf = conf;
	m->heirs = heirs;
	m->generation = 1;
	m->store_ms = CLOCK_NEVER;
	m->epoll_fd = -1;
	if (apply_self(m, err) == -1 || open_all(m, err) == -1) {
		master_close(m);
		return NULL;
	}
	return m;
}

void
master_set_image(struct master *m, const struct master_image *image)
{
	m->image = *image;
}

void
master_set_loader(struct master *m, const struct master_loader *loader)
{
	m->loader = *loader;
	/* What was set before an upgrade still differs from the files. */
	if (m->heirs != NULL)
		setting_tell(m);
}

void
master_close(struct master *m)
{
	size_t i;

	if (m == NULL)
		return;
	control_close(m->control);
	for (i = 0; i < m->nseats; i++)
		crew_close(m->seats[i].crew);
	if (m->has_pidfile)
		pidfile_remove(m->conf->pid_file, getpid());
	io_close(&m->epoll_fd);
	reload_release(m);
	heirs_free(m->heirs);
	free(m->ghosts);
	free(m->seats);
	free(m);
}
