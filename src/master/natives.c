#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "master/lograte.h"
#include "master/natives.h"
#include "master/output.h"
#include "master/peek.h"
#include "master/strays.h"

#define LEFT_LOOK_MS 100
#define STRAYS_LOOKS 5
#define STRAYS_MAX 8      /* of one look */
#define LEFT_DEAD_MS 1000 /* after its KILL, even if nobody reaps it */

struct natives *
natives_new(const struct natives_conf *conf)
{
	const struct output_conf output = { .pool = conf->pool,
		.nslots = conf->nslots,
		.epoll_fd = conf->epoll_fd,
		.crew = conf->crew,
		.plain = conf->plain_output,
		.limit = conf->line_limit };
	struct natives *n = calloc(1, sizeof(*n));

	if (n == NULL)
		return NULL;
	strays_adopt();
	n->conf = *conf;
	n->output = output_new(&output);
	n->at = calloc(conf->nslots, sizeof(n->at[0]));
	n->left = calloc(conf->nslots, sizeof(n->left[0]));
	if (n->output != NULL && n->at != NULL && n->left != NULL)
		return n;
	natives_free(n);
	return NULL;
}

void
natives_free(struct natives *n)
{
	if (n == NULL)
		return;
	output_free(n->output);
	free(n->at);
	free(n->left);
	free(n);
}

int
natives_reserve(struct natives *n, size_t nslots)
{
	struct native_left *left;
	struct native *at;

	if (nslots <= n->conf.nslots)
		return 0;
	if (output_reserve(&n->output, nslots) == -1)
		return -1;
	left = realloc(n->left, nslots * sizeof(left[0]));
	if (left != NULL)
		n->left = left;
	at = realloc(n->at, nslots * sizeof(at[0]));
	if (at != NULL)
		n->at = at;
	if (left == NULL || at == NULL)
		return -1;
	for (; n->conf.nslots < nslots; n->conf.nslots++)
		n->at[n->conf.nslots] = (struct native){ .proven = false };
	return 0;
}

void
natives_change(struct natives *n, const struct natives_conf *conf)
{
	n->conf.pool = conf->pool;
	n->conf.grace_ms = conf->grace_ms;
	n->conf.plain_output = conf->plain_output;
	output_change(n->output,
	    &(struct output_conf){ .pool = conf->pool,
		.plain = conf->plain_output,
		.limit = conf->line_limit });
}

int
natives_pipe(bool caught, int fds[2])
{
	if (caught)
		return output_pipe(fds);
	fds[0] = -1;
	fds[1] = open("/dev/null", O_WRONLY | O_CLOEXEC);
	return fds[1] == -1 ? -1 : 0;
}

void
natives_signal(pid_t pid, int signo)
{
	if (kill(-pid, signo) == -1 && errno == ESRCH)
		(void)kill(pid, signo);
}

void
natives_born(
    struct natives *n, size_t slot, pid_t pid, int listen_fd, int output_fd)
{
	uint64_t inode = strays_inode(listen_fd);

	if (inode != 0)
		n->listener = inode;
	/* It does so itself; whoever comes first.  EACCES: executed. */
	(void)setpgid(pid, pid);
	n->at[slot] = (struct native){ .proven = false };
	if (output_fd != -1)
		output_adopt(n->output, slot, pid, output_fd);
}

/* The others expect it to block, and the flag belongs to all who share the
 * socket.  Programs that want it otherwise set it when they start. */
static void
clear_nonblock(struct natives *n, pid_t pid, int listen_fd, int64_t now)
{
	int flags = fcntl(listen_fd, F_GETFL);
	unsigned left_out;

	if (flags == -1 || (flags & O_NONBLOCK) == 0)
		return;
	(void)io_nonblock(listen_fd, false);
	if (!lograte_allows(&n->offences, now, &left_out))
		return;
	lograte_tell(
	    n->conf.pool, "what programs do to the listener", left_out);
	log_about(LOG_LEVEL_NOTICE,
	    &(struct log_about){ .pool = n->conf.pool, .program = pid },
	    "pool %s: program %d left the listener "
	    "non-blocking; it blocks again",
	    n->conf.pool, (int)pid);
}

