/* fdstore.h - what the service manager keeps open for us.
 *
 * While the service restarts nobody else has the listeners, and who connects
 * meanwhile waits; and who was connected, and nobody served at that moment,
 * is served afterwards.  They come back with the other inherited listeners,
 * by names that say so: a prefix, and the address or the pool.
 *
 * What should be there is compared with what is, and only the difference is
 * told; what could not be told is tried again.  Layer: master.  Called by:
 * manager.c; conf/listen.c and main.c know the prefix.
 */
#ifndef MASTER_FDSTORE_H
#define MASTER_FDSTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/types.h>

#include "base/notify.h"
#include "base/sock.h"

#define FDSTORE_PREFIX "stored/"
#define FDSTORE_KEPT "kept/"     /* connections after a request */
#define FDSTORE_SILENT "silent/" /* those that brought no byte yet */
/* Together FileDescriptorStoreMax= of the unit; a start takes them all. */
#define FDSTORE_MAX 128
#define FDSTORE_CONNS_MAX 384
#define FDSTORE_NAME_MAX (sizeof(FDSTORE_PREFIX) + SOCK_NAME_MAX)

struct fdstore { /* zeroed: nothing is there */
	size_t n;
	struct fdstore_entry {
		char name[FDSTORE_NAME_MAX];
		ino_t socket;
		bool wanted;
	} at[FDSTORE_MAX];
	unsigned conns; /* left there, as we stop */
};

/* Is NAME, of an inherited descriptor, that of a listener of ours? */
static inline bool
fdstore_is_listener(const char *name)
{
	return strncmp(name, FDSTORE_PREFIX, strlen(FDSTORE_PREFIX)) == 0;
}
/* Or that of a connection? */
static inline bool
fdstore_is_conn(const char *name)
{
	return strncmp(name, FDSTORE_KEPT, strlen(FDSTORE_KEPT)) == 0 ||
	    strncmp(name, FDSTORE_SILENT, strlen(FDSTORE_SILENT)) == 0;
}
static inline bool
fdstore_is_ours(const char *name)
{
	return fdstore_is_listener(name) || fdstore_is_conn(name);
}
/* The name for a listener on ADDR. */
void fdstore_name(const struct sock_addr *addr, char *name, size_t cap);

/* It was there when we started, as FD. */
void fdstore_found(struct fdstore *f, const char *name, int fd);
/* One round: begin, want each, end.  A socket that was made anew in the place
 * of one that is there replaces it.  -1: something could not be told. */
void fdstore_begin(struct fdstore *f);
int fdstore_want(struct fdstore *f, const struct notify *to,
    const struct sock_addr *addr, int fd);
int fdstore_end(struct fdstore *f, const struct notify *to);

/* Leave a connection of POOL there, for the next start; the caller closes
 * its own.  What cannot be left is lost. */
void fdstore_leave(struct fdstore *f, const struct notify *to, const char *pool,
    int fd, bool silent);
/* The pool in the name of a connection. */
const char *fdstore_pool(const char *name, bool *silent);

/* Was a listener on ADDR given to it?  Whether it took it is not known. */
bool fdstore_has(const struct fdstore *f, const struct sock_addr *addr);
/* Will a listener on ADDR be there after we ended?  The manager does not say
 * so in all versions; then it is enough that it made the folder. */
bool fdstore_keeps(const struct fdstore *f, const struct sock_addr *addr);

#endif
