/* log.h - one line for one event, escaped, without blocking its writer.
 *
 * Each line is one write; control bytes and backslashes from outside are
 * written as \xNN (a \xNN that the caller made stays), lines are cut at
 * LOG_LINE_MAX.  A line that cannot be
 * written at once (full pipe, full disk) is lost and counted, never waited
 * for.  The target is one of the few pieces of file-scope data.
 *
 * Layer: base.  Roles log where they decide; libraries return errors.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* log_limit is within these. */
#define LOG_LIMIT_MIN 512
#define LOG_LIMIT_MAX 16384
/* A line with all, where log_limit is the largest; into a pipe, and where it
 * is small, 4096 bytes. */
#define LOG_LINE_MAX (LOG_LIMIT_MAX + 512)

/* php-fpm's levels, most urgent first. */
enum log_level {
	LOG_LEVEL_ALERT,
	LOG_LEVEL_ERROR,
	LOG_LEVEL_WARNING,
	LOG_LEVEL_NOTICE,
	LOG_LEVEL_DEBUG
};

struct log_conf {
	const char *target;   /* "stderr", "syslog", "syslog:SOCKET",
				 "journal" or a file's path */
	enum log_level level; /* less urgent lines are dropped */
	const char *ident;    /* syslog.ident */
	int facility;         /* LOG_DAEMON, ... */
	size_t limit;         /* log_limit; 0: less than a line */
};

/* What a line is about, as far as that is known: fields of the journal. */
struct log_about {
	const char *pool; /* NULL: that of log_tag() */
	pid_t worker;     /* 0: this process, if it has a tag */
	pid_t program;
	const char *request; /* its name */
	int status;          /* of its answer, in the access log */
};

/* Open the target; until then lines go to stderr.  CONF and its strings stay
 * the caller's and must outlive the log.  A syslog daemon that is not there
 * (yet) is no error: every line tries again.  Instead of a journal that is
 * not there syslog is taken, or else stderr, and a warning says so.  0, or -1
 * with errno; then the old target stays. */
int log_open(const struct log_conf *conf);
/* Open the target again (USR1); a file is created 0640 where it is missing.
 * On failure the old one stays; -1, errno. */
int log_reopen(void);
/* The descriptor lines go to; -1: a daemon's that is not there. */
int log_fd(void);
/* What a new process must not close, beside 0 to 2: the same, the syslog
 * socket, or our own non-blocking twin of a shared pipe or terminal. */
int log_held_fd(void);
/* Use FD, which is owned from now on, a file's; or what log_fd() and
 * log_kind() are in another process. */
void log_adopt(int fd);
void log_adopt_as(int fd, int kind);
int log_kind(void);
/* "pool NAME" in front of every further line of this process; NULL: none.
 * NAME is kept by reference. */
void log_tag(const char *pool);
/* What it was opened with, or defaults: for logs beside this one. */
const struct log_conf *log_settings(void);
/* How much of somebody's text a line takes now, at most MOST. */
size_t log_piece(size_t most);
/* Lines lost so far. */
uint64_t log_lost(void);

void log_about(enum log_level level, const struct log_about *about,
    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void log_about_v(enum log_level level, const struct log_about *about,
    const char *fmt, va_list ap) __attribute__((format(printf, 3, 0)));
void log_alert(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_notice(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A line of somebody else's, a notice: its LEN bytes as they are, with
 * neither time nor level nor tag, but for the system's log, which has a form
 * of its own. */
void log_raw(const struct log_about *about, const char *text, size_t len);

#endif
