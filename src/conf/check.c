/* check.c - a pool's program, numbers and user, across directives. */
#include "conf/build.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/privs.h"
#include "base/shebang.h"
#include "worker/accesslog.h"

#define CHILDREN_MAX 10000
#define SPARE_MIN 1
#define SPARE_MAX 3

/* WHY: what it "is not"; NULL: errno says it. */
static int
fail(const struct conf_pool *p, struct conf_error *err, const char *name,
    const char *path, const char *why)
{
	return conf_fail(err, EX_CONFIG, p->where, "%s: '%s'%s%s", name, path,
	    why == NULL ? ": " : " ", why == NULL ? strerror(errno) : why);
}

/* PATH as the pool will see it, from within its chroot. */
static int
whole(const struct conf_pool *p, const char *path, char full[PATH_MAX])
{
	int len = snprintf(
	    full, PATH_MAX, "%s%s", p->chroot == NULL ? "" : p->chroot, path);

	if (len >= 0 && len < PATH_MAX)
		return 0;
	errno = ENAMETOOLONG;
	return -1;
}

static int
look_at(const struct conf_pool *p, const char *path, struct stat *st)
{
	char full[PATH_MAX];

	return whole(p, path, full) == -1 ? -1 : stat(full, st);
}

static int
check_dir(const struct conf_pool *p, const char *name, const char *path,
    struct conf_error *err)
{
	struct stat st;

	if (path == NULL)
		return 0;
	if (look_at(p, path, &st) == -1)
		return fail(p, err, name, path, NULL);
	if (!S_ISDIR(st.st_mode))
		return fail(p, err, name, path, "is not a directory");
	return 0;
}

/* The same of one that is not within the chroot. */
static int
check_outer_dir(const struct conf_pool *p, const char *name, const char *path,
    struct conf_error *err)
{
	struct stat st;

	if (path == NULL)
		return 0;
	if (stat(path, &st) == -1)
		return fail(p, err, name, path, NULL);
	if (!S_ISDIR(st.st_mode))
		return fail(p, err, name, path, "is not a directory");
	return 0;
}

/* A script needs what its first line names.  Whether the user may run it is
 * another matter (advice.c): that is not as certain. */
static int
check_interpreter(
    const struct conf_pool *p, const char *path, struct conf_error *err)
{
	char full[PATH_MAX], head[SHEBANG_MAX], name[SHEBANG_MAX];
	struct stat st;

	if (whole(p, path, full) == -1)
		return 0;
	shebang_read(full, head);
	if (!shebang_name(head, name) || name[0] != '/' ||
	    look_at(p, name, &st) == 0 || errno != ENOENT)
		return 0;
	if (name[strlen(name) - 1] == '\r')
		return fail(p, err, "command", path,
		    "cannot be executed: its first line ends with CR LF, so "
		    "there is no such interpreter; take the CRs away");
	return conf_fail(err, EX_CONFIG, p->where,
	    "command: '%s' cannot be executed: its interpreter %s: %s", path,
	    name, strerror(ENOENT));
}

static int
check_command(const struct conf_pool *p, struct conf_error *err)
{
	const char *path = p->worker.command[0];
	struct stat st;

	if (*path != '/')
		return fail(p, err, "command", path, "is not an absolute path");
	if (look_at(p, path, &st) == -1)
		return fail(p, err, "command", path, NULL);
	if (!S_ISREG(st.st_mode))
		return fail(p, err, "command", path, "is not a regular file");
	if ((st.st_mode & 0111) == 0)
		return fail(
		    p, err, "command", path, "is not executable (chmod +x)");
	if (check_interpreter(p, path, err) == -1)
		return -1;
	if (p->worker.cgi_argv != NULL)
		return conf_fail(err, EX_CONFIG, p->where,
		    "cgi.argv is for cgi.root: write the arguments into "
		    "command");
	return 0;
}

int
conf_check_program(struct conf_pool *p, struct conf_error *err)
{
	const struct worker_conf *w = &p->worker;

	if (check_outer_dir(p, "prefix", p->prefix, err) == -1 ||
	    check_outer_dir(p, "chroot", p->chroot, err) == -1)
		return -1;
	if (w->command == NULL && p->pool.native)
		return conf_fail(err, EX_CONFIG, p->where,
		    "no command: with mode = fastcgi it must say what to run");
	if (w->command == NULL && w->cgi_root == NULL)
		return conf_fail(err, EX_CONFIG, p->where,
		    "neither command nor cgi.root: one of them must say what "
		    "to run");
	if (w->command != NULL && w->cgi_root != NULL)
		return conf_fail(err, EX_CONFIG, p->where,
		    "command and cgi.root exclude each other: keep one");
	if (w->command != NULL && check_command(p, err) == -1)
		return -1;
	if (w->command != NULL && w->extensions != NULL)
		return conf_fail(err, EX_CONFIG, p->where,
		    "security.limit_extensions is for cgi.root: command is "
		    "all that is run");
	if (check_dir(p, "cgi.root", w->cgi_root, err) == -1 ||
	    check_dir(p, "chdir", w->chdir, err) == -1)
		return -1;
	/* A minimal chroot may well go without. */
	if (p->chroot != NULL)
		return 0;
	return check_dir(p, "request_body_temp_dir", w->temp_dir, err);
}

