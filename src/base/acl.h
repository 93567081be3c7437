/* acl.h - who may use a file beside its owner, its group and all others: its
 * POSIX access control list.
 *
 * Spoken with the kernel itself, whose extended attribute it is.  Layer: base.
 */
#ifndef BASE_ACL_H
#define BASE_ACL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACL_NAMED_MAX 64

struct acl { /* those in it may read and write */
	size_t n;
	struct {
		bool group; /* ID is a group's */
		uint32_t id;
	} at[ACL_NAMED_MAX];
};

/* Give the file PATH (no link is followed) the mode MODE and ACL in one step;
 * ACL NULL: none.  0, or -1 with errno; EOPNOTSUPP: its file system has
 * none. */
int acl_set(const char *path, unsigned mode, const struct acl *acl);
/* The mode that PATH would have without its list, whose mask stat() shows in
 * place of what the group may.  0, or -1: it has none, or errno. */
int acl_mode(const char *path, unsigned *mode);

#endif
