/* launch.c - see launch.h.
 *
 * Why not the calls that libc has for this:
 * - fork() copies the page tables: about 45 us for each resident MiB.
 * - posix_spawn() of glibc 2.36 sets the action of every signal in each new
 *   process, 118 system calls, because it cannot know that ours are the
 *   default already.
 * - vfork() would share this very stack frame, which the compiler may not be
 *   told enough about; clone() with a stack of its own has no such doubt.
 *
 * Between clone and execve the child runs in our memory.  It writes to its
 * own stack and to *OUT alone, calls nothing but system calls, and is left
 * out of the sanitizers' books, which know only our stack. */
#include "base/launch.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* The dynamic linker may resolve a name on it, saving all vector registers:
 * 11 KiB on processors with tiles.  Only what is touched costs memory. */
#define STACK_SIZE (64 * 1024)

#define IN_CHILD __attribute__((no_sanitize("address", "undefined")))

struct start {
	const struct launch *what;
	struct launch_result *out;
	pid_t parent;
};

/* Put SRC at DST without close-on-exec; both below 3 may be the same. */
IN_CHILD static int
install(int src, int dst)
{
	if (src == dst)
		return fcntl(dst, F_SETFD, 0);
	return dup2(src, dst);
}

/* A source below 3 that is not in its place already would be overwritten
 * before its turn: move it out of the way first. */
IN_CHILD static int
install_all(const int *wanted)
{
	int fds[3];
	int i;

	for (i = 0; i < 3; i++) {
		fds[i] = wanted[i];
		if (fds[i] < 3 && fds[i] != i)
			fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
		if (fds[i] == -1)
			return -1;
	}
	for (i = 0; i < 3; i++) {
		if (install(fds[i], i) == -1)
			return -1;
	}
	return 0;
}

IN_CHILD static int
limit_all(const struct launch *what)
{
	size_t i;

	for (i = 0; i < what->nrlimits; i++) {
		struct rlimit limit;

		limit.rlim_cur = what->rlimits[i].value;
		limit.rlim_max = what->rlimits[i].value;
		/* At the hard limit it would be KILL at once, without the
		 * XCPU that says what for. */
		if (what->rlimits[i].resource == RLIMIT_CPU &&
		    limit.rlim_max != RLIM_INFINITY)
			limit.rlim_max++;
		if (setrlimit((unsigned)what->rlimits[i].resource, &limit) ==
		    -1)
			return -1;
	}
	return 0;
}

/* Do all steps; returns only the name of the one that failed. */
IN_CHILD static const char *
become(const struct start *start)
{
	const struct launch *what = start->what;
	sigset_t none;

	/* Its group first: whoever kills by group finds it from here on. */
	if (setpgid(0, 0) == -1)
		return "setpgid";
	if (install_all(what->fds) == -1)
		return "dup2";
	if (what->chdir != NULL && chdir(what->chdir) == -1)
		return "chdir";
	if (limit_all(what) == -1)
		return "setrlimit";
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
		return "prctl";
	/* Did the parent die before that?  Then nobody would ever know. */
	if (getppid() != start->parent) {
		errno = ESRCH;
		return "getppid";
	}
	(void)sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) == -1)
		return "sigprocmask";
	(void)execve(what->path, what->argv, what->envp);
	return "execve";
}

IN_CHILD static int
run(void *arg)
{
	const struct start *start = arg;

	start->out->step = become(start);
	start->out->error = errno;
	_exit(127);
}

int
launch_program(const struct launch *what, struct launch_result *out)
{
	_Alignas(16) char stack[STACK_SIZE];
	struct start start = { what, out, getpid() };

	out->pidfd = -1;
	out->error = 0;
	out->step = NULL;
	/* The stack grows downwards on every architecture we run on. */
	out->pid = clone(run, stack + sizeof(stack),
	    CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &start,
	    &out->pidfd);
	if (out->pid == -1) {
		out->error = errno;
		out->step = "clone";
		return -1;
	}
	if (out->step == NULL)
		return 0;
	while (waitpid(out->pid, NULL, 0) == -1 && errno == EINTR)
		;
	(void)close(out->pidfd);
	out->pid = -1;
	out->pidfd = -1;
	return -1;
}
