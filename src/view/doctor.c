#include "view/doctor.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCAN_MAX (32u << 20)
#define GROUPS_MAX 64

static bool
in_groups(const struct doctor_user *u, gid_t gid)
{
	size_t i;

	for (i = 0; i < u->ngroups; i++)
		if (u->groups[i] == gid)
			return true;
	return u->gid == gid;
}

/* Does U have BIT (4, 2 or 1) on what ST describes? */
static bool
has_bit(const struct stat *st, const struct doctor_user *u, unsigned bit)
{
	if (u->uid == 0)
		return bit != 1 || (st->st_mode & 0111) != 0 ||
		    S_ISDIR(st->st_mode);
	if (st->st_uid == u->uid)
		return st->st_mode & bit << 6;
	if (in_groups(u, st->st_gid))
		return st->st_mode & bit << 3;
	return st->st_mode & bit;
}

/* May U search every folder on the way to PATH (absolute)? */
static bool
can_reach(const char *path, const struct doctor_user *u, char *why, size_t cap)
{
	char dir[PATH_MAX];
	const char *slash = path;
	struct stat st;

	while ((slash = strchr(slash, '/')) != NULL) {
		size_t len = slash == path ? 1 : (size_t)(slash - path);

		if (len >= sizeof(dir))
			return true;
		memcpy(dir, path, len);
		dir[len] = '\0';
		if (stat(dir, &st) == 0 && !has_bit(&st, u, 1)) {
			(void)snprintf(
			    why, cap, "may not search the folder %s", dir);
			return false;
		}
		slash++;
	}
	return true;
}

bool
doctor_can_execute(
    const char *path, const struct doctor_user *user, char *why, size_t cap)
{
	struct stat st;

	if (!can_reach(path, user, why, cap))
		return false;
	if (stat(path, &st) == -1) {
		(void)snprintf(why, cap, "%s", strerror(errno));
		return false;
	}
	if (has_bit(&st, user, 1))
		return true;
	(void)snprintf(
	    why, cap, "may not execute it (mode %04o)", st.st_mode & 07777);
	return false;
}

static const char *
find_marker(const char *buf, size_t len)
{
	static const char *const markers[] = { "libfcgi.so", "FCGI_Accept",
		"FCGX_Accept", "net/http/fcgi", "use FCGI", "CGI::Fast",
		"flup.server.fcgi" };
	size_t i;

	for (i = 0; i < sizeof(markers) / sizeof(markers[0]); i++)
		if (memmem(buf, len, markers[i], strlen(markers[i])) != NULL)
			return markers[i];
	return NULL;
}

const char *
doctor_speaks_fastcgi(const char *path)
{
	enum { KEPT = 32 }; /* longer than any marker */
	char buf[65536 + KEPT];
	const char *found = NULL;
	size_t have = 0, total = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n;

	while (fd != -1 && found == NULL && total < SCAN_MAX &&
	    (n = read(fd, buf + have, sizeof(buf) - have)) > 0) {
		have += (size_t)n;
		total += (size_t)n;
		found = find_marker(buf, have);
		if (have > KEPT) {
			memmove(buf, buf + have - KEPT, KEPT);
			have = KEPT;
		}
	}
	if (fd != -1)
		(void)close(fd);
	return found;
}

static bool
may_connect(const char *path, const struct stat *st, const struct passwd *pw)
{
	gid_t groups[GROUPS_MAX];
	int n = GROUPS_MAX;
	struct doctor_user user = { .uid = pw->pw_uid, .gid = pw->pw_gid };
	char why[PATH_MAX + 40];

	if (getgrouplist(pw->pw_name, pw->pw_gid, groups, &n) == -1)
		n = GROUPS_MAX;
	user.groups = groups;
	user.ngroups = (size_t)n;
	return has_bit(st, &user, 2) &&
	    can_reach(path, &user, why, sizeof(why));
}

bool
doctor_reachable(const char *path, char *why, size_t cap)
{
	static const char *const users[] = { "www-data", "nginx", "apache",
		"httpd", "http", "lighttpd", "caddy", "haproxy" };
	const struct passwd *pw;
	const char *known = NULL;
	struct stat st;
	size_t i;

	if (stat(path, &st) == -1) {
		(void)snprintf(why, cap, "%s", strerror(errno));
		return false;
	}
	for (i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		if ((pw = getpwnam(users[i])) == NULL)
			continue;
		if (may_connect(path, &st, pw))
			return true;
		if (known == NULL)
			known = users[i];
	}
	if (known == NULL)
		return true;
	(void)snprintf(why, cap,
	    "the web server's user %s may not connect (mode %04o, owner %u, "
	    "group %u): set listen.group = %s",
	    known, st.st_mode & 07777, (unsigned)st.st_uid, (unsigned)st.st_gid,
	    known);
	return false;
}
