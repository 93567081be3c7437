/* logsink.h - what takes the lines of a log: a descriptor, or the syslog
 * daemon's socket.  None of them is ever waited for: what cannot be written
 * at once is lost, and counted.
 *
 * Layer: base.  Used by log.c, and by whoever has a log of its own.
 */
#ifndef BASE_LOGSINK_H
#define BASE_LOGSINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/logline.h"

struct logsink {
	enum logline_style style;
	int fd;             /* ours, but for 2; a socket for syslog, -1: none */
	int twin;           /* ours; -1: FD itself is written to */
	bool is_socket;     /* of FD */
	bool is_regular;    /* of FD */
	bool torn;          /* the last line was written in part */
	uint64_t lost;      /* lines, so far */
	const char *syslog; /* the daemon's socket; NULL: no syslog */
};

/* Before anything was opened: stderr, whatever it is. */
#define LOGSINK_STDERR              \
	{                           \
		.fd = 2, .twin = -1 \
	}

/* Nothing: not to be written to. */
#define LOGSINK_NONE                 \
	{                            \
		.fd = -1, .twin = -1 \
	}

/* TARGET as in struct log_conf, kept by reference.  0, or -1 with errno. */
int logsink_open(struct logsink *s, const char *target);
/* FD, which is the sink's from now on, in place of what it has; -1: nothing.
 * What was lost stays counted. */
void logsink_adopt(struct logsink *s, int fd);
bool logsink_is_open(const struct logsink *s);
void logsink_close(struct logsink *s);
/* Can TARGET be opened again under its name? */
bool logsink_is_file(const char *target);

/* Write the line of LEN bytes that begins at ROOM + 1; *ROOM is spare, it
 * ends a torn line.  False: it is lost. */
bool logsink_write(struct logsink *s, char *room, size_t len);

#endif
