/* natives.h - what is different when the workers are the user's programs
 * (mode = fastcgi).
 *
 * They hear signals instead of messages, may have started processes of their
 * own, write to a pipe that is to be drained, and share a listener with us
 * that they can spoil.
 *
 * Layer: master.  Called by: the files of a crew (members.h), for pools of
 * native programs only.
 */
#ifndef MASTER_NATIVES_H
#define MASTER_NATIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "master/farewell.h"
#include "master/lograte.h"

struct output;

struct natives_conf {
	const char *pool; /* its name; outlives this */
	size_t nslots;
	int epoll_fd;
	unsigned crew;
	int64_t grace_ms;  /* for what a program leaves behind */
	size_t line_limit; /* log_limit */
	bool plain_output; /* decorate_workers_output = no */
};

/* What is known of the program of a slot, beside the slot itself. */
struct native {
	struct farewell farewell;
	bool proven;   /* it was seen with a connection */
	uint64_t mark; /* of what it ran so far, at the last look */
};

/* What a program that died left of its group. */
struct native_left {
	pid_t group;
	int64_t kill_ms;
};

struct natives {
	struct natives_conf conf;
	struct output *output;
	struct lograte offences;
	struct native *at;        /* a place for each slot */
	struct native_left *left; /* the first NLEFT of as many */
	size_t nleft;
	uint64_t listener; /* the inode of the one that programs have */
	struct {
		bool wanted;
		int64_t until_ms, next_ms;
	} strays;           /* are looked for */
	bool proven;        /* one of them was, ever: they speak FastCGI */
	unsigned unproven;  /* ended in order, since one was */
	bool spoilt;        /* the listener is, and that was said */
	unsigned unseen;    /* looks in a row that did not see what they do */
	int64_t tick_ms;    /* the next calm look at everything */
	int64_t look_ms;    /* then see who has it; 0: none came */
	int64_t untaken_ms; /* when it waits even then, nobody is idle */
};

struct natives *natives_new(const struct natives_conf *conf);
void natives_free(struct natives *n);
/* Places for NSLOTS.  0, or -1 with nothing changed. */
int natives_reserve(struct natives *n, size_t nslots);
/* From now on as CONF says, but for what was reserved. */
void natives_change(struct natives *n, const struct natives_conf *conf);

/* Two ends of a program's output, [1] for the program; [0] is -1 where it is
 * not CAUGHT.  0, or -1, errno. */
int natives_pipe(bool caught, int fds[2]);
/* The program of SLOT was forked with LISTEN_FD; OUTPUT_FD (-1: none) is ours
 * from now on. */
void natives_born(
    struct natives *n, size_t slot, pid_t pid, int listen_fd, int output_fd);
/* Our end of the output of SLOT's program, -1: it was closed. */
int natives_output_fd(const struct natives *n, size_t slot);
/* It was reaped.  LISTEN_FD is the pool's listener. */
void natives_died(
    struct natives *n, size_t slot, pid_t pid, int listen_fd, int64_t now);
/* One that was reaped seems to have gone to the background. */
void natives_went_away(struct natives *n, int64_t now);
void natives_output(struct natives *n, size_t slot, int64_t now);

/* To the program and all of its group. */
void natives_signal(pid_t pid, int signo);
/* To what is left of those that died. */
void natives_signal_left(const struct natives *n, int signo);
/* Nothing is left of them. */
bool natives_gone(const struct natives *n);
/* Do what is due; returns when to come again, or CLOCK_NEVER. */
int64_t natives_turn(struct natives *n, int64_t now);

#endif
