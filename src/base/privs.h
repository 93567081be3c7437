/* privs.h - who a worker runs as, and the way down there.
 *
 * Looked up by conf/ while names can still be resolved; applied once, in
 * the new process, in the order of the comment above privs_apply().
 *
 * Layer: base.
 */
#ifndef BASE_PRIVS_H
#define BASE_PRIVS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>
#include <sys/types.h>

#define PRIVS_RLIMITS_MAX 8

struct privs_rlimit {
	int resource; /* RLIMIT_... */
	rlim_t value;
};

struct privs {
	bool change_ids; /* false: stay who we are */
	uid_t uid;
	gid_t gid;
	gid_t *groups; /* owned by the configuration: free() */
	size_t ngroups;
	const char *chroot; /* NULL: none */
	const char *chdir;  /* NULL: none; inside the chroot */
	bool set_priority;
	int priority; /* nice value, process.priority */
	unsigned umask;
	bool dumpable; /* process.dumpable */
	bool no_new;   /* no_new_privs: programs gain none by being executed */
};

/* The user, or the group, that NAME names, or the number that it is.  0, or -1:
 * neither. */
int privs_find_user(const char *name, uid_t *uid);
int privs_find_group(const char *name, gid_t *gid);

/* Resolve USER (name or number; NULL: stay) and GROUP (likewise; NULL: the
 * user's own) into P's ids and groups.  Supplementary groups are those of
 * the user, numeric users too.  0, or -1 with TEXT ("unknown user 'x'"). */
int privs_resolve(struct privs *p, const char *user, const char *group,
    char *text, size_t cap);

/* priority, chroot, chdir, umask, setgroups, setresgid, setresuid, then:
 * all three ids of both kinds and the groups are what was asked, and root
 * cannot be regained; no new ones and dumpable as was asked.  NULL, or the name of the step
 * that failed, with errno. */
const char *privs_apply(const struct privs *p);

#endif
