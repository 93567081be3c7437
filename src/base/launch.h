/* launch.h - start a program without copying the worker.
 *
 * clone(CLONE_VM | CLONE_VFORK | CLONE_PIDFD): the parent stands still until
 * the new process has executed its program or failed to, and learns the
 * errno of the step that failed through their shared memory.  Here the
 * caller keeps all signals blocked and installs no handler, so nothing of
 * the parent can run in the child; its actions are all the default already.
 *
 * The program gets descriptors 0, 1 and 2, an empty signal mask, default
 * actions, a process group of its own, and KILL when its parent dies.
 *
 * Layer: base.  Knows nothing of requests.
 */
#ifndef BASE_LAUNCH_H
#define BASE_LAUNCH_H

#include <stddef.h>
#include <sys/types.h>

#include "base/privs.h"

struct launch {
	const char *path; /* what is executed */
	char *const *argv;
	char *const *envp;
	const char *chdir; /* NULL: stay */
	int fds[3];        /* become 0, 1, 2; the caller's */
	const struct privs_rlimit *rlimits;
	size_t nrlimits;
};

struct launch_result {
	pid_t pid;
	int pidfd;        /* close-on-exec; the caller's */
	int error;        /* errno of the failed step, when not launched */
	const char *step; /* its name: "clone", "chdir", "execve", ... */
};

/* 0, or -1 with OUT->error and OUT->step; then nothing is left running. */
int launch_program(const struct launch *what, struct launch_result *out);

#endif
