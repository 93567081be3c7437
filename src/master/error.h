/* error.h - why something could not be done, for whoever asked for it.
 *
 * A plain value that travels up to who decides: main.c at the start, the
 * control socket's answer and the log afterwards.
 * Layer: master.  Called by: all of it, and what loads the settings.
 */
#ifndef MASTER_ERROR_H
#define MASTER_ERROR_H

#include <stdbool.h>

struct master_error {
	int code;       /* one of sysexits, for the exit status */
	char text[512]; /* one line, without the program's name */
	bool in_use;    /* a socket is: it may be free in a moment */
	bool left_over; /* ... it will, but nobody knows how long that is */
};

/* Fill ERR; always -1. */
int master_fail(struct master_error *err, int code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif
