/* job.h - a running program: its process, its pipes, its limits.
 *
 * Layer: worker.  Used by cgi.c, which knows about requests; this does not.
 */
#ifndef WORKER_JOB_H
#define WORKER_JOB_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct job_limits { /* ms, 0: off */
	int64_t first_byte_ms;
	int64_t idle_ms;
	int64_t terminate_ms;
	int64_t kill_ms;
	int64_t linger_ms;
	int64_t slow_ms;
	bool finished_too; /* first, idle, terminate: also once it has closed
			      its output */
};

struct job {
	pid_t pid; /* also its process group; 0: none */
	int pidfd; /* these four are owned; -1: closed */
	int in_fd, out_fd, err_fd;
	bool wrote; /* it has produced output */
	bool exited;
	int status; /* of wait4(), once exited */
	struct rusage usage;
	int64_t start_ms;
	int64_t alive_ms; /* its last progress, or ours with it */
	bool stood_still; /* limits did not count at the last look */
	int64_t exit_ms;
	int64_t quiet_ms; /* stdout closed since, while it runs */
	bool slow_told;   /* that it is slow */
	int signalled;    /* the last signal we sent to end it, or 0 */
	int64_t signal_ms;
};

void job_reset(struct job *j);
/* Begin to end it: TERM and CONT to its group. */
void job_terminate(struct job *j, int64_t now);
/* The next step when TERM did not help. */
void job_kill(struct job *j, int64_t now);
/* Take its status if it has exited: true once.  When it was being ended,
 * the rest of its group is killed first, while its number is still its. */
bool job_reap(struct job *j, int64_t now);
void job_close(struct job *j);

enum job_due { JOB_NOTHING, JOB_OVERDUE, JOB_KILL, JOB_LINGERED, JOB_SLOW };
/* What has to happen next and when.  Pure.  PEER: the web server is waited
 * for, so that first_byte and idle stand still. */
enum job_due job_next(struct job *j, const struct job_limits *limits, bool peer,
    int64_t now, int64_t *due_ms);

#endif
