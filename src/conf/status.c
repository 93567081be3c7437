/* status.c - where a pool tells how it is. */
#include "conf/build.h"

#include <string.h>
#include <sysexits.h>

#define PATH_LEN_MAX 200

/* What every web server passes on as it is. */
static int
check_path(const struct conf_pool *p, const char *name, const char *path,
    struct conf_error *err)
{
	size_t good;

	if (path == NULL)
		return 0;
	good = strspn(path,
	    "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789/_.~-");
	if (path[0] == '/' && good >= 2 && good <= PATH_LEN_MAX &&
	    path[good] == '\0')
		return 0;
	return conf_fail(err, EX_CONFIG, p->where,
	    "%s: '%.64s' is not a slash and up to %d letters, digits, '/', "
	    "'_', '.', '~' or '-'",
	    name, path, PATH_LEN_MAX - 1);
}

int
conf_check_status(const struct conf_pool *p, struct conf_error *err)
{
	const struct worker_conf *w = &p->worker;
	bool any = w->status_path != NULL || w->ping_path != NULL;

	if (check_path(p, "pm.status_path", w->status_path, err) == -1 ||
	    check_path(p, "ping.path", w->ping_path, err) == -1)
		return -1;
	if (w->status_path != NULL && w->ping_path != NULL &&
	    strcmp(w->status_path, w->ping_path) == 0)
		return conf_fail(err, EX_CONFIG, p->where,
		    "ping.path: '%s' is pm.status_path already", w->ping_path);
	if (p->status_listen != NULL && !any)
		return conf_fail(err, EX_CONFIG, p->where,
		    "pm.status_listen: nothing is answered there without "
		    "pm.status_path or ping.path");
	if (p->pool.native && any && p->status_listen == NULL)
		return conf_fail(err, EX_CONFIG, p->where,
		    "%s: with mode = fastcgi the program has the requests; "
		    "set pm.status_listen as well",
		    w->status_path != NULL ? "pm.status_path" : "ping.path");
	return 0;
}
