/* pidfile.h - a file that tells people our pid.
 *
 * It tells; nothing here believes it: an old file is replaced whatever it
 * says, and no signal is ever sent to what a file says.
 *
 * Layer: base.  Called by: master.
 */
#ifndef BASE_PIDFILE_H
#define BASE_PIDFILE_H

#include <sys/types.h>

/* Write "PID\n" to PATH, readable by all.  Whoever reads it sees the old
 * file or the whole new one; a symbolic link there is replaced, not
 * followed.  0, or -1 with errno. */
int pidfile_write(const char *path, pid_t pid);
/* Remove PATH if it still says PID; another's file stays. */
void pidfile_remove(const char *path, pid_t pid);

#endif
