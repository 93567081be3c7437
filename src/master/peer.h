/* peer.h - who is at the other end of the control socket, and may he.
 *
 * Layer: master.  Called by: control.c.
 */
#ifndef MASTER_PEER_H
#define MASTER_PEER_H

#include <stdbool.h>
#include <sys/types.h>

struct peer {
	pid_t pid;
	uid_t uid;
};

struct peer_rule {
	uid_t owner; /* of the socket, may too; (uid_t)-1: none */
	gid_t group; /* its members may; (gid_t)-1: none */
};

/* root, the master's own user and those of RULE. */
bool peer_allowed(int fd, const struct peer_rule *rule, struct peer *out);

#endif
