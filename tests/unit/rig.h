/* rig.h - a master in a process of its own, with a worker that speaks no
 * FastCGI: a connection brings one letter and gets a number back.
 *
 *   p  its pid, and the connection is closed
 *   k  the same, and the connection is kept (parked)
 *   s  the same as p, after 400 ms; h: after a minute; w: after another letter
 *   f  how many descriptors it has
 *   g  sends nonsense to the master first; l: and never stops to
 *   x  no answer: it exits with 3
 */
#ifndef TESTS_RIG_H
#define TESTS_RIG_H

#include <stdbool.h>
#include <sys/types.h>

#include "master/master.h"

#define PATIENCE_MS 15000

/* What becomes of a worker: the pool's run_arg is one of rig_fates. */
enum fate {
	SERVE,
	EXIT_1,
	EXIT_78,
	SAY_FAILED,
	DEAF,
	DIE_READY,
	SCRIBBLE,
	LATE
};
extern const enum fate rig_fates[];

struct rig {
	char dir[64];
	char path[128]; /* of the socket */
	char log_path[128];
	char access_path[128];
	char pid_path[128];
	struct pool_conf pool; /* to be changed before the start */
	struct master_conf conf;
	bool with_stranger; /* the master has a child it did not start */
	unsigned nofile;    /* descriptors it may have, 0: the usual */
	pid_t master_pid;
	int ready_fd;
};
extern struct rig rig;

/* Fixtures. */
void rig_setup(void);
void rig_teardown(void);

void start_master(void);
/* What the master says of its start. */
const char *heard(void);
/* Both, and it says "up". */
void start_up(void);
/* Its exit code, -1: a signal. */
int wait_master(void);
int stop_with(int signo);

int dial(void);
/* The number that comes, 0: closed without one. */
int listen_to(int fd);
int ask_on(int fd, char letter);
int ask(char letter);
/* Until a worker has read all that was sent. */
void wait_taken(int fd);
/* Kill who answers; its pid. */
pid_t kill_one(void);

/* How many times TEXT is in FILE. */
int count_in(const char *file, const char *text);
void wait_logged(const char *text, int times);
int children_of(pid_t pid);
int fds_of(pid_t pid);
void wait_children(int want);
/* Of the master. */
void wait_fds(int want);

#endif
