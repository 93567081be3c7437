#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "base/sig.h"
#include "master/channel.h"
#include "master/proc.h"

#define KEEP_MAX (8 + POOL_LISTEN_MAX)

static int
compare(const void *a, const void *b)
{
	const int *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* For a kernel or a filter that does not know close_range(2). */
static void
close_listed(unsigned from, unsigned to)
{
	struct dirent *entry;
	DIR *dir = opendir("/proc/self/fd");

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		unsigned long fd = strtoul(entry->d_name, NULL, 10);

		if (entry->d_name[0] != '.' && fd >= from && fd <= to &&
		    (int)fd != dirfd(dir))
			(void)close((int)fd);
	}
	(void)closedir(dir);
}

/* Close FROM..TO, both included. */
static void
close_span(unsigned from, unsigned to)
{
	if (from <= to && close_range(from, to, 0) == -1)
		close_listed(from, to);
}

/* KEEP may hold -1 and numbers twice. */
static void
close_others(int *keep, size_t n)
{
	unsigned from = 0;
	size_t i;

	qsort(keep, n, sizeof(keep[0]), compare);
	for (i = 0; i < n; i++) {
		if (keep[i] < 0 || (unsigned)keep[i] < from)
			continue;
		if ((unsigned)keep[i] > from)
			close_span(from, (unsigned)keep[i] - 1);
		from = (unsigned)keep[i] + 1;
	}
	close_span(from, ~0U);
}

static void
keep_own(const struct place *place)
{
	int keep[KEEP_MAX] = { 0, 1, 2 };
	size_t i, n = 3;

	keep[n++] = log_held_fd();
	keep[n++] = place->channel_fd;
	keep[n++] = place->handoff_fd;
	keep[n++] = place->access_fd;
	keep[n++] = place->output_fd;
	for (i = 0; i < place->nlisten && n < KEEP_MAX; i++)
		keep[n++] = place->listen_fds[i];
	close_others(keep, n);
}

static int
child(const struct proc_plan *plan, int channel_fd)
{
	struct place place = plan->place;

	sig_reset_blocked();
	place.channel_fd = channel_fd;
	keep_own(&place);
	if (plan->nofile != NULL)
		(void)setrlimit(RLIMIT_NOFILE, plan->nofile);
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
