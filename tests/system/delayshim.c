/* delayshim.c - LD_PRELOAD this, and every sixteenth system call that others
 * can see the order of comes up to 25 ms late, as on a crowded machine, only
 * much more often.  DELAY_SEED is another order. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define ONE_OF 16
#define LONGEST_NS 25000000

static uint64_t state;
static long owner;

static uint64_t
next(void)
{
	long pid = syscall(SYS_getpid);
	const char *seed = getenv("DELAY_SEED");

	if (pid != owner) { /* first, or a child's own order */
		owner = pid;
		state = (uint64_t)pid * 0x9e3779b97f4a7c15u +
		    (seed != NULL ? strtoull(seed, NULL, 10) : 0) + 1;
	}
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state * 0x2545f4914f6cdd1du >> 20;
}

static int64_t
now_ns(void)
{
	struct timespec ts;

	(void)syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

/* Running, not sleeping: so looks who waits for a processor. */
static void
late(void)
{
	int error = errno;
	int64_t until;

	if (next() % ONE_OF == 0) {
		until = now_ns() + (int64_t)(next() % LONGEST_NS);
		while (now_ns() < until)
			(void)syscall(SYS_sched_yield);
	}
	errno = error;
}

/* The call in libc of the same name, with a delay before and after it. */
#define LATE(type, name, params, args)                             \
	type name params                                           \
	{                                                          \
		static type(*real) params;                         \
		type result;                                       \
                                                                   \
		if (real == NULL)                                  \
			*(void **)&real = dlsym(RTLD_NEXT, #name); \
		late();                                            \
		result = real args;                                \
		late();                                            \
		return result;                                     \
	}

LATE(pid_t, fork, (void), ())
LATE(int, execve, (const char *p, char *const a[], char *const e[]), (p, a, e))
LATE(int, execv, (const char *p, char *const a[]), (p, a))
LATE(int, accept4, (int fd, struct sockaddr *a, socklen_t *n, int flags),
    (fd, a, n, flags))
LATE(int, bind, (int fd, const struct sockaddr *a, socklen_t n), (fd, a, n))
LATE(int, listen, (int fd, int n), (fd, n))
LATE(int, connect, (int fd, const struct sockaddr *a, socklen_t n), (fd, a, n))
LATE(int, close, (int fd), (fd))
LATE(int, kill, (pid_t pid, int number), (pid, number))
LATE(int, rename, (const char *from, const char *to), (from, to))
LATE(int, unlink, (const char *path), (path))
LATE(int, epoll_wait, (int fd, struct epoll_event *e, int n, int ms),
    (fd, e, n, ms))
LATE(int, epoll_pwait,
    (int fd, struct epoll_event *e, int n, int ms, const sigset_t *set),
    (fd, e, n, ms, set))
LATE(int, poll, (struct pollfd * fds, nfds_t n, int ms), (fds, n, ms))
LATE(ssize_t, read, (int fd, void *p, size_t n), (fd, p, n))
LATE(ssize_t, write, (int fd, const void *p, size_t n), (fd, p, n))
LATE(ssize_t, send, (int fd, const void *p, size_t n, int f), (fd, p, n, f))
LATE(ssize_t, recv, (int fd, void *p, size_t n, int f), (fd, p, n, f))
LATE(ssize_t, sendmsg, (int fd, const struct msghdr *m, int f), (fd, m, f))
LATE(ssize_t, recvmsg, (int fd, struct msghdr *m, int f), (fd, m, f))
LATE(int, shutdown, (int fd, int how), (fd, how))
LATE(pid_t, waitpid, (pid_t pid, int *status, int how), (pid, status, how))
LATE(int, waitid, (idtype_t type, id_t id, siginfo_t *info, int how),
    (type, id, info, how))
LATE(pid_t, wait4, (pid_t pid, int *status, int how, struct rusage *use),
    (pid, status, how, use))

/* A child in its parent's memory is never late itself: the parent waits. */
int
clone(int (*run)(void *), void *stack, int flags, void *arg, ...)
{
	static int (*real)(int (*)(void *), void *, int, void *, ...);
	va_list list;
	void *first;
	int result;

	if (real == NULL)
		*(void **)&real = dlsym(RTLD_NEXT, "clone");
	va_start(list, arg);
	first = va_arg(list, void *);
	va_end(list);
	late();
	result = real(run, stack, flags, arg, first);
	late();
	return result;
}
