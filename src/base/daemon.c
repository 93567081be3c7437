/* daemon.c - see daemon.h.
 *
 * The verdict is one packet on a socket pair and not a byte in a pipe: when
 * the parent was killed meanwhile, sending it is an error and no signal. */
#include "base/daemon.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"

#define TELL_TRIES 20
#define TELL_PAUSE_MS 10
#define LEAVE_MS 5000 /* to remove what a start that failed has made */

struct verdict {
	int code;
	char why[DAEMON_WHY_MAX];
};

/* The child ended without a word: what its end says. */
static void
judge_end(struct daemon *d, pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) == -1) {
		if (errno != EINTR) {
			d->code = EX_OSERR;
			return;
		}
	}
	d->code = EX_OSERR;
	if (WIFSIGNALED(status))
		(void)snprintf(d->why, sizeof(d->why),
		    "ended by signal %d before it was ready", WTERMSIG(status));
	else if (WEXITSTATUS(status) == 0)
		(void)snprintf(
		    d->why, sizeof(d->why), "ended before it was ready");
	else
		d->code = WEXITSTATUS(status);
}

/* Of memory or of something to read, which comes or is said by the pidfd. */
static bool
is_short(int error)
{
	return error == EAGAIN || error == ENOMEM || error == ENOBUFS;
}

/* Whoever tries again at once must not find a socket in use. */
static void
wait_for_end(int pidfd)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };
	int64_t end = clock_ms() + LEAVE_MS, left;

	while (pidfd != -1 && (left = end - clock_ms()) > 0 &&
	    poll(&p, 1, (int)left) == -1 && errno == EINTR)
		;
}

/* Workers have copies of the other end, so its end of file may come late;
 * the pidfd tells that the child itself is gone. */
static void
wait_for_verdict(struct daemon *d, int sock, pid_t pid)
{
	int pidfd = pidfd_open(pid, 0);
	struct pollfd p[] = { { .fd = sock, .events = POLLIN },
		{ .fd = pidfd, .events = POLLIN } };
	struct verdict v;
	ssize_t got;

	/* Whatever may keep poll() and recv() from it: the verdict, or the end
	 * of the child, is what there is to wait for. */
	do {
		p[1].revents = 0;
		if (pidfd != -1 && poll(p, 2, -1) == -1 && errno != EINTR)
			io_close(&pidfd);
		got = recv(sock, &v, sizeof(v), pidfd == -1 ? 0 : MSG_DONTWAIT);
	} while (got == -1 &&
	    (errno == EINTR || (is_short(errno) && p[1].revents == 0)));
	if (got == (ssize_t)sizeof(v)) {
		d->code = v.code;
		memcpy(d->why, v.why, sizeof(d->why));
		if (d->code != 0)
			wait_for_end(pidfd);
	} else {
		judge_end(d, pid);
	}
	io_close(&pidfd);
}

enum daemon_side
daemon_begin(struct daemon *d)
{
	int pair[2];
	pid_t pid;

	memset(d, 0, sizeof(*d));
	d->fd = -1;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) == -1)
		return DAEMON_FAILED;
	pid = fork();
	if (pid == -1) {
		io_close(&pair[0]);
		io_close(&pair[1]);
		return DAEMON_FAILED;
	}
	io_close(&pair[pid == 0 ? 0 : 1]);
	if (pid == 0) {
		(void)setsid(); /* a new process leads no group yet */
		d->fd = pair[1];
		return DAEMON_CHILD;
	}
	wait_for_verdict(d, pair[0], pid);
	io_close(&pair[0]);
	return DAEMON_PARENT;
}

void
daemon_detach(const struct daemon *d)
{
	int fd, null;

	if (d->fd == -1)
		return;
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null == -1)
		return; /* what they are is better than nothing */
	for (fd = 0; fd <= 2; fd++)
		(void)dup2(null, fd);
	if (null > 2)
		io_close(&null);
}

void
daemon_ready(struct daemon *d, int code, const char *why)
{
	struct verdict v = { .code = code };
	int tries;

	if (d->fd == -1)
		return;
	if (why != NULL)
		(void)snprintf(v.why, sizeof(v.why), "%s", why);
	/* Detach first: a parent that ends may close a terminal. */
	if (code == 0)
		daemon_detach(d);
	for (tries = 0; tries < TELL_TRIES; tries++) {
		if (send(d->fd, &v, sizeof(v), MSG_NOSIGNAL) != -1 ||
		    errno == EPIPE || errno == ECONNRESET)
			break;
		/* Short of memory: the parent must not wait in vain. */
		(void)poll(NULL, 0, TELL_PAUSE_MS);
	}
	io_close(&d->fd);
}
