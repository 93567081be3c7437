#include "image.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/num.h"
#include "master/state.h"
#include "master/upgrade.h"

#define VARIABLE "CGI_FPM_STATE"

static int
copy_argv(struct image *i, char **argv)
{
	size_t n = 0, k;

	while (argv[n] != NULL)
		n++;
	i->argv = argv;
	i->try_argv = calloc(n + 3, sizeof(argv[0]));
	if (i->try_argv == NULL)
		return -1;
	i->try_argv[0] = argv[0];
	i->try_argv[1] = i->option;
	for (k = 1; k < n; k++)
		i->try_argv[k + 1] = argv[k];
	return 0;
}

int
image_take(struct image *i, char **argv)
{
	ssize_t len;

	memset(i, 0, sizeof(*i));
	(void)strcpy(i->option, IMAGE_TRY);
	i->stdin_fd = -1;
	/* The path is looked at again at the upgrade: whatever is there then
	 * is the new program. */
	len = readlink("/proc/self/exe", i->path, sizeof(i->path) - 1);
	if (len == -1 && strchr(argv[0], '/') != NULL)
		(void)snprintf(i->path, sizeof(i->path), "%s", argv[0]);
	if (getcwd(i->folder, sizeof(i->folder)) == NULL)
		i->folder[0] = '\0';
	return copy_argv(i, argv);
}

void
image_free(struct image *i)
{
	free(i->try_argv);
}

static int
export_number(const char *name, long value)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%ld", value);
	return setenv(name, text, 1);
}

static int
prepare(void *arg, int state_fd)
{
	const struct image *i = arg;

	if (i->path[0] == '\0') {
		errno = ENOENT;
		return -1;
	}
	if (i->folder[0] != '\0' && chdir(i->folder) == -1)
		return -1;
	if (i->stdin_fd != -1 && dup2(i->stdin_fd, STDIN_FILENO) == -1)
		return -1;
	if (activation_export(i->activation) == -1)
		return -1;
	if (state_fd == -1)
		return 0;
	if (notify_export(i->manager) == -1)
		return -1;
	return export_number(VARIABLE, state_fd);
}

static void
undo(void *arg)
{
	const struct image *i = arg;
	int null_fd;

	activation_hide(i->activation);
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv(VARIABLE);
	if (i->stdin_fd == -1)
		return;
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	(void)dup2(null_fd, STDIN_FILENO);
	io_close(&null_fd);
}

void
image_describe(struct image *i, struct master_image *out)
{
	*out = (struct master_image){ .path = i->path,
		.argv = i->argv,
		.try_argv = i->try_argv,
		.arg = i,
		.prepare = prepare,
		.undo = undo };
}

int
image_state(void)
{
	const char *text = getenv(VARIABLE);
	int64_t fd = -1;

	if (text != NULL &&
	    (num_int(text, 3, INT32_MAX, &fd) == -1 ||
		fcntl((int)fd, F_GETFD) == -1))
		fd = -1;
	(void)unsetenv(VARIABLE);
	return (int)fd;
}

int
image_say(const char *version)
{
	printf(UPGRADE_WORD " %d %s\n", STATE_VERSION, version);
	return fflush(stdout) == EOF ? -1 : 0;
}
