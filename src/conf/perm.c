/* perm.c - who may use a pool's unix sockets: names to numbers. */
#include "conf/build.h"

#include <sysexits.h>

#include "base/acl.h"
#include "base/privs.h"

static int
resolve(const struct conf_pool *p, const char *directive, const char *name,
    bool group, uint32_t *id, struct conf_error *err)
{
	if ((group ? privs_find_group(name, id) : privs_find_user(name, id)) ==
	    0)
		return 0;
	return conf_fail(err, EX_CONFIG, p->where, "%s: unknown %s '%s'",
	    directive, group ? "group" : "user", name);
}

static bool
has(const struct acl *acl, bool group, uint32_t id)
{
	size_t i;

	for (i = 0; i < acl->n; i++)
		if (acl->at[i].group == group && acl->at[i].id == id)
			return true;
	return false;
}

static int
add_all(const struct conf_pool *p, const char *directive, char *const *names,
    bool group, struct acl *acl, struct conf_error *err)
{
	uint32_t id = 0;

	for (; names != NULL && *names != NULL; names++) {
		if (resolve(p, directive, *names, group, &id, err) == -1)
			return -1;
		if (has(acl, group, id))
			continue;
		if (acl->n == ACL_NAMED_MAX)
			return conf_fail(err, EX_CONFIG, p->where,
			    "%s: more than %d users and groups", directive,
			    ACL_NAMED_MAX);
		acl->at[acl->n].group = group;
		acl->at[acl->n++].id = id;
	}
	return 0;
}

/* It stands in for owner and group, as in php-fpm. */
static int
resolve_acl(struct conf_data *data, const struct conf_pool *p,
    struct sock_perm *perm, struct conf_error *err)
{
	struct acl *acl = conf_alloc(&data->mem, sizeof(*acl));

	if (add_all(p, "listen.acl_users", p->acl_users, false, acl, err) ==
		-1 ||
	    add_all(p, "listen.acl_groups", p->acl_groups, true, acl, err) ==
		-1)
		return -1;
	if (acl->n == 0)
		return 0;
	perm->acl = acl;
	perm->uid = (uid_t)-1;
	perm->gid = (gid_t)-1;
	return 0;
}

int
conf_resolve_perm(struct conf_data *data, const struct conf_pool *p,
    struct sock_perm *perm, struct conf_error *err)
{
	*perm =
	    (struct sock_perm){ p->listen_mode, (uid_t)-1, (gid_t)-1, NULL };
	if (p->listen_owner != NULL &&
	    resolve(p, "listen.owner", p->listen_owner, false, &perm->uid,
		err) == -1)
		return -1;
	if (p->listen_group != NULL &&
	    resolve(p, "listen.group", p->listen_group, true, &perm->gid,
		err) == -1)
		return -1;
	return resolve_acl(data, p, perm, err);
}

static void
remark_ignored(struct conf_data *data, const struct conf_pool *p,
    const char *directive, const char *name)
{
	if (name != NULL)
		conf_remark(data,
		    "pool %s: with listen.acl_users or listen.acl_groups "
		    "%s = '%s' is ignored",
		    p->pool.name, directive, name);
}

void
conf_remark_perm(struct conf_data *data, const struct conf_pool *p)
{
	if (p->acl_users == NULL && p->acl_groups == NULL)
		return;
	remark_ignored(data, p, "listen.owner", p->listen_owner);
	remark_ignored(data, p, "listen.group", p->listen_group);
}
