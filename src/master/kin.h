/* kin.h - a program, its threads, and the processes that it started.
 *
 * Read from /proc, without memory of our own.
 *
 * Layer: master.  Called by: peek.c, motion.c.
 */
#ifndef MASTER_KIN_H
#define MASTER_KIN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* A look takes so many threads, of all the processes together: 10 to 20 ms. */
#define KIN_TASKS_MAX 1000

enum kin_seen {
	KIN_ALL,
	KIN_BARE, /* the kernel does not say who was started by whom */
	KIN_SOME  /* not all: there are too many, or one has just ended */
};

/* Each may be NULL. */
struct kin_visitor {
	/* False: enough was seen. */
	bool (*process)(void *arg, pid_t pid);
	/* TASK is the folder /proc/PID/task, TID a name in it. */
	void (*thread)(void *arg, int task, const char *tid);
	void *arg;
};

/* PID itself first. */
enum kin_seen kin_visit(pid_t pid, const struct kin_visitor *v);

/* All of the small file NAME in the folder DIR, NUL-terminated; its length,
 * -1: it cannot be read, or does not fit. */
ssize_t kin_read(int dir, const char *name, char *buf, size_t cap);

#endif