/* A variable's name, or the beginning of one and "*". */
static bool
is_pattern(const char *text)
{
	size_t len = strspn(text,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789_");

	return text[len] == '\0' || strcmp(text + len, "*") == 0;
}

static int
check_patterns(const struct conf_pool *p, const char *name, char *const *list,
    struct conf_error *err)
{
	size_t i;

	for (i = 0; list != NULL && list[i] != NULL; i++)
		if (!is_pattern(list[i]) || *list[i] == '\0')
			return fail(p, err, name, list[i],
			    "is not a variable's name, or the beginning of "
			    "one with a final *");
	return 0;
}

/* Each of LIST begins with BEGIN, a dot or a slash. */
static int
check_begins(const struct conf_pool *p, const char *name, char *const *list,
    const char *begin, struct conf_error *err)
{
	char why[40];
	size_t i;

	(void)snprintf(why, sizeof(why), "does not begin with '%s'", begin);
	for (i = 0; list != NULL && list[i] != NULL; i++)
		if (list[i][0] != begin[0])
			return fail(p, err, name, list[i], why);
	return 0;
}

int
conf_check_texts(struct conf_pool *p, struct conf_error *err)
{
	const char *why;

	if (check_patterns(p, "cgi.env_drop", p->worker.env_drop, err) == -1 ||
	    check_patterns(p, "cgi.env_keep", p->worker.env_keep, err) == -1)
		return -1;
	if (check_begins(p, "security.limit_extensions", p->worker.extensions,
		".", err) == -1 ||
	    check_begins(p, "access.suppress_path", p->worker.access_quiet, "/",
		err) == -1)
		return -1;
	if (accesslog_check(p->access_format, &why) == -1)
		return conf_fail(
		    err, EX_CONFIG, p->where, "access.format: %s", why);
	return 0;
}

static int
clamp(int value, int min, int max)
{
	if (value < min)
		return min;
	return value > max ? max : value;
}

static int
default_children(void)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return clamp(
	    n > CHILDREN_MAX / 4 ? CHILDREN_MAX : (int)n * 4, 8, CHILDREN_MAX);
}

/* What was not set follows from what was, so that any one of the numbers can
 * be given alone. */
static void
default_scaling(struct pool_conf *m)
{
	if (m->max_children == CONF_UNSET)
		m->max_children = default_children();
	if (m->min_spare_servers == CONF_UNSET)
		m->min_spare_servers = SPARE_MIN;
	if (m->max_spare_servers == CONF_UNSET) {
		int needed = m->min_spare_servers > m->start_servers
		    ? m->min_spare_servers
		    : m->start_servers;

		m->max_spare_servers = clamp(needed, SPARE_MAX, CHILDREN_MAX);
		m->max_spare_servers =
		    clamp(m->max_spare_servers, 1, m->max_children);
	}
	if (m->start_servers == CONF_UNSET)
		m->start_servers = m->min_spare_servers +
		    (m->max_spare_servers - m->min_spare_servers) / 2;
}

static int
check_dynamic(const struct conf_pool *p, struct conf_error *err)
{
	const struct pool_conf *m = &p->pool;

	if (m->max_spare_servers > m->max_children)
		return conf_fail(err, EX_CONFIG, p->where,
		    "pm.max_spare_servers (%d) is above pm.max_children (%d)",
		    m->max_spare_servers, m->max_children);
	if (m->min_spare_servers > m->max_spare_servers)
		return conf_fail(err, EX_CONFIG, p->where,
		    "pm.min_spare_servers (%d) is above pm.max_spare_servers "
		    "(%d)",
		    m->min_spare_servers, m->max_spare_servers);
	if (m->start_servers < m->min_spare_servers ||
	    m->start_servers > m->max_spare_servers)
		return conf_fail(err, EX_CONFIG, p->where,
		    "pm.start_servers (%d) is not between "
		    "pm.min_spare_servers (%d) and pm.max_spare_servers (%d)",
		    m->start_servers, m->min_spare_servers,
		    m->max_spare_servers);
	return 0;
}

int
conf_check_scaling(struct conf_pool *p, struct conf_error *err)
{
	struct pool_conf *m = &p->pool;

	m->pm = (enum pool_pm)p->pm;
	default_scaling(m);
	if (m->pm == POOL_DYNAMIC && check_dynamic(p, err) == -1)
		return -1;
	if (m->restart_delay_ms > m->restart_delay_max_ms)
		return conf_fail(err, EX_CONFIG, p->where,
		    "pm.restart_delay is above pm.restart_delay_max");
	return 0;
}

/* Who is not root may only stay who he is. */
static int
check_allowed(struct conf_pool *p, struct conf_error *err)
{
	struct privs *privs = &p->worker.privs;

	if (privs->change_ids && privs->uid == geteuid() &&
	    privs->gid == getegid())
		privs->change_ids = false;
	if (privs->change_ids)
		return conf_fail(err, EX_NOPERM, p->where,
		    "user and group: only root can run programs as another "
		    "user; start as root or leave them out");
	if (p->chroot != NULL)
		return conf_fail(err, EX_NOPERM, p->where,
		    "chroot: only root can; start as root or leave it out");
	return 0;
}

int
conf_resolve_ids(struct conf_pool *p, bool test, struct conf_error *err)
{
	struct privs *privs = &p->worker.privs;
	char text[160];

	privs->chroot = p->chroot;
	privs->set_priority = p->priority != CONF_UNSET;
	privs->priority = privs->set_priority ? p->priority : 0;
	if (p->user != NULL || p->group != NULL) {
		if (privs_resolve(
			privs, p->user, p->group, text, sizeof(text)) == -1)
			return conf_fail(err, EX_CONFIG, p->where, "%s", text);
	}
	if (test || geteuid() == 0)
		return 0;
	return check_allowed(p, err);
}
