#include "base/sidelog.h"

#include <string.h>
#include <syslog.h>
#include <time.h>

#include "base/logentry.h"
#include "base/logline.h"

/* Before a line of syslog, and of a stream into the journal. */
#define HEAD_MAX 256

static size_t
compose(char *dst, size_t cap, const struct logsink *to, const char *line,
    size_t len)
{
	struct timespec now;
	struct logline l;
	size_t n;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	logline_begin(&l, to->style, log_settings(), &now);
	n = logline_head(dst, cap, &l, LOG_INFO);
	memcpy(dst + n, line, len);
	n += len;
	if (to->style != LOGLINE_SYSLOG)
		dst[n++] = '\n';
	return n;
}

void
sidelog_write(struct logsink *to, const char *name, const char *line,
    size_t len, const struct log_about *about)
{
	char room[1 + SIDELOG_LINE_MAX + LOGENTRY_FIELDS_MAX];
	size_t cap = sizeof(room) - 1;
	const struct logentry e = {
		.message = line,
		.len = len,
		.priority = LOG_INFO,
		.log = name,
		.conf = log_settings(),
		.about = about,
	};

	_Static_assert(HEAD_MAX < LOGENTRY_FIELDS_MAX, "room for a head");
	if (len > SIDELOG_LINE_MAX)
		len = SIDELOG_LINE_MAX;
	if (to->style == LOGLINE_NATIVE)
		len = logentry_write(room + 1, cap, &e);
	else
		len = compose(room + 1, cap, to, line, len);
	(void)logsink_write(to, room, len);
}
