/* control.c - where the control socket is, and whose it is. */
#include "conf/build.h"

#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/privs.h"
#include "proto/ctlmsg.h"

#define WHERE "control socket"

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
	out->control_perm.uid = (uid_t)-1;
	out->control_perm.gid = (gid_t)-1;
	if (g->control_owner != NULL &&
	    privs_find_user(g->control_owner, &out->control_perm.uid) == -1)
		return conf_fail(err, EX_CONFIG, WHERE,
		    "control.owner: unknown user '%s'", g->control_owner);
	if (g->control_group != NULL &&
	    privs_find_group(g->control_group, &out->control_perm.gid) == -1)
		return conf_fail(err, EX_CONFIG, WHERE,
		    "control.group: unknown group '%s'", g->control_group);
	return 0;
}
