#include "board/step.h"

#include <stddef.h>
#include <string.h>

static const struct {
	const char *name, *text;
} steps[] = {
	{ "setrlimit", "rlimit" },
	{ "setpriority", "process.priority" },
	{ "setgroups", "setgroups" },
	{ "setresgid", "setresgid" },
	{ "setresuid", "setresuid" },
	{ "verifying the ids", "verifying the ids" },
	{ "giving up root for good", "giving up root for good" },
	{ "chroot", "chroot" },
	{ "chdir", "chdir" },
	{ "no_new_privs", "no_new_privs" },
	{ "prctl", "prctl" },
	{ "preparing", "preparing" },
	{ "epoll", "epoll" },
	{ "master", "the master is gone" },
	{ "listener", "listener" },
	{ "dup2", "dup2" },
	{ "setpgid", "setpgid" },
	{ "environment", "environment" },
	{ "execve", "executing the program" },
	{ "command", "command, which the pool's user must be able to execute" },
};

#define NSTEPS (sizeof(steps) / sizeof(steps[0]))

int64_t
step_code(const char *name)
{
	size_t i;

	for (i = 0; i < NSTEPS; i++)
		if (strcmp(steps[i].name, name) == 0)
			return (int64_t)i + 1;
	return 0;
}

const char *
step_text(int64_t code)
{
	if (code < 1 || code > (int64_t)NSTEPS)
		return NULL;
	return steps[code - 1].text;
}