static bool
is_left(const struct natives *n, pid_t group)
{
	size_t i;

	for (i = 0; i < n->nleft; i++)
		if (n->left[i].group == group)
			return true;
	return false;
}

/* It has nobody else to tell it. */
static void
end_group(struct natives *n, pid_t group, int64_t now)
{
	if (kill(-group, SIGTERM) == -1)
		return;
	(void)kill(-group, SIGCONT);
	if (n->nleft == n->conf.nslots) {
		(void)kill(-group, SIGKILL);
		return;
	}
	n->left[n->nleft++] = (struct native_left){ .group = group,
		.kill_ms = now + n->conf.grace_ms };
}

static void
end_strays(struct natives *n, int64_t now)
{
	pid_t groups[STRAYS_MAX];
	size_t i, found = strays_find(n->listener, groups, STRAYS_MAX);
	unsigned left_out;

	for (i = 0; i < found; i++) {
		if (is_left(n, groups[i]))
			continue;
		end_group(n, groups[i], now);
		if (!lograte_allows(&n->offences, now, &left_out))
			continue;
		lograte_tell(
		    n->conf.pool, "what programs do to the listener", left_out);
		log_about(LOG_LEVEL_NOTICE,
		    &(struct log_about){
			.pool = n->conf.pool, .program = groups[i] },
		    "pool %s: the program goes to the background, where "
		    "nobody looks after it: process group %d is ended; start "
		    "it so that it stays in the foreground",
		    n->conf.pool, (int)groups[i]);
	}
}

void
natives_died(
    struct natives *n, size_t slot, pid_t pid, int listen_fd, int64_t now)
{
	output_end(n->output, slot, now);
	clear_nonblock(n, pid, listen_fd, now);
	end_group(n, pid, now);
}

void
natives_went_away(struct natives *n, int64_t now)
{
	/* It may be about to fork once more. */
	n->strays.wanted = true;
	n->strays.until_ms = now + LEFT_LOOK_MS * STRAYS_LOOKS;
	n->strays.next_ms = now;
}

static int64_t
look_for_strays(struct natives *n, int64_t now)
{
	if (now > n->strays.until_ms)
		n->strays.wanted = false;
	if (!n->strays.wanted)
		return CLOCK_NEVER;
	if (now >= n->strays.next_ms) {
		n->strays.next_ms = now + LEFT_LOOK_MS;
		end_strays(n, now);
	}
	return n->strays.next_ms;
}

int
natives_output_fd(const struct natives *n, size_t slot)
{
	return output_fd(n->output, slot);
}

void
natives_output(struct natives *n, size_t slot, int64_t now)
{
	output_event(n->output, slot, now);
}

void
natives_signal_left(const struct natives *n, int signo)
{
	size_t i;

	for (i = 0; i < n->nleft; i++)
		(void)kill(-n->left[i].group, signo);
}

bool
natives_gone(const struct natives *n)
{
	return n->nleft == 0 && !n->strays.wanted;
}

/* Groups of which nobody is alive are forgotten before their number can be
 * another's; what stays too long is killed. */
static void
look_after_left(struct natives *n, int64_t now)
{
	size_t i = 0;

	while (i < n->nleft) {
		const struct native_left *l = &n->left[i];

		if (now >= l->kill_ms)
			(void)kill(-l->group, SIGKILL);
		if (!peek_group(l->group) || now >= l->kill_ms + LEFT_DEAD_MS)
			n->left[i] = n->left[--n->nleft];
		else
			i++;
	}
}

int64_t
natives_turn(struct natives *n, int64_t now)
{
	int64_t due = output_turn(n->output, now);

	due = clock_sooner(due, look_for_strays(n, now));
	if (n->nleft == 0)
		return due;
	look_after_left(n, now);
	if (n->nleft > 0 && due > now + LEFT_LOOK_MS)
		due = now + LEFT_LOOK_MS;
	return due;
}
