/* logfile.h - files that lines are appended to, opened.
 *
 * Layer: base.
 */
#ifndef BASE_LOGFILE_H
#define BASE_LOGFILE_H

#include <stdbool.h>
#include <stddef.h>

/* Open PATH for appending, making it with mode 0640; a link in its place is
 * refused, but for /dev and /proc.  Nothing is waited for: a fifo that nobody
 * reads is ENXIO.  A regular file can be read as well where that is allowed,
 * for logfile_take_back().  The descriptor, or -1 with errno. */
int logfile_open(const char *path);
/* What ERROR (errno) means there. */
const char *logfile_strerror(int error);
/* Of what was appended last to the regular file FD, WROTE bytes that end at
 * END in memory: take it back if it is still the end of the file. */
bool logfile_take_back(int fd, const char *end, size_t wrote);

#endif
