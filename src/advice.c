#include "advice.h"

#include <unistd.h>

#include "view/doctor.h"
#include "worker/worker.h"

static struct doctor_user
user_of(const struct worker_conf *w)
{
	if (!w->privs.change_ids)
		return (struct doctor_user){ geteuid(), getegid(), NULL, 0 };
	return (struct doctor_user){ w->privs.uid, w->privs.gid,
		w->privs.groups, w->privs.ngroups };
}

static int
check_program(const struct pool_conf *p, const struct worker_conf *w, FILE *out)
{
	const struct doctor_user user = user_of(w);
	const char *path = w->command != NULL ? w->command[0] : w->cgi_root;
	const char *marker;
	char why[512];
	int n = 0;

	if (w->privs.chroot != NULL) /* paths are of another root */
		return 0;
	if (!doctor_can_execute(path, &user, why, sizeof(why))) {
		(void)fprintf(out, "cgi-fpm: pool '%s': %s: user %u %s\n",
		    p->name, path, (unsigned)user.uid, why);
		n++;
	}
	if (w->command != NULL && !p->native &&
	    (marker = doctor_speaks_fastcgi(path)) != NULL) {
		(void)fprintf(out,
		    "cgi-fpm: pool '%s': %s seems to speak FastCGI itself "
		    "(%s): use mode = fastcgi\n",
		    p->name, path, marker);
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
	}
	return (int)n;
}
