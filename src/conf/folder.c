/* folder.c - where root's files are made: not where everybody may put others
 * in their places. */
#include "conf/build.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/sockfile.h"

/* The folder that PATH is in; false: PATH is no path, but a word. */
static bool
folder_of(const char *path, char *folder, size_t cap)
{
	size_t len;

	if (path == NULL || path[0] != '/')
		return false;
	len = (size_t)(strrchr(path, '/') - path);
	if (len == 0)
		len = 1;
	if (len >= cap)
		return false;
	memcpy(folder, path, len);
	folder[len] = '\0';
	return true;
}

/* One that cannot be looked at is none to be made in: that is told then. */
static int
check(const char *where, const char *name, const char *path,
    struct conf_error *err)
{
	char folder[PATH_MAX];
	struct stat st;

	if (!folder_of(path, folder, sizeof(folder)) ||
	    stat(folder, &st) == -1 || (st.st_mode & S_IWOTH) == 0 ||
	    (st.st_mode & S_ISVTX) != 0)
		return 0;
	return conf_fail(err, EX_CONFIG, where,
	    "%s: '%s': everybody may replace files in %s; chmod o-w it, or "
	    "use another directory",
	    name, path, folder);
}

static int
check_pool(const char *where, const struct pool_conf *p, struct conf_error *err)
{
	static const char *const names[PLACE_LOGS] = {
		[PLACE_LOG_ACCESS] = "access.log",
		[PLACE_LOG_SLOW] = "slowlog",
		[PLACE_LOG_FAILURE] = "cgi.failure_log",
	};
	size_t i;

	for (i = 0; i < p->nlisten; i++)
		if (p->listen[i].fd == -1 &&
		    check(where, "listen", sockfile_path(&p->listen[i].addr),
			err) == -1)
			return -1;
	for (i = 0; i < PLACE_LOGS; i++)
		if (check(where, names[i], p->logs[i], err) == -1)
			return -1;
	return 0;
}

int
conf_check_folders(const struct conf_data *data, const struct conf *made,
    const char *where, struct conf_error *err)
{
	const struct conf_pool *p;
	size_t i = 0;

	if (geteuid() != 0)
		return 0;
	for (p = data->pools; p != NULL; p = p->next)
		if (check_pool(p->where, &made->master.pools[i++], err) == -1)
			return -1;
	if (check(where, "error_log", made->log.target, err) == -1 ||
	    check(where, "pid", made->master.pid_file, err) == -1)
		return -1;
	return check(where, "control.listen", made->master.control_listen, err);
}
