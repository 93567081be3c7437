#include "master/logs.h"

#include <errno.h>

#include "base/io.h"
#include "base/log.h"
#include "base/logfile.h"
#include "base/logsink.h"

const char *
logs_name(enum place_log which)
{
	static const char *const names[PLACE_LOGS] = {
		[PLACE_LOG_ACCESS] = "access.log",
		[PLACE_LOG_SLOW] = "slowlog",
		[PLACE_LOG_FAILURE] = "cgi.failure_log",
	};

	return names[which];
}

/* Of a daemon that is not there, -1 is no error: each line tries again. */
static int
open_one(const char *target, int *fd)
{
	struct logsink sink;

	if (logsink_open(&sink, target) == -1)
		return -1;
	*fd = logsink_detach(&sink);
	return 0;
}

int
logs_open(const char *const paths[PLACE_LOGS], int fds[PLACE_LOGS],
    enum place_log *which)
{
	int i, error;

	for (i = 0; i < PLACE_LOGS; i++)
		fds[i] = -1;
	for (i = 0; i < PLACE_LOGS; i++) {
		if (paths[i] == NULL)
			continue;
		if (open_one(paths[i], &fds[i]) == 0)
			continue;
		error = errno;
		*which = (enum place_log)i;
		logs_close(fds);
		errno = error;
		return -1;
	}
	return 0;
}

void
logs_reopen(
    const char *pool, const char *const paths[PLACE_LOGS], int fds[PLACE_LOGS])
{
	int i, fd;

	for (i = 0; i < PLACE_LOGS; i++) {
		if (paths[i] == NULL)
			continue;
		if (open_one(paths[i], &fd) == -1) {
			log_about(LOG_LEVEL_WARNING,
			    &(struct log_about){ .pool = pool },
			    "pool %s: %s %s: %s; going on with the old "
			    "one",
			    pool, logs_name((enum place_log)i), paths[i],
			    logfile_strerror(errno));
			continue;
		}
		io_close(&fds[i]);
		fds[i] = fd;
	}
}

void
logs_close(int fds[PLACE_LOGS])
{
	int i;

	for (i = 0; i < PLACE_LOGS; i++)
		io_close(&fds[i]);
}
