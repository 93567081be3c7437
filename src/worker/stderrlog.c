#include "worker/stderrlog.h"

#include "base/escape.h"
#include "worker/tell.h"

void
stderrlog_reset(struct stderrlog *s, const struct place *place, size_t max)
{
	s->max = max;
	s->place = place;
	s->len = 0;
}

/* Escaped it may be longer than it was: several lines then. */
static void
put(struct stderrlog *s, pid_t pid, const char *request)
{
	const struct log_about about = { .program = pid, .request = request };
	size_t cap = log_piece(s->max), at = 0;
	char text[LOG_LIMIT_MAX + 1];

	while (at < s->len) {
		at += escape_piece(text, cap + 1, s->line + at, s->len - at);
		tell(s->place, BOARD_RATE_STDERR, LOG_LEVEL_WARNING, &about,
		    "program %d, request %s said into stderr: %s", (int)pid,
		    request, text);
	}
	s->len = 0;
}

void
stderrlog_feed(
    struct stderrlog *s, pid_t pid, const char *request, struct span in)
{
	size_t i;

	for (i = 0; i < in.len; i++) {
		if (in.at[i] == '\n' || s->len == s->max)
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
}
