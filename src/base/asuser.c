#include "base/asuser.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/io.h"
#include "base/shebang.h"

struct ask {
	const struct asuser *user;
	const char *path;
	int mode; /* of access() */
	bool folder, socket;
};

static void
answer(struct asuser_answer *out, enum asuser_what what, const char *text)
{
	out->what = what;
	out->error = errno;
	(void)snprintf(out->text, sizeof(out->text), "%.1000s", text);
}

static int
enter(const char *root)
{
	return root == NULL || (chroot(root) == 0 && chdir("/") == 0) ? 0 : -1;
}

static int
become(const struct asuser *u)
{
	if (geteuid() != 0)
		return geteuid() == u->uid ? 0 : -1;
	if (setgroups(u->ngroups, u->groups) == -1 ||
	    setresgid(u->gid, u->gid, u->gid) == -1 ||
	    setresuid(u->uid, u->uid, u->uid) == -1)
		return -1;
	return 0;
}

/* The folder on the way to PATH that may not be searched; false: none. */
static bool
is_shut(const char *path, struct asuser_answer *out)
{
	char dir[PATH_MAX];
	const char *slash = path;

	while ((slash = strchr(slash, '/')) != NULL) {
		(void)snprintf(dir, sizeof(dir), "%.*s",
		    slash == path ? 1 : (int)(slash - path), path);
		if (access(dir, X_OK) == -1) {
			answer(out, ASUSER_FOLDER, dir);
			return true;
		}
		slash++;
	}
	return false;
}

/* PATH may be executed as it is; and what it names in its first line? */
static void
look_into(const char *path, const char *head, struct asuser_answer *out)
{
	char name[SHEBANG_MAX];

	errno = 0;
	answer(out, ASUSER_MAY, "");
	if (!shebang_name(head, name))
		return;
	if (access(path, R_OK) == -1)
		answer(out, ASUSER_UNREADABLE, "");
	else if (access(name, X_OK) == -1)
		answer(out, ASUSER_INTERPRETER, name);
}

static bool
is_noexec(const char *path)
{
	struct statvfs fs;

	return statvfs(path, &fs) == 0 && (fs.f_flag & ST_NOEXEC) != 0;
}

/* As the user, and where the links lead: REAL. */
static void
look(const struct ask *ask, const char *real, const char *head,
    struct asuser_answer *out)
{
	if (is_shut(ask->path, out) || is_shut(real, out))
		return;
	if (access(real, ask->mode) == -1)
		answer(out,
		    ask->mode == X_OK && !ask->folder && is_noexec(real)
			? ASUSER_NOEXEC
			: ASUSER_MODE,
		    "");
	else
		look_into(real, head, out);
}

static void
child(const struct ask *ask, struct asuser_answer *out)
{
	char real[PATH_MAX], head[SHEBANG_MAX] = "";
	struct stat st;

	if (enter(ask->user->chroot) == -1) {
		answer(out, ASUSER_UNKNOWN, "");
		return;
	}
	if (realpath(ask->path, real) == NULL || stat(real, &st) == -1) {
		answer(out, errno == EACCES ? ASUSER_FOLDER : ASUSER_MISSING,
		    ask->path);
		return;
	}
	out->mode = st.st_mode & 07777;
	if (!ask->socket && !ask->folder && S_ISREG(st.st_mode))
		shebang_read(real, head);
	errno = 0;
	if (!ask->socket && ask->folder != S_ISDIR(st.st_mode))
		answer(out, ASUSER_KIND, "");
	else if (become(ask->user) == -1)
		answer(out, ASUSER_UNKNOWN, "");
	else
		look(ask, real, head, out);
}

static void
run(const struct ask *ask, struct asuser_answer *out)
{
	int fds[2];
	pid_t pid;

	*out = (struct asuser_answer){ .what = ASUSER_UNKNOWN };
	if (pipe2(fds, O_CLOEXEC) == -1)
		return;
	pid = fork();
	if (pid == 0) {
		child(ask, out);
		_exit(write(fds[1], out, sizeof(*out)) == (ssize_t)sizeof(*out)
			? 0
			: 1);
	}
	io_close(&fds[1]);
	if (pid == -1 ||
	    read(fds[0], out, sizeof(*out)) != (ssize_t)sizeof(*out))
		*out = (struct asuser_answer){ .what = ASUSER_UNKNOWN };
	io_close(&fds[0]);
	while (pid != -1 && waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		;
}

void
asuser_execute(const struct asuser *u, const char *path, bool folder,
    struct asuser_answer *out)
{
	const struct ask ask = {
		.user = u, .path = path, .mode = X_OK, .folder = folder
	};

	run(&ask, out);
}

void
asuser_connect(
    const struct asuser *u, const char *path, struct asuser_answer *out)
{
	const struct ask ask = {
		.user = u, .path = path, .mode = W_OK, .socket = true
	};

	run(&ask, out);
}
