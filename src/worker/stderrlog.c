#include "worker/stderrlog.h"
#include "base/clock.h"
#include "base/log.h"

void
stderrlog_reset(struct stderrlog *s)
{
	s->len = 0;
	s->window_ms = 0;
	s->lines = 0;
	s->lost = 0;
}

static void
put(struct stderrlog *s, pid_t pid, const char *request)
{
	int64_t now = clock_ms();

	if (now - s->window_ms >= 1000) {
		s->window_ms = now;
		s->lines = 0;
	}
	if (s->lines++ < STDERRLOG_RATE)
		log_about(LOG_LEVEL_WARNING,
		    &(struct log_about){ .request = request, .program = pid },
		    "program %d, request %s said into stderr: %.*s", (int)pid,
		    request, (int)s->len, s->line);
	else
		s->lost++;
	s->len = 0;
}

void
stderrlog_feed(
    struct stderrlog *s, pid_t pid, const char *request, struct span in)
{
	size_t i;

	for (i = 0; i < in.len; i++) {
		if (in.at[i] == '\n' || s->len == sizeof(s->line))
			put(s, pid, request);
		if (in.at[i] != '\n')
			s->line[s->len++] = (char)in.at[i];
	}
}

void
stderrlog_end(struct stderrlog *s, pid_t pid, const char *request)
{
	if (s->len > 0)
		put(s, pid, request);
	if (s->lost > 0)
		log_about(LOG_LEVEL_WARNING,
		    &(struct log_about){ .request = request, .program = pid },
		    "program %d, request %s: %lu lines of stderr "
		    "were not logged",
		    (int)pid, request, s->lost);
	s->lost = 0;
}
