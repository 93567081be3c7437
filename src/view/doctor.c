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
#define NAME_CAP 64 /* of users and groups */

static bool
in_groups(const struct asuser *u, gid_t gid)
{
	size_t i;

	for (i = 0; i < u->ngroups; i++)
		if (u->groups[i] == gid)
			return true;
	return u->gid == gid;
}

/* Does U have BIT (4, 2 or 1) on what ST describes? */
static bool
has_bit(const struct stat *st, const struct asuser *u, unsigned bit)
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
can_reach(const char *path, const struct asuser *u, char *why, size_t cap)
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
			    why, cap, "may not search the directory %s", dir);
			return false;
		}
		slash++;
	}
	return true;
}

/* By the modes of files alone: who is not root cannot become somebody else. */
static bool
by_modes(const char *path, const struct asuser *user, char *why, size_t cap)
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

static void
tell_interpreter(const struct asuser_answer *a, char *why, size_t cap)
{
	size_t len = strlen(a->text);

	if (len > 0 && a->text[len - 1] == '\r')
		(void)snprintf(why, cap,
		    "cannot execute it: its first line ends with CR LF, so "
		    "there is no such interpreter; take the CRs away");
	else
		(void)snprintf(why, cap,
		    "cannot execute it: its interpreter %.200s: %s", a->text,
		    strerror(a->error));
}

static void
tell(const struct asuser_answer *a, bool folder, char *why, size_t cap)
{
	switch (a->what) {
	case ASUSER_MAY:
	case ASUSER_UNKNOWN:
		break;
	case ASUSER_MISSING:
		(void)snprintf(
		    why, cap, "does not find it: %s", strerror(a->error));
		break;
	case ASUSER_FOLDER:
		(void)snprintf(
		    why, cap, "may not search the directory %s", a->text);
		break;
	case ASUSER_KIND:
		(void)snprintf(why, cap, "cannot %s",
		    folder ? "search it: it is not a directory"
			   : "execute it: it is a directory");
		break;
	case ASUSER_MODE:
		(void)snprintf(why, cap, "may not %s it (mode %04o)",
		    folder ? "search" : "execute", a->mode);
		break;
	case ASUSER_NOEXEC:
		(void)snprintf(why, cap,
		    "may not execute it: its file system is mounted noexec");
		break;
	case ASUSER_UNREADABLE:
		(void)snprintf(why, cap,
		    "may not read it (mode %04o), which its interpreter must",
		    a->mode);
		break;
	case ASUSER_INTERPRETER:
		tell_interpreter(a, why, cap);
		break;
	}
}

