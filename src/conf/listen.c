/* listen.c - a pool's addresses, written or inherited. */
#include "conf/build.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "base/sock.h"
#include "base/sockaddr.h"
#include "master/fdstore.h"

static struct pool_listen *
add(struct conf_pool *p, const struct sock_addr *addr, struct conf_error *err)
{
	struct pool_listen *l;

	if (p->pool.nlisten == POOL_LISTEN_MAX) {
		(void)conf_fail(err, EX_CONFIG, p->where,
		    "listen: more than %d addresses", POOL_LISTEN_MAX);
		return NULL;
	}
	l = &p->pool.listen[p->pool.nlisten++];
	*l = (struct pool_listen){
		.addr = *addr,
		.perm = { p->listen_mode, (uid_t)-1, (gid_t)-1, NULL },
		.backlog = p->backlog,
		.fd = -1,
	};
	return l;
}

static int
parse_one(struct conf_data *data, struct conf_pool *p, const char *name,
    const char *text, struct conf_error *err)
{
	struct sock_addr addr;
	struct sock_error why;
	struct sock_perm perm;
	struct pool_listen *l;

	if (conf_resolve_perm(data, p, &perm, err) == -1)
		return -1;
	if (sock_parse(text, &addr, &why) == -1)
		return conf_fail(
		    err, EX_CONFIG, p->where, "%s: %s", name, why.text);
	if (sock_is_unix(&addr) && addr.name[0] != '/')
		return conf_fail(err, EX_CONFIG, p->where,
		    "%s: '%s' is not an absolute path", name, text);
	l = add(p, &addr, err);
	if (l == NULL)
		return -1;
	l->perm = perm;
	return 0;
}

static int
parse_listen(
    struct conf_data *data, struct conf_pool *p, struct conf_error *err)
{
	size_t i;

	for (i = 0; p->listen != NULL && p->listen[i] != NULL; i++)
		if (parse_one(data, p, "listen", p->listen[i], err) == -1)
			return -1;
	return 0;
}

/* Behind all others, inherited ones included: it is the status worker's. */
static int
add_status(struct conf_data *data, struct conf_pool *p, struct conf_error *err)
{
	if (p->status_listen == NULL)
		return 0;
	p->pool.nstatus = 1;
	return parse_one(data, p, "pm.status_listen", p->status_listen, err);
}

static struct pool_listen *
find_address(struct conf_pool *p, const struct sock_addr *addr)
{
	size_t i;

	for (i = 0; i < p->pool.nlisten; i++)
		if (sock_same(&p->pool.listen[i].addr, addr))
			return &p->pool.listen[i];
	return NULL;
}

/* Port 0 is a new one each time. */
static bool
is_any_port(const struct sock_addr *addr)
{
	size_t len = strlen(addr->name);

	return !sock_is_unix(addr) && len > 2 &&
	    strcmp(addr->name + len - 2, ":0") == 0;
}

/* Listener I of P against those of P and of the pools before it. */
static int
check_twice(const struct conf_data *data, const struct conf_pool *p, size_t i,
    struct conf_error *err)
{
	const struct sock_addr *addr = &p->pool.listen[i].addr;
	struct conf_pool *other;

	for (other = data->pools;; other = other->next) {
		const struct pool_listen *l = find_address(other, addr);

		if (l != NULL && l != &p->pool.listen[i])
			return conf_fail(err, EX_CONFIG, p->where,
			    "listen: '%s' is already an address of pool '%s'",
			    addr->name, other->pool.name);
		if (other == p)
			return 0;
	}
}

static int
check_all_different(const struct conf_data *data, struct conf_error *err)
{
	const struct conf_pool *p;
	size_t i;

	for (p = data->pools; p != NULL; p = p->next)
		for (i = 0; i < p->pool.nlisten; i++)
			if (!is_any_port(&p->pool.listen[i].addr) &&
			    check_twice(data, p, i, err) == -1)
				return -1;
	return 0;
}

/* The pool that an inherited listener is for, or NULL. */
static struct conf_pool *
owner(const struct conf_data *data, const char *name,
    const struct sock_addr *addr)
{
	struct conf_pool *p;

	for (p = data->pools; p != NULL; p = p->next)
		if (name != NULL && strcmp(p->pool.name, name) == 0)
			return p;
	for (p = data->pools; p != NULL; p = p->next)
		if (find_address(p, addr) != NULL)
			return p;
	return data->pools->next == NULL ? data->pools : NULL;
}

/* Give the listener on FD to P, in place of the address if it was written. */
static int
take(struct conf_pool *p, const struct sock_addr *addr, int fd,
    struct conf_error *err)
{
	struct pool_listen *l = find_address(p, addr);

	if (l == NULL)
		l = add(p, addr, err);
	if (l == NULL)
		return -1;
	l->fd = fd;
	return 0;
}

