/* floor.c - what starting programs costs when nothing else is done.
 *
 *   floor PROGRAM TIMES
 *
 * Two processes side by side start PROGRAM (posix_spawn, a pipe for its
 * stdout, waitpid) TIMES times in all.  Prints starts a second.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static void
start(char *program)
{
	char *argv[] = { program, NULL }, *envp[] = { NULL };
	posix_spawn_file_actions_t act;
	char buf[65536];
	int fds[2];
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) == -1)
		_exit(1);
	(void)posix_spawn_file_actions_init(&act);
	(void)posix_spawn_file_actions_adddup2(&act, fds[1], 1);
	if (posix_spawn(&pid, program, &act, NULL, argv, envp) != 0)
		_exit(1);
	(void)posix_spawn_file_actions_destroy(&act);
	(void)close(fds[1]);
	while (read(fds[0], buf, sizeof(buf)) > 0)
		;
	(void)close(fds[0]);
	(void)waitpid(pid, NULL, 0);
}

int
main(int argc, char **argv)
{
	struct timespec a, b;
	int n, i, k;

	if (argc != 3)
		return 64;
	n = atoi(argv[2]);
	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	for (k = 0; k < 2; k++)
		if (fork() == 0) {
			for (i = 0; i < n / 2; i++)
				start(argv[1]);
			_exit(0);
		}
	while (wait(NULL) > 0)
		;
	(void)clock_gettime(CLOCK_MONOTONIC, &b);
	(void)printf("%.1f\n",
	    n /
		((double)(b.tv_sec - a.tv_sec) +
		    (double)(b.tv_nsec - a.tv_nsec) / 1e9));
	return 0;
}
