/* fdstore.h - listeners that the service manager keeps open for us.
 *
 * While the service restarts nobody else has them, and who connects meanwhile
 * waits.  They come back with the other inherited listeners, by names that
 * say so: FDSTORE_PREFIX and the address.
 *
 * What should be there is compared with what is, and only the difference is
 * told; what could not be told is tried again.  Layer: master.  Called by:
 * manager.c; conf_listen.c and main.c know the prefix.
 */
#ifndef MASTER_FDSTORE_H
#define MASTER_FDSTORE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/notify.h"
#include "base/sock.h"

#define FDSTORE_PREFIX "stored/"
#define FDSTORE_MAX 128 /* as FileDescriptorStoreMax= of the unit */
#define FDSTORE_NAME_MAX (sizeof(FDSTORE_PREFIX) + SOCK_NAME_MAX)

struct fdstore { /* zeroed: nothing is there */
	size_t n;
	struct fdstore_entry {
		char name[FDSTORE_NAME_MAX];
		bool wanted;
	} at[FDSTORE_MAX];
};

/* Is NAME, of an inherited listener, one of ours? */
static inline bool
fdstore_is_ours(const char *name)
{
	return strncmp(name, FDSTORE_PREFIX, strlen(FDSTORE_PREFIX)) == 0;
}
/* The name for a listener on ADDR. */
void fdstore_name(const struct sock_addr *addr, char *name, size_t cap);

/* It was there when we started. */
void fdstore_found(struct fdstore *f, const char *name);
/* One round: begin, want each, end.  -1: something could not be told. */
void fdstore_begin(struct fdstore *f);
int fdstore_want(struct fdstore *f, const struct notify *to,
    const struct sock_addr *addr, int fd);
int fdstore_end(struct fdstore *f, const struct notify *to);

/* Will a listener on ADDR be there after we ended?  The manager does not say
 * so in all versions; then it is enough that it made the folder. */
bool fdstore_keeps(const struct fdstore *f, const struct sock_addr *addr);

#endif
