/* control.c - where the control socket is, and whose it is. */
#include "conf/build.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/num.h"
#include "proto/ctlmsg.h"

#define WHERE "control socket"

static int
find_owner(const char *name, uid_t *uid, struct conf_error *err)
{
	const struct passwd *pw;
	int64_t number;

	*uid = (uid_t)-1;
	if (name == NULL)
		return 0;
	pw = getpwnam(name);
	if (pw != NULL)
		*uid = pw->pw_uid;
	else if (num_int(name, 0, UINT32_MAX - 1, &number) == 0)
		*uid = (uid_t)number;
	else
		return conf_fail(err, EX_CONFIG, WHERE,
		    "control.owner: unknown user '%s'", name);
	return 0;
}

static int
find_group(const char *name, gid_t *gid, struct conf_error *err)
{
	const struct group *gr;
	int64_t number;

	*gid = (gid_t)-1;
	if (name == NULL)
		return 0;
	gr = getgrnam(name);
	if (gr != NULL)
		*gid = gr->gr_gid;
	else if (num_int(name, 0, UINT32_MAX - 1, &number) == 0)
		*gid = (gid_t)number;
	else
		return conf_fail(err, EX_CONFIG, WHERE,
		    "control.group: unknown group '%s'", name);
	return 0;
}

int
conf_resolve_control(const struct conf_global *g, const struct conf_source *src,
    struct master_conf *out, struct conf_error *err)
{
	const char *path = g->control_listen;

	out->control_default = false;
	if (path == NULL && src->file != NULL && geteuid() == 0) {
		path = CTLMSG_SOCKET;
		out->control_default = true;
	}
	if (path != NULL && strcmp(path, "none") == 0)
		path = NULL;
	out->control_listen = path;
	out->control_perm.mode = g->control_mode;
	if (find_owner(g->control_owner, &out->control_perm.uid, err) == -1)
		return -1;
	return find_group(g->control_group, &out->control_perm.gid, err);
}
