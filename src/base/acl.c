#include "base/acl.h"

#include <endian.h>
#include <errno.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#define NAME "system.posix_acl_access"
#define ENTRIES_MAX (ACL_NAMED_MAX + 4)
#define RW (ACL_READ | ACL_WRITE)

struct list {
	struct posix_acl_xattr_header head;
	struct posix_acl_xattr_entry at[ENTRIES_MAX];
	size_t n;
};

static void
add(struct list *l, unsigned tag, unsigned perm, uint32_t id)
{
	l->at[l->n++] = (struct posix_acl_xattr_entry){ htole16((uint16_t)tag),
		htole16((uint16_t)(perm & 7)), htole32(id) };
}

static void
add_named(struct list *l, const struct acl *acl, bool group)
{
	size_t i;

	for (i = 0; acl != NULL && i < acl->n; i++)
		if (acl->at[i].group == group)
			add(l, group ? ACL_GROUP : ACL_USER, RW, acl->at[i].id);
}

/* The kernel wants them in this order. */
int
acl_set(const char *path, unsigned mode, const struct acl *acl)
{
	struct list l = { .n = 0 };

	l.head.a_version = htole32(POSIX_ACL_XATTR_VERSION);
	add(&l, ACL_USER_OBJ, mode >> 6, (uint32_t)ACL_UNDEFINED_ID);
	add_named(&l, acl, false);
	add(&l, ACL_GROUP_OBJ, mode >> 3, (uint32_t)ACL_UNDEFINED_ID);
	add_named(&l, acl, true);
	if (acl != NULL)
		add(&l, ACL_MASK, mode >> 3 | RW, (uint32_t)ACL_UNDEFINED_ID);
	add(&l, ACL_OTHER, mode, (uint32_t)ACL_UNDEFINED_ID);
	return lsetxattr(
	    path, NAME, &l, sizeof(l.head) + l.n * sizeof(l.at[0]), 0);
}

/* What the entry TAG allows, or 0. */
static unsigned
allowed(const struct list *l, unsigned tag)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (le16toh(l->at[i].e_tag) == tag)
			return le16toh(l->at[i].e_perm) & 7;
	return 0;
}

int
acl_mode(const char *path, unsigned *mode)
{
	struct list l = { .n = 0 };
	ssize_t len = lgetxattr(path, NAME, &l, offsetof(struct list, n));

	if (len < (ssize_t)sizeof(l.head))
		return -1;
	l.n = ((size_t)len - sizeof(l.head)) / sizeof(l.at[0]);
	*mode = allowed(&l, ACL_USER_OBJ) << 6 |
	    allowed(&l, ACL_GROUP_OBJ) << 3 | allowed(&l, ACL_OTHER);
	return 0;
}
