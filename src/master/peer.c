#include "master/peer.h"

#include <sys/socket.h>
#include <unistd.h>

#define GROUPS_MAX 256

static bool
is_member(int fd, gid_t primary, gid_t group)
{
	gid_t groups[GROUPS_MAX];
	socklen_t len = sizeof(groups);
	size_t i;

	if (group == (gid_t)-1)
		return false;
	if (primary == group)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &len) == -1)
		return false;
	for (i = 0; i < len / sizeof(groups[0]); i++)
		if (groups[i] == group)
			return true;
	return false;
}

bool
peer_allowed(int fd, const struct peer_rule *rule, struct peer *out)
{
	struct ucred cred = { 0 };
	socklen_t len = sizeof(cred);

	*out = (struct peer){ .uid = (uid_t)-1 };
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == -1)
		return false;
	out->pid = cred.pid;
	out->uid = cred.uid;
	if (cred.uid == 0 || cred.uid == geteuid())
		return true;
	if (rule->owner != (uid_t)-1 && cred.uid == rule->owner)
		return true;
	return is_member(fd, cred.gid, rule->group);
}
