#include <errno.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/sig.h"
#include "master/channel.h"
#include "master/proc.h"
#include "master/self.h"

#define KEEP_MAX (8 + PLACE_LOGS + POOL_LISTEN_MAX)

static void
keep_own(const struct place *place)
{
	int keep[KEEP_MAX] = { 0, 1, 2 };
	size_t i, n = 3;

	keep[n++] = log_held_fd();
	keep[n++] = place->channel_fd;
	keep[n++] = place->handoff_fd;
	for (i = 0; i < PLACE_LOGS; i++)
		keep[n++] = place->log_fds[i];
	keep[n++] = place->output_fd;
	for (i = 0; i < place->nlisten && n < KEEP_MAX; i++)
		keep[n++] = place->listen_fds[i];
	io_close_others(keep, n);
}

static int
child(const struct proc_plan *plan, int channel_fd)
{
	struct place place = plan->place;

	sig_reset_blocked();
	place.channel_fd = channel_fd;
	keep_own(&place);
	if (plan->limits != NULL) {
		(void)setrlimit(RLIMIT_NOFILE, &plan->limits->files);
		(void)setrlimit(RLIMIT_CORE, &plan->limits->core);
	}
	return plan->run(plan->conf->run_arg, &place);
}

int
proc_start(const struct proc_plan *plan, struct proc *out)
{
	int fds[2], error;
	pid_t pid;

	if (channel_open(fds) == -1)
		return -1;
	pid = fork();
	if (pid == 0)
		_exit(child(plan, fds[1]));
	error = errno;
	(void)close(fds[1]);
	if (pid == -1) {
		(void)close(fds[0]);
		errno = error;
		return -1;
	}
	out->pid = pid;
	out->channel_fd = fds[0];
	return 0;
}