bool
doctor_can_execute(const char *path, const struct asuser *user, bool folder,
    char *why, size_t cap)
{
	struct asuser_answer a;

	asuser_execute(user, path, folder, &a);
	if (a.what == ASUSER_UNKNOWN)
		return user->chroot != NULL || by_modes(path, user, why, cap);
	tell(&a, folder, why, cap);
	return a.what == ASUSER_MAY;
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

/* The users that web servers run as. */
static const char *const users[] = { "www-data", "nginx", "apache", "httpd",
	"http", "lighttpd", "caddy", "haproxy" };

/* One of them. */
struct web {
	const char *name;
	gid_t groups[GROUPS_MAX];
	struct asuser user;
};

static bool
find_user(const char *name, struct web *web)
{
	const struct passwd *pw = getpwnam(name);
	int n = GROUPS_MAX;

	if (pw == NULL)
		return false;
	web->name = name;
	web->user = (struct asuser){ .uid = pw->pw_uid, .gid = pw->pw_gid };
	if (getgrouplist(name, pw->pw_gid, web->groups, &n) == -1)
		n = GROUPS_MAX;
	web->user.groups = web->groups;
	web->user.ngroups = (size_t)n;
	return true;
}

const char *
doctor_user(uid_t uid, char *name, size_t cap)
{
	const struct passwd *pw = getpwuid(uid);

	if (pw == NULL)
		(void)snprintf(name, cap, "%u", (unsigned)uid);
	else
		(void)snprintf(name, cap, "%s", pw->pw_name);
	return name;
}

/* The same of a group. */
static const char *
name_group(gid_t gid, char *name, size_t cap)
{
	const struct group *gr = getgrgid(gid);

	if (gr == NULL)
		(void)snprintf(name, cap, "%u", (unsigned)gid);
	else
		(void)snprintf(name, cap, "%s", gr->gr_name);
	return name;
}

static void
tell_refused(
    const struct web *web, const struct stat *st, char *why, size_t cap)
{
	char owner[NAME_CAP], group[NAME_CAP], wanted[NAME_CAP];

	(void)snprintf(why, cap,
	    "the web server's user %s may not connect (mode %04o, owner %s, "
	    "group %s): set listen.group = %s",
	    web->name, st->st_mode & 07777,
	    doctor_user(st->st_uid, owner, sizeof(owner)),
	    name_group(st->st_gid, group, sizeof(group)),
	    name_group(web->user.gid, wanted, sizeof(wanted)));
}

static void
tell_shut(const struct web *web, const char *dir, char *why, size_t cap)
{
	(void)snprintf(why, cap,
	    "the web server's user %s may not search the directory %s",
	    web->name, dir);
}

static bool
may_connect(const char *path, const struct stat *st, const struct web *web,
    char *why, size_t cap)
{
	struct asuser_answer a;
	char dir[PATH_MAX + 40];

	asuser_connect(&web->user, path, &a);
	if (a.what == ASUSER_UNKNOWN && has_bit(st, &web->user, 2) &&
	    can_reach(path, &web->user, dir, sizeof(dir)))
		return true;
	if (a.what == ASUSER_FOLDER)
		tell_shut(web, a.text, why, cap);
	else
		tell_refused(web, st, why, cap);
	return a.what == ASUSER_MAY;
}

bool
doctor_reachable(const char *path, char *why, size_t cap)
{
	char reason[PATH_MAX + 200] = "";
	struct stat st;
	struct web web;
	bool known = false;
	size_t i;

	if (stat(path, &st) == -1) {
		(void)snprintf(why, cap, "%s", strerror(errno));
		return false;
	}
	for (i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		if (!find_user(users[i], &web))
			continue;
		if (may_connect(path, &st, &web, reason, sizeof(reason))) {
			(void)snprintf(why, cap,
			    "the web server's user %s may connect", web.name);
			return true;
		}
		if (!known)
			(void)snprintf(why, cap, "%s", reason);
		known = true;
	}
	if (!known)
		(void)snprintf(why, cap, "no web server's user is known here");
	return !known;
}

/* The folder of PATH, which is there, may not be searched by WEB. */
static bool
is_shut(const char *path, const struct web *web, char *why, size_t cap)
{
	const char *slash = strrchr(path, '/');
	struct asuser_answer a;
	char dir[PATH_MAX];

	(void)snprintf(dir, sizeof(dir), "%.*s",
	    slash == path ? 1 : (int)(slash - path), path);
	asuser_execute(&web->user, dir, true, &a);
	if (a.what != ASUSER_FOLDER && a.what != ASUSER_MODE)
		return false;
	tell_shut(web, a.what == ASUSER_FOLDER ? a.text : dir, why, cap);
	return true;
}

bool
doctor_will_reach(
    const char *path, const struct stat *st, char *why, size_t cap)
{
	char reason[PATH_MAX + 200] = "";
	struct web web;
	bool known = false;
	size_t i;

	for (i = 0; i < sizeof(users) / sizeof(users[0]); i++) {
		if (!find_user(users[i], &web))
			continue;
		if (!has_bit(st, &web.user, 2))
			tell_refused(&web, st, reason, sizeof(reason));
		else if (!is_shut(path, &web, reason, sizeof(reason)))
			return true;
		if (!known)
			(void)snprintf(why, cap, "%s", reason);
		known = true;
	}
	return !known;
}
