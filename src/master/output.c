#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/io.h"
#include "base/log.h"
#include "master/lines.h"
#include "master/output.h"
#include "master/watch.h"

#define SECOND_MS 1000
#define READ_SIZE 16384
#define READS_EVENT 8 /* others want their turn, too */
#define READS_END 64  /* what a pipe can hold, and more */

struct stream {
	int fd; /* -1: none */
	pid_t pid;
	struct lines lines;
};

struct output {
	struct output_conf conf;
	int64_t second_ms; /* since when LOGGED counts */
	unsigned logged;
	unsigned long left_out;
	struct stream at[];
};

struct output *
output_new(const struct output_conf *conf)
{
	struct output *o;
	size_t i;

	o = calloc(1, sizeof(*o) + conf->nslots * sizeof(o->at[0]));
	if (o == NULL)
		return NULL;
	o->conf = *conf;
	for (i = 0; i < conf->nslots; i++)
		o->at[i].fd = -1;
	return o;
}

void
output_free(struct output *o)
{
	size_t i;

	for (i = 0; o != NULL && i < o->conf.nslots; i++)
		io_close(&o->at[i].fd);
	free(o);
}

int
output_reserve(struct output **o, size_t nslots)
{
	struct output *grown;
	size_t i;

	if (nslots <= (*o)->conf.nslots)
		return 0;
	grown = realloc(*o, sizeof(*grown) + nslots * sizeof(grown->at[0]));
	if (grown == NULL)
		return -1;
	for (i = grown->conf.nslots; i < nslots; i++)
		grown->at[i] = (struct stream){ .fd = -1 };
	grown->conf.nslots = nslots;
	*o = grown;
	return 0;
}

void
output_change(struct output *o, const struct output_conf *conf)
{
	size_t i;

	o->conf.pool = conf->pool;
	o->conf.plain = conf->plain;
	o->conf.limit = conf->limit;
	for (i = 0; i < o->conf.nslots; i++)
		o->at[i].lines.max = conf->limit;
}

int
output_pipe(int fds[2])
{
	if (pipe2(fds, O_CLOEXEC) == -1)
		return -1;
	/* Only our end: the program's own is as programs expect it. */
	if (io_nonblock(fds[0], true) == 0)
		return 0;
	io_close(&fds[0]);
	io_close(&fds[1]);
	return -1;
}

static void
close_stream(const struct output *o, struct stream *s)
{
	watch_del(o->conf.epoll_fd, s->fd);
	io_close(&s->fd);
	s->lines.len = 0;
}

void
output_adopt(struct output *o, size_t slot, pid_t pid, int fd)
{
	const struct watch w = { .kind = WATCH_OUTPUT,
		.crew = o->conf.crew,
		.place = (unsigned)slot };
	struct stream *s = &o->at[slot];

	*s =
	    (struct stream){ .fd = fd, .pid = pid, .lines.max = o->conf.limit };
	/* Unwatched it would fill up and stop the program: then rather end
	 * its output than its work. */
	if (watch_add(o->conf.epoll_fd, fd, EPOLLIN, &w) == -1) {
		log_about(LOG_LEVEL_WARNING,
		    &(struct log_about){ .pool = o->conf.pool },
		    "pool %s: epoll: %s", o->conf.pool, strerror(errno));
		close_stream(o, s);
	}
}

int
output_fd(const struct output *o, size_t slot)
{
	return o->at[slot].fd;
}

static bool
may_log(struct output *o, int64_t now)
{
	if (now - o->second_ms >= SECOND_MS && o->left_out == 0) {
		o->second_ms = now;
		o->logged = 0;
	}
	if (o->logged == OUTPUT_LINES_SECOND) {
		o->left_out++;
		return false;
	}
	o->logged++;
	return true;
}

/* The beginning of IN, as much as a line takes; returns how much. */
static size_t
log_some(const struct output *o, const struct stream *s, struct span in)
{
	const struct log_about about = { .pool = o->conf.pool,
		.program = s->pid };
	size_t cap = log_piece(o->conf.limit);
	char text[LOG_LIMIT_MAX + 1];

	if (o->conf.plain) {
		cap = in.len < cap ? in.len : cap;
		log_raw(&about, (const char *)in.at, cap);
		return cap;
	}
	/* Here, as the log would stop at a NUL. */
	cap = escape_piece(text, cap + 1, (const char *)in.at, in.len);
	log_about(LOG_LEVEL_NOTICE, &about, "pool %s: program %d: %s",
	    o->conf.pool, (int)s->pid, text);
	return cap;
}

static void
log_line(struct output *o, const struct stream *s, const struct span *line,
    int64_t now)
{
	struct span left = *line;

	while (left.len > 0 && may_log(o, now)) {
		size_t n = log_some(o, s, left);

		left.at += n;
		left.len -= n;
	}
}

static void
take(struct output *o, struct stream *s, int most, int64_t now)
{
	uint8_t buf[READ_SIZE];
	struct span in, line;
	ssize_t len = 0;

	for (; most > 0; most--) {
		len = read(s->fd, buf, sizeof(buf));
		if (len <= 0)
			break;
		in = (struct span){ .at = buf, .len = (size_t)len };
		while (lines_next(&s->lines, &in, &line))
			log_line(o, s, &line, now);
	}
	if (most == 0 || (len == -1 && (errno == EAGAIN || errno == EINTR)))
		return;
	if (lines_last(&s->lines, &line))
		log_line(o, s, &line, now);
	close_stream(o, s);
}

void
output_event(struct output *o, size_t slot, int64_t now)
{
	if (slot < o->conf.nslots && o->at[slot].fd != -1)
		take(o, &o->at[slot], READS_EVENT, now);
}

void
output_end(struct output *o, size_t slot, int64_t now)
{
	struct stream *s = &o->at[slot];
	struct span line;

	if (s->fd != -1)
		take(o, s, READS_END, now);
	if (s->fd == -1)
		return;
	/* Something it started still holds the other end. */
	if (lines_last(&s->lines, &line))
		log_line(o, s, &line, now);
	close_stream(o, s);
}

int64_t
output_turn(struct output *o, int64_t now)
{
	if (o->left_out == 0)
		return CLOCK_NEVER;
	if (now - o->second_ms < SECOND_MS)
		return o->second_ms + SECOND_MS;
	log_about(LOG_LEVEL_NOTICE, &(struct log_about){ .pool = o->conf.pool },
	    "pool %s: %lu more lines of its programs were dropped",
	    o->conf.pool, o->left_out);
	o->left_out = 0;
	return CLOCK_NEVER;
}
