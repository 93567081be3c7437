#include "advice.h"

#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sockfile.h"
#include "view/doctor.h"
#include "worker/worker.h"

static struct asuser
user_of(const struct worker_conf *w)
{
	if (!w->privs.change_ids)
		return (struct asuser){ .uid = geteuid(),
			.gid = getegid(),
			.chroot = w->privs.chroot };
	return (struct asuser){ w->privs.uid, w->privs.gid, w->privs.groups,
		w->privs.ngroups, w->privs.chroot };
}

/* Seen from outside of its chroot. */
static const char *
whole_path(const struct worker_conf *w, char *buf, size_t cap)
{
	(void)snprintf(buf, cap, "%s%s",
	    w->privs.chroot == NULL ? "" : w->privs.chroot,
	    w->command != NULL ? w->command[0] : w->cgi_root);
	return buf;
}

static int
check_program(const struct pool_conf *p, const struct worker_conf *w, FILE *out)
{
	const struct asuser user = user_of(w);
	const char *path = w->command != NULL ? w->command[0] : w->cgi_root;
	const char *marker;
	char why[512], whole[PATH_MAX], name[64];
	int n = 0;

	(void)whole_path(w, whole, sizeof(whole));
	if (!doctor_can_execute(
		path, &user, w->command == NULL, why, sizeof(why))) {
		(void)fprintf(out, "cgi-fpm: pool '%s': %s: user %s %s\n",
		    p->name, whole, doctor_user(user.uid, name, sizeof(name)),
		    why);
		n++;
	}
	if (w->command != NULL && !p->native &&
	    (marker = doctor_speaks_fastcgi(whole)) != NULL) {
		(void)fprintf(out,
		    "cgi-fpm: pool '%s': %s seems to speak FastCGI itself "
		    "(%s): use mode = fastcgi\n",
		    p->name, whole, marker);
		n++;
	}
	return n;
}

/* Of the sockets that are to be made. */
static int
check_sockets(const struct pool_conf *p, FILE *out)
{
	char why[512];
	size_t i;
	int n = 0;

	for (i = 0; i < p->nlisten - p->nstatus; i++) {
		const struct pool_listen *l = &p->listen[i];
		const char *path = sockfile_path(&l->addr);
		const struct stat st = { .st_mode = l->perm.mode,
			.st_uid =
			    l->perm.uid == (uid_t)-1 ? geteuid() : l->perm.uid,
			.st_gid = l->perm.gid == (gid_t)-1 ? getegid()
							   : l->perm.gid };

		if (path == NULL || l->fd != -1 ||
		    doctor_will_reach(path, &st, why, sizeof(why)))
			continue;
		(void)fprintf(
		    out, "cgi-fpm: pool '%s': %s: %s\n", p->name, path, why);
		n++;
	}
	return n;
}

int
advice_print(const struct conf *conf, FILE *out)
{
	size_t i, n = 0;

	for (i = 0; i < conf->master.npools; i++) {
		const struct pool_conf *p = &conf->master.pools[i];

		n += (size_t)check_program(p, p->run_arg, out);
		n += (size_t)check_sockets(p, out);
	}
	return (int)n;
}
