/* daemon.h - into the background, with a truthful status.
 *
 * The parent stays where it was started until the new process says how its
 * start went, and then ends with that: whoever waits for it knows.  Nothing
 * here prints or exits; main.c does, with what it gets.
 *
 * Layer: base.  Called by: main.c.
 */
#ifndef BASE_DAEMON_H
#define BASE_DAEMON_H

#define DAEMON_WHY_MAX 512

enum daemon_side {
	DAEMON_FAILED, /* errno; no new process */
	DAEMON_CHILD,  /* go on, and call daemon_ready() once */
	DAEMON_PARENT  /* the verdict is in: exit with CODE */
};

struct daemon {
	int fd;                   /* the child's; -1: not a daemon */
	int code;                 /* the parent's: 0 or one of sysexits */
	char why[DAEMON_WHY_MAX]; /* one line for stderr; "": none, because
				     the child has said it there itself */
};

/* Not a daemon: daemon_ready() then does nothing. */
#define DAEMON_NONE      \
	{                \
		.fd = -1 \
	}

/* Fork.  The child is the leader of a new session; it keeps its stdio, so
 * that it can complain, until it is ready.  The parent returns when it
 * called daemon_ready() or ended; after a failure, only once it has ended, or
 * after some seconds. */
enum daemon_side daemon_begin(struct daemon *d);
/* In the child, before it forks: 0 to 2 become /dev/null, or whoever reads
 * the other end of what they were would wait for the new processes, too. */
void daemon_detach(const struct daemon *d);
/* Tell the parent.  With CODE 0, 0 to 2 are /dev/null from here on; WHY may
 * be NULL.  To be called once; later calls do nothing. */
void daemon_ready(struct daemon *d, int code, const char *why);

#endif
