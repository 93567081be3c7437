#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/io.h"
#include "worker/job.h"

void
job_reset(struct job *j)
{
	memset(j, 0, sizeof(*j));
	j->pidfd = j->in_fd = j->out_fd = j->err_fd = -1;
	j->exit_ms = CLOCK_NEVER;
	j->quiet_ms = CLOCK_NEVER;
}

/* The group's number is the program's pid, which cannot be given to anyone
 * else until we have waited for it. */
static void
signal_group(const struct job *j, int signo)
{
	if (j->pid > 0 && !j->exited)
		(void)kill(-j->pid, signo);
}

void
job_terminate(struct job *j, int64_t now)
{
	if (j->signalled != 0)
		return;
	signal_group(j, SIGTERM);
	signal_group(j, SIGCONT); /* a stopped one could not end */
	j->signalled = SIGTERM;
	j->signal_ms = now;
}

void
job_kill(struct job *j, int64_t now)
{
	signal_group(j, SIGKILL);
	j->signalled = SIGKILL;
	j->signal_ms = now;
}

bool
job_reap(struct job *j, int64_t now)
{
	siginfo_t info = { 0 };
	int status;

	if (j->exited || j->pid <= 0)
		return false;
	if (j->signalled != 0) {
		if (waitid(P_PID, (id_t)j->pid, &info,
			WEXITED | WNOHANG | WNOWAIT) == -1 ||
		    info.si_pid == 0)
			return false;
		signal_group(j, SIGKILL);
	}
	if (wait4(j->pid, &status, WNOHANG, &j->usage) != j->pid)
		return false;
	j->status = status;
	j->exited = true;
	j->exit_ms = now;
	io_close(&j->pidfd);
	io_close(&j->in_fd);
	return true;
}

void
job_close(struct job *j)
{
	io_close(&j->pidfd);
	io_close(&j->in_fd);
	io_close(&j->out_fd);
	io_close(&j->err_fd);
	j->pid = 0;
}

static void
sooner(enum job_due what, int64_t at, enum job_due *next, int64_t *due_ms)
{
	if (at < *due_ms) {
		*due_ms = at;
		*next = what;
	}
}

enum job_due
job_next(struct job *j, const struct job_limits *l, bool peer, int64_t now,
    int64_t *due_ms)
{
	enum job_due next = JOB_NOTHING;
	int64_t silence = j->wrote ? l->idle_ms : l->first_byte_ms;

	*due_ms = CLOCK_NEVER;
	if (j->exited) {
		if (peer) /* a slow reader must not cost it its output */
			j->exit_ms = now;
		sooner(JOB_LINGERED, j->exit_ms + l->linger_ms, &next, due_ms);
		return next;
	}
	if (j->signalled != 0) {
		if (j->signalled == SIGTERM)
			sooner(
			    JOB_KILL, j->signal_ms + l->kill_ms, &next, due_ms);
		return next;
	}
	/* Time in which the web server was waited for is not the program's,
	 * neither before nor after this look. */
	if (peer || j->stood_still)
		j->alive_ms = now;
	j->stood_still = peer;
	if (l->slow_ms != 0 && !j->slow_told)
		sooner(JOB_SLOW, j->start_ms + l->slow_ms, &next, due_ms);
	if (j->out_fd == -1 && !l->finished_too)
		return next;
	if (!peer && silence != 0)
		sooner(JOB_OVERDUE, j->alive_ms + silence, &next, due_ms);
	if (l->terminate_ms != 0)
		sooner(
		    JOB_OVERDUE, j->start_ms + l->terminate_ms, &next, due_ms);
	return next;
}
