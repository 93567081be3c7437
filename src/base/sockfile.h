/* sockfile.h - the file of a unix socket that we made.
 *
 * Another manager may have put its own in the same place since, so a file is
 * known by its inode and removed only while it is still the one we made.
 *
 * Layer: base.  Called by: master (listeners, control socket).
 */
#ifndef BASE_SOCKFILE_H
#define BASE_SOCKFILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/sock.h"

struct sockfile {  /* zeroed: there is none that we made */
	bool made; /* and not removed or given away since */
	dev_t dev;
	ino_t ino;
};

/* The path of ADDR's file, or NULL: TCP and abstract sockets have none. */
const char *sockfile_path(const struct sock_addr *addr);
/* The socket of ADDR has just been made.  0, or -1 with errno: its file cannot
 * be looked at, and is nobody's. */
int sockfile_note(struct sockfile *f, const struct sock_addr *addr);
/* Is the file still the one that was noted? */
bool sockfile_is_ours(const struct sockfile *f, const struct sock_addr *addr);
/* Was it removed, and nothing put in its place? */
bool sockfile_is_gone(const struct sockfile *f, const struct sock_addr *addr);
/* Remove it if it is ours; it is noted no more. */
void sockfile_remove(struct sockfile *f, const struct sock_addr *addr);

#endif
