#include "rehearsal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/activation.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/sig.h"
#include "master/master.h"
#include "master/wstatus.h"

/* Of the master's connections and pipes nobody else may hold an end: who
 * waits for it to be closed would wait for the child. */
static void
close_masters(const struct conf_source *src)
{
	int keep[4 + ACTIVATION_MAX] = { 0, 1, 2, src->stdin_fd };
	size_t i;

	for (i = 0; i < src->ninherited && i < ACTIVATION_MAX; i++)
		keep[4 + i] = src->inherited[i];
	io_close_others(keep, 4 + i);
}

/* What it says when it dies is for nobody, and neither is a core. */
static void
read_settings(const struct conf_source *src, place_run *run, pid_t parent)
{
	const struct rlimit no_core = { 0, 0 };
	struct conf_error none;
	struct conf conf;
	int null_fd;

	(void)prctl(PR_SET_NAME, REHEARSAL_NAME);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(EX_OSERR);
	sig_reset();
	close_masters(src);
	null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	(void)dup2(null_fd, STDERR_FILENO);
	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)conf_load(src, run, &conf, &none);
	_exit(0);
}

/* True: it was killed, as it took too long. */
static bool
is_late(pid_t pid)
{
	int pidfd = pidfd_open(pid, 0), n;
	struct pollfd pfd = { .fd = pidfd, .events = POLLIN };
	int64_t end = clock_ms() + MASTER_READ_MS, left;

	if (pidfd == -1)
		return false;
	do {
		left = end - clock_ms();
		n = left > 0 ? poll(&pfd, 1, (int)left) : 0;
	} while (n == -1 && errno == EINTR);
	io_close(&pidfd);
	return n == 0 && kill(pid, SIGKILL) == 0;
}

pid_t
rehearsal_begin(const struct conf_source *src, place_run *run)
{
	pid_t self = getpid(), pid = fork();

	if (pid == 0)
		read_settings(src, run, self);
	return pid == -1 ? 0 : pid;
}

int
rehearsal_verdict(int status, bool late, struct conf_error *why)
{
	char end[WSTATUS_TEXT_MAX];

	if (wstatus_code(status) == 0)
		return 0;
	*why = (struct conf_error){ EX_OSERR, "out of memory" };
	if (late)
		(void)snprintf(why->text, sizeof(why->text),
		    "the settings could not be read within %d seconds: is one "
		    "of their files a fifo?",
		    MASTER_READ_MS / 1000);
	else if (wstatus_code(status) != EX_OSERR)
		(void)snprintf(why->text, sizeof(why->text),
		    "out of memory, it seems: who tried to read the settings "
		    "%s",
		    wstatus_text(status, end, sizeof(end)));
	return -1;
}

int
rehearsal_of(
    const struct conf_source *src, place_run *run, struct conf_error *why)
{
	pid_t pid = rehearsal_begin(src, run);
	bool late;
	int status;

	if (pid == 0)
		return 0;
	late = is_late(pid);
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return 0;
	return rehearsal_verdict(status, late, why);
}
