/* output.h - what native programs write to their stdout and stderr: lines of
 * the log.
 *
 * Each program has a pipe of its own, which is always drained, so that no
 * program waits for the log; of a flood only so many lines a second are
 * logged, the rest is counted and said.
 *
 * Owns the reading ends.  Allocated once, a place for each slot of the pool.
 * Layer: master.  Called by: crew.c, natives.c.
 */
#ifndef MASTER_OUTPUT_H
#define MASTER_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define OUTPUT_LINES_SECOND 200 /* of a pool */

struct output;

struct output_conf {
	const char *pool; /* its name; outlives the output */
	size_t nslots;
	int epoll_fd;
	unsigned crew;
	bool plain;   /* lines are logged as they are written */
	size_t limit; /* of a line; what is longer goes on in another */
};

struct output *output_new(const struct output_conf *conf);
void output_free(struct output *o);
/* Places for NSLOTS: *O may move.  0, or -1 with nothing changed. */
int output_reserve(struct output **o, size_t nslots);
/* Other settings; the pool's name is the same, in another place. */
void output_change(struct output *o, const struct output_conf *conf);

/* A pipe: [0] for output_adopt(), [1] for the program.  0, or -1 and errno. */
int output_pipe(int fds[2]);
/* FD is the end of the program PID in SLOT, and ours from now on. */
void output_adopt(struct output *o, size_t slot, pid_t pid, int fd);
/* -1: none. */
int output_fd(const struct output *o, size_t slot);
/* There is something to read. */
void output_event(struct output *o, size_t slot, int64_t now);
/* The program is gone: take the rest. */
void output_end(struct output *o, size_t slot, int64_t now);
/* Say what was left out; returns when to come again, or CLOCK_NEVER. */
int64_t output_turn(struct output *o, int64_t now);

#endif
