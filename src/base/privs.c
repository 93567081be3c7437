/* privs.c - see privs.h.  Looking up and applying are far apart in time: the
 * first asks the name service, the second must not. */
#include "base/privs.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/num.h"

/* (uid_t)-1 means "leave" to the kernel, so it is no id. */
#define ID_MAX ((int64_t)UINT32_MAX - 1)

/* The account that USER names, by name or by number; NULL when it has no
 * entry.  -1 when it is not even a number. */
static int
find_user(const char *user, uid_t *uid, struct passwd **pw)
{
	int64_t number;

	*pw = getpwnam(user);
	if (*pw != NULL) {
		*uid = (*pw)->pw_uid;
		return 0;
	}
	if (num_int(user, 0, ID_MAX, &number) == -1)
		return -1;
	*uid = (uid_t)number;
	*pw = getpwuid(*uid);
	return 0;
}

int
privs_find_user(const char *name, uid_t *uid)
{
	struct passwd *pw;

	return find_user(name, uid, &pw);
}

int
privs_find_group(const char *name, gid_t *gid)
{
	struct group *gr = getgrnam(name);
	int64_t number;

	if (gr != NULL) {
		*gid = gr->gr_gid;
		return 0;
	}
	if (num_int(name, 0, ID_MAX, &number) == -1)
		return -1;
	*gid = (gid_t)number;
	return 0;
}

static bool
has_group(const gid_t *groups, size_t n, gid_t gid)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (groups[i] == gid)
			return true;
	}
	return false;
}

/* All groups of the account NAME, and GID; NULL: GID alone. */
static int
find_groups(struct privs *p, const char *name, gid_t gid)
{
	int room = 64, n, i;
	gid_t *list = NULL;

	do {
		gid_t *more = realloc(list, (size_t)room * sizeof(*list));

		if (more == NULL) {
			free(list);
			return -1;
		}
		list = more;
		list[0] = gid;
		n = name == NULL ? 1 : room;
		room *= 2;
	} while (name != NULL && getgrouplist(name, gid, list, &n) == -1);
	p->groups = list;
	p->ngroups = 0;
	for (i = 0; i < n; i++) {
		if (!has_group(list, p->ngroups, list[i]))
			list[p->ngroups++] = list[i];
	}
	return 0;
}

__attribute__((format(printf, 3, 4))) static int
fail(char *text, size_t cap, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, cap, fmt, ap);
	va_end(ap);
	return -1;
}

int
privs_resolve(struct privs *p, const char *user, const char *group, char *text,
    size_t cap)
{
	uid_t uid = geteuid();
	gid_t gid = getegid();
	struct passwd *pw = NULL;

	if (user == NULL && group == NULL) {
		p->change_ids = false;
		return 0;
	}
	if (user == NULL)
		pw = getpwuid(uid);
	else if (find_user(user, &uid, &pw) == -1)
		return fail(text, cap, "unknown user '%s'", user);
	if (group == NULL && pw == NULL)
		return fail(text, cap,
		    "user '%s' has no account, so a group must be given", user);
	if (group == NULL)
		gid = pw->pw_gid;
	else if (privs_find_group(group, &gid) == -1)
		return fail(text, cap, "unknown group '%s'", group);
	if (find_groups(p, pw == NULL ? NULL : pw->pw_name, gid) == -1)
		return fail(text, cap, "%s", strerror(errno));
	p->uid = uid;
	p->gid = gid;
	p->change_ids = true;
	return 0;
}

static bool
groups_are(const struct privs *p)
{
	int n = getgroups(0, NULL);
	gid_t *now;
	size_t i, seen = 0;

	if (n == -1 || (size_t)n != p->ngroups)
		return false;
	now = calloc((size_t)n + 1, sizeof(*now));
	if (now == NULL || getgroups(n, now) != n) {
		free(now);
		return false;
	}
	/* The kernel keeps them in an order of its own. */
	for (i = 0; i < p->ngroups; i++)
		seen += has_group(now, (size_t)n, p->groups[i]);
	free(now);
	return seen == p->ngroups;
}

/* Are all ids of both kinds, and the groups, what was asked for? */
static bool
ids_are(const struct privs *p)
{
	uid_t u[3];
	gid_t g[3];
	int i;

	if (getresuid(&u[0], &u[1], &u[2]) == -1 ||
	    getresgid(&g[0], &g[1], &g[2]) == -1)
		return false;
	for (i = 0; i < 3; i++) {
		if (u[i] != p->uid || g[i] != p->gid)
			return false;
	}
	return groups_are(p);
}

static bool
can_regain(const struct privs *p)
{
	if (p->uid == 0)
		return false; /* nothing was given away */
	return setresuid((uid_t)-1, 0, (uid_t)-1) == 0 || setuid(0) == 0;
}

/* Groups while we still may, users last. */
static const char *
change_ids(const struct privs *p)
{
	/* Without root this is the only way to succeed. */
	if (!ids_are(p)) {
		if (setgroups(p->ngroups, p->groups) == -1)
			return "setgroups";
		if (setresgid(p->gid, p->gid, p->gid) == -1)
			return "setresgid";
		if (setresuid(p->uid, p->uid, p->uid) == -1)
			return "setresuid";
	}
	errno = EPERM;
	if (!ids_are(p))
		return "verifying the ids";
	if (can_regain(p)) {
		errno = EPERM;
		return "giving up root for good";
	}
	return NULL;
}

const char *
privs_apply(const struct privs *p)
{
	const char *step;

	if (p->set_priority && setpriority(PRIO_PROCESS, 0, p->priority) == -1)
		return "setpriority";
	if (p->chroot != NULL && (chroot(p->chroot) == -1 || chdir("/") == -1))
		return "chroot";
	if (p->chdir != NULL && chdir(p->chdir) == -1)
		return "chdir";
	(void)umask((mode_t)p->umask);
	if (p->change_ids && (step = change_ids(p)) != NULL)
		return step;
	if (p->no_new && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return "no_new_privs";
	/* The kernel switched it off if an id changed; only who asks for it
	 * has it on again. */
	if ((p->change_ids || p->dumpable) &&
	    prctl(PR_SET_DUMPABLE, p->dumpable) == -1)
		return "prctl";
	return NULL;
}