/* Nobody can connect to a unix socket without its file. */
static bool
is_lost(const struct sock_addr *addr)
{
	struct stat st;

	return sock_is_unix(addr) &&
	    (lstat(sockaddr_unix_path(addr), &st) == -1 ||
		!S_ISSOCK(st.st_mode));
}

/* What an earlier life left with the service manager goes to whoever has its
 * address; main() closes what nobody wants. */
static void
take_stored(const struct conf_data *data, const struct sock_addr *addr, int fd)
{
	struct conf_pool *p;

	for (p = data->pools; p != NULL && !is_lost(addr); p = p->next) {
		struct pool_listen *l = find_address(p, addr);

		if (l == NULL || l->fd != -1)
			continue;
		l->fd = fd;
		l->stored = true;
		return;
	}
}

static int
take_inherited(const struct conf_data *data, const struct conf_source *src,
    struct conf_error *err)
{
	size_t i;

	for (i = 0; i < src->ninherited; i++) {
		const char *name = src->inherited_names == NULL
		    ? NULL
		    : src->inherited_names[i];
		struct sock_addr addr;
		struct sock_error why;
		struct conf_pool *p;

		if (name != NULL && fdstore_is_conn(name))
			continue;
		if (sock_inherit(src->inherited[i], &addr, &why) == -1)
			return conf_fail(err, EX_CONFIG, "LISTEN_FDS",
			    "descriptor %d (%s): %s", src->inherited[i],
			    name == NULL ? "no name" : name, why.text);
		if (name != NULL && fdstore_is_listener(name)) {
			take_stored(data, &addr, src->inherited[i]);
			continue;
		}
		p = owner(data, name, &addr);
		if (p == NULL)
			return conf_fail(err, EX_CONFIG, "LISTEN_FDS",
			    "no pool has the name '%s' or listens on '%s'",
			    name == NULL ? "" : name, addr.name);
		if (take(p, &addr, src->inherited[i], err) == -1)
			return -1;
	}
	return 0;
}

/* A pool without any listener may find one on descriptor 0, as programs of
 * web servers and of inetd do. */
static int
need_one(const struct conf_data *data, struct conf_pool *p,
    const struct conf_source *src, struct conf_error *err)
{
	struct sock_addr addr;
	struct sock_error why;

	if (p->pool.nlisten > 0)
		return 0;
	if (src->stdin_fd != -1 && data->pools->next == NULL &&
	    sock_inherit(src->stdin_fd, &addr, &why) == 0)
		return take(p, &addr, src->stdin_fd, err);
	if (src->file != NULL)
		return conf_fail(err, EX_CONFIG, p->where,
		    "no listener: add listen = \"/path/of/the.sock\"");
	return conf_fail(err, EX_CONFIG, p->where,
	    "no listener: give -s PATH or -p PORT; descriptor 0 is no "
	    "listening socket and LISTEN_FDS brought none");
}

/* A program that speaks FastCGI itself finds its one listener on descriptor
 * 0. */
static int
check_number(const struct conf_pool *p, struct conf_error *err)
{
	if (!p->pool.native)
		return 0;
	if (p->pool.nlisten > 1)
		return conf_fail(err, EX_CONFIG, p->where,
		    "listen: a program of mode = fastcgi has one listener, not "
		    "%zu: give each address a pool of its own",
		    p->pool.nlisten);
	if (p->allowed_clients != NULL && sock_is_unix(&p->pool.listen[0].addr))
		return conf_fail(err, EX_CONFIG, p->where,
		    "listen.allowed_clients is for TCP; listen.mode, "
		    "listen.owner and listen.group guard a unix socket");
	return 0;
}

/* Who stops when nothing happens is started again only by whoever holds all
 * its listeners. */
static int
check_idle_exit(const struct conf_data *data, const struct conf_source *src,
    struct conf_error *err)
{
	const struct conf_pool *p;
	size_t i;

	if (data->global.idle_exit_ms == 0)
		return 0;
	for (p = data->pools; p != NULL; p = p->next) {
		for (i = 0; i < p->pool.nlisten && !src->test; i++)
			if (p->pool.listen[i].fd == -1 ||
			    p->pool.listen[i].stored)
				return conf_fail(err, EX_CONFIG, p->where,
				    "idle_exit: nobody would start it again "
				    "for %s: a service manager must hold that "
				    "socket and pass it on (LISTEN_FDS)",
				    p->pool.listen[i].addr.name);
	}
	return 0;
}

int
conf_resolve_listeners(struct conf_data *data, const struct conf_source *src,
    struct conf_error *err)
{
	struct conf_pool *p;

	for (p = data->pools; p != NULL; p = p->next)
		if (parse_listen(data, p, err) == -1)
			return -1;
	if (take_inherited(data, src, err) == -1)
		return -1;
	for (p = data->pools; p != NULL; p = p->next)
		if (need_one(data, p, src, err) == -1 ||
		    check_number(p, err) == -1 ||
		    add_status(data, p, err) == -1)
			return -1;
	if (check_all_different(data, err) == -1)
		return -1;
	return check_idle_exit(data, src, err);
}
