#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "worker/script.h"

/* Apache's mod_proxy_fcgi puts "proxy:fcgi://host:port" in front of the
 * path, with a balancer "proxy:balancer://name". */
static const char *
without_proxy(const char *path)
{
	const char *at;

	if (strncmp(path, "proxy:", 6) != 0)
		return path;
	at = strstr(path, "://");
	if (at == NULL)
		return path;
	at = strchr(at + 3, '/');
	return at != NULL ? at : path;
}

static int
refuse(const char **why, const char *text, int status)
{
	*why = text;
	return status;
}

int
script_candidate(const char *root, const struct script_names *names, char *path,
    const char **why)
{
	const char *dir = "", *file = names->script_filename;
	size_t root_len = strlen(root);
	int n;

	if (file != NULL && *file != '\0')
		file = without_proxy(file);
	else if (names->script_name != NULL && *names->script_name == '/') {
		dir = names->document_root;
		if (dir == NULL || *dir == '\0')
			dir = root;
		file = names->script_name;
	} else
		return refuse(why, "the request names no script", 404);

	n = snprintf(path, SCRIPT_PATH_MAX, "%s%s", dir, file);
	if (n < 0 || n >= SCRIPT_PATH_MAX)
		return refuse(why, "the script's path is too long", 403);
	while (root_len > 1 && root[root_len - 1] == '/')
		root_len--;
	if (root_len == 1 && *path == '/')
		return 0;
	if (strncmp(path, root, root_len) != 0 ||
	    (path[root_len] != '/' && path[root_len] != '\0'))
		return refuse(why, "the script is outside cgi.root", 403);
	return 0;
}

static int
open_beneath(int root_fd, const char *rel, uint64_t resolve)
{
	struct open_how how = {
		.flags = O_PATH | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | resolve,
	};
	int fd;

	do
		fd = (int)syscall(SYS_openat2, root_fd, rel, &how, sizeof(how));
	while (fd == -1 && (errno == EAGAIN || errno == EINTR));
	return fd;
}

/* An absolute link leaves the root as the kernel sees it, also one that
 * points beneath it again.  Follow it to its real end and look there. */
static int
open_linked(int root_fd, const char *root, const char *path)
{
	char real_root[SCRIPT_PATH_MAX], real[SCRIPT_PATH_MAX];
	size_t len;

	if (realpath(root, real_root) == NULL || realpath(path, real) == NULL)
		return -1;
	len = strlen(real_root);
	if (len == 1)
		len = 0; /* "/": every path is beneath it */
	if (strncmp(real, real_root, len) != 0 || real[len] != '/') {
		errno = EXDEV;
		return -1;
	}
	return open_beneath(root_fd, real + len + 1, RESOLVE_NO_SYMLINKS);
}

static int
open_script(int root_fd, const char *root, const char *path)
{
	size_t len = strlen(root);
	const char *rel;
	int fd;

	while (len > 0 && root[len - 1] == '/')
		len--;
	rel = path + len;
	rel += strspn(rel, "/");
	fd = open_beneath(root_fd, *rel == '\0' ? "." : rel, 0);
	if (fd == -1 && errno == EXDEV)
		fd = open_linked(root_fd, root, path);
	return fd;
}

static int
refused_open(struct script *out, int error)
{
	switch (error) {
	case EXDEV:
		return refuse(&out->why, "the script is outside cgi.root", 403);
	case ELOOP:
		return refuse(
		    &out->why, "too many links, or a forbidden one", 403);
	case EACCES:
		return refuse(
		    &out->why, "a directory may not be searched", 403);
	case ENAMETOOLONG:
		return refuse(&out->why, "a name is too long", 404);
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return refuse(&out->why, strerror(error), 503);
	default:
		return refuse(&out->why, strerror(error), 500);
	}
}

/* FD is the deepest thing that exists on the way. */
static int
judge(int fd, struct script *out)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return refuse(&out->why, strerror(errno), 500);
	if (S_ISDIR(st.st_mode) && *out->path_info != '\0')
		return refuse(&out->why, "no such script", 404);
	if (!S_ISREG(st.st_mode))
		return refuse(&out->why, "the script is not a file", 403);
	if (faccessat(fd, "", X_OK, AT_EMPTY_PATH | AT_EACCESS) == -1)
		return refuse(&out->why, "the script is not executable", 403);
	return 0;
}

/* Move the last component of the path to the front of PATH_INFO.  False
 * when only the root is left. */
static int
walk_up(struct script *out, size_t root_len)
{
	char *slash = strrchr(out->path, '/');
	size_t len, have = strlen(out->path_info);

	if (slash == NULL || (size_t)(slash - out->path) < root_len)
		return 0;
	len = strlen(slash);
	memmove(out->path_info + len, out->path_info, have + 1);
	memcpy(out->path_info, slash, len);
	*slash = '\0';
	return 1;
}

int
script_find(int root_fd, const char *root, const struct script_names *names,
    struct script *out)
{
	size_t root_len = strlen(root);
	int fd, status;

	out->why = NULL;
	out->path_info[0] = '\0';
	status = script_candidate(root, names, out->path, &out->why);
	if (status != 0)
		return status;
	while (root_len > 0 && root[root_len - 1] == '/')
		root_len--;
	while ((fd = open_script(root_fd, root, out->path)) == -1) {
		if (errno != ENOENT && errno != ENOTDIR)
			return refused_open(out, errno);
		if (!walk_up(out, root_len))
			return refuse(&out->why, "no such script", 404);
	}
	status = judge(fd, out);
	(void)close(fd);
	return status;
}

int
script_allowed(struct script *script, char *const *extensions)
{
	size_t len = strlen(script->path), i;

	if (extensions == NULL)
		return 0;
	for (i = 0; extensions[i] != NULL; i++) {
		size_t ext = strlen(extensions[i]);

		if (ext < len &&
		    strcmp(script->path + len - ext, extensions[i]) == 0)
			return 0;
	}
	return refuse(&script->why,
	    "its extension is none of security.limit_extensions", 403);
}
