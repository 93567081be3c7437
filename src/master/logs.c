#include "master/logs.h"

#include <errno.h>
#include <string.h>

#include "base/io.h"
#include "base/log.h"
#include "base/logfile.h"

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
		fds[i] = logfile_open(paths[i]);
		if (fds[i] != -1)
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
		fd = logfile_open(paths[i]);
		if (fd == -1) {
			log_warn("pool %s: %s %s: %s; going on with the old "
				 "one",
			    pool, logs_name((enum place_log)i), paths[i],
			    strerror(errno));
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
