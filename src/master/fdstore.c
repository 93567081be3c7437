#include "master/fdstore.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/num.h"

/* Names go from letters to signs, without a colon. */
void
fdstore_name(const struct sock_addr *addr, char *name, size_t cap)
{
	char *p;

	(void)snprintf(name, cap, FDSTORE_PREFIX "%s", addr->name);
	for (p = name; *p != '\0'; p++)
		if (*p <= ' ' || *p > '~' || *p == ':')
			*p = '_';
}

static struct fdstore_entry *
find(struct fdstore *f, const char *name)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (strcmp(f->at[i].name, name) == 0)
			return &f->at[i];
	return NULL;
}

static struct fdstore_entry *
add(struct fdstore *f, const char *name)
{
	struct fdstore_entry *e = find(f, name);

	if (e == NULL && f->n < FDSTORE_MAX)
		e = &f->at[f->n++];
	if (e != NULL)
		(void)snprintf(e->name, sizeof(e->name), "%s", name);
	return e;
}

/* Which socket it is, whatever its number; 0: not known. */
static ino_t
identity(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 ? st.st_ino : 0;
}

/* Of two with one name it is not known which one comes back. */
void
fdstore_found(struct fdstore *f, const char *name, int fd)
{
	bool again = find(f, name) != NULL;
	struct fdstore_entry *e = add(f, name);

	if (e != NULL)
		e->socket = again ? 0 : identity(fd);
}

void
fdstore_begin(struct fdstore *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		f->at[i].wanted = false;
}

static int
take_out(struct fdstore *f, const struct notify *to, struct fdstore_entry *e)
{
	char msg[FDSTORE_NAME_MAX + 64];

	(void)snprintf(msg, sizeof(msg), "FDSTOREREMOVE=1\nFDNAME=%s", e->name);
	if (notify_send(to, msg, -1) == -1)
		return -1;
	*e = f->at[--f->n];
	return 0;
}

static int
put(struct fdstore *f, const struct notify *to, const char *name, int fd)
{
	char msg[FDSTORE_NAME_MAX + 64];
	struct fdstore_entry *e;

	if (f->n == FDSTORE_MAX)
		return 0;
	(void)snprintf(
	    msg, sizeof(msg), "FDSTORE=1\nFDNAME=%s\nFDPOLL=0", name);
	if (notify_send(to, msg, fd) == -1)
		return -1;
	e = add(f, name);
	e->socket = identity(fd);
	e->wanted = true;
	return 0;
}

int
fdstore_want(struct fdstore *f, const struct notify *to,
    const struct sock_addr *addr, int fd)
{
	char name[FDSTORE_NAME_MAX];
	struct fdstore_entry *e;

	fdstore_name(addr, name, sizeof(name));
	e = find(f, name);
	if (e != NULL && (e->wanted || e->socket == identity(fd))) {
		e->wanted = true;
		return 0;
	}
	/* Nobody reaches the other any more: its file is the new one's. */
	if (e != NULL && take_out(f, to, e) == -1)
		return -1;
	return put(f, to, name, fd);
}

int
fdstore_end(struct fdstore *f, const struct notify *to)
{
	size_t i = 0;
	int code = 0;

	while (i < f->n) {
		if (f->at[i].wanted) {
			i++;
		} else if (take_out(f, to, &f->at[i]) == -1) {
			code = -1;
			i++;
		}
	}
	return code;
}

/* LIST has folders, with colons between them. */
static bool
is_beneath(const char *path, const char *list)
{
	while (*list != '\0') {
		size_t len = strcspn(list, ":");

		if (len > 0 && strncmp(path, list, len) == 0 &&
		    path[len] == '/')
			return true;
		list += len;
		list += *list == ':';
	}
	return false;
}

bool
fdstore_has(const struct fdstore *f, const struct sock_addr *addr)
{
	char name[FDSTORE_NAME_MAX];
	size_t i;

	fdstore_name(addr, name, sizeof(name));
	for (i = 0; i < f->n; i++)
		if (strcmp(f->at[i].name, name) == 0)
			return true;
	return false;
}

bool
fdstore_keeps(const struct fdstore *f, const struct sock_addr *addr)
{
	const char *most = getenv("FDSTORE");
	const char *dirs = getenv("RUNTIME_DIRECTORY");
	int64_t n;

	if (!fdstore_has(f, addr))
		return false;
	if (most != NULL && num_int(most, 1, INT32_MAX, &n) == 0)
		return true;
	return dirs != NULL && is_beneath(addr->name, dirs);
}

void
fdstore_leave(struct fdstore *f, const struct notify *to, const char *pool,
    int fd, bool silent)
{
	char msg[FDSTORE_NAME_MAX + 64];

	if (f->conns == FDSTORE_CONNS_MAX)
		return;
	/* It polls it, so one that its peer closes does not stay there. */
	(void)snprintf(msg, sizeof(msg), "FDSTORE=1\nFDNAME=%s%s",
	    silent ? FDSTORE_SILENT : FDSTORE_KEPT, pool);
	if (notify_send(to, msg, fd) == 0)
		f->conns++;
}

const char *
fdstore_pool(const char *name, bool *silent)
{
	size_t len = strlen(FDSTORE_SILENT);

	*silent = strncmp(name, FDSTORE_SILENT, len) == 0;
	return name + (*silent ? len : strlen(FDSTORE_KEPT));
}
