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

#include "base/clock.h"
#include "base/io.h"
#include "master/wstatus.h"

#define READ_MS 10000 /* as long as another program is tried */

/* What it says when it dies is for nobody, and neither is a core. */
static void
read_settings(const struct conf_source *src, place_run *run)
{
	const struct rlimit no_core = { 0, 0 };
	struct conf_error none;
	struct conf conf;
	int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)prctl(PR_SET_NAME, REHEARSAL_NAME);
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
	int64_t end = clock_ms() + READ_MS, left;

	if (pidfd == -1)
		return false;
	do {
		left = end - clock_ms();
		n = left > 0 ? poll(&pfd, 1, (int)left) : 0;
	} while (n == -1 && errno == EINTR);
	io_close(&pidfd);
	return n == 0 && kill(pid, SIGKILL) == 0;
}

int
rehearsal_of(
    const struct conf_source *src, place_run *run, struct conf_error *why)
{
	char end[WSTATUS_TEXT_MAX];
	pid_t pid = fork();
	bool late;
	int status;

	if (pid == 0)
		read_settings(src, run);
	if (pid == -1)
		return 0;
	late = is_late(pid);
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			return 0;
	if (wstatus_code(status) == 0)
		return 0;
	*why = (struct conf_error){ EX_OSERR, "out of memory" };
	if (late)
		(void)snprintf(why->text, sizeof(why->text),
		    "the settings could not be read within %d seconds: is one "
		    "of their files a fifo?",
		    READ_MS / 1000);
	else if (wstatus_code(status) != EX_OSERR)
		(void)snprintf(why->text, sizeof(why->text),
		    "out of memory, it seems: who tried to read the settings "
		    "%s",
		    wstatus_text(status, end, sizeof(end)));
	return -1;
}
