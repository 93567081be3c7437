/* logsink.h - what takes the lines of a log: a descriptor, or the socket of
 * the syslog daemon or of the journal.  None of them is ever waited for: what cannot be written
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

enum logsink_kind { LOGSINK_FD, LOGSINK_SYSLOG, LOGSINK_NATIVE };

struct logsink {
	enum logsink_kind kind;
	enum logline_style style;
	int fd;          /* ours, but for 2; -1: none, a daemon's: not yet */
	int twin;        /* ours; -1: FD itself is written to */
	bool is_socket;  /* of FD */
	bool is_regular; /* of FD */
	bool torn;       /* the last line was written in part */
	uint64_t lost;   /* lines, so far */
	const char *address; /* of the daemon's socket */
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
/* The same with FD, which was opened for TARGET (detached from another sink)
 * and is this one's from now on; -1: a daemon that was not there.  A NULL
 * target is none. */
void logsink_take(struct logsink *s, const char *target, int fd);
/* FD, which is the sink's from now on, in place of what it has, of the same
 * kind or another.  What was lost stays counted. */
void logsink_adopt(struct logsink *s, int fd);
void logsink_adopt_as(struct logsink *s, enum logsink_kind kind, int fd);
/* Its descriptor is the caller's from now on, for others to write to; the
 * sink is none any more.  -1: it has none, or errno. */
int logsink_detach(struct logsink *s);
bool logsink_is_open(const struct logsink *s);
/* Several may write to it, and long lines not in one piece. */
bool logsink_is_pipe(const struct logsink *s);
void logsink_close(struct logsink *s);
/* Does FD go to the journal, which takes priorities like <3>? */
bool logsink_is_journal(int fd);
/* Is TARGET the path of a file? */
bool logsink_is_file(const char *target);

/* Write the line of LEN bytes that begins at ROOM + 1; *ROOM is spare, it
 * ends a torn line.  False: it is lost. */
bool logsink_write(struct logsink *s, char *room, size_t len);

#endif
