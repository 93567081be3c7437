/* logs.h - files that lines are appended to.
 *
 * Layer: master.
 */
#ifndef MASTER_LOGS_H
#define MASTER_LOGS_H

/* Open PATH for appending, making it with mode 0640; a link in its place is
 * refused, but for /dev and /proc.  The descriptor, or -1 with errno. */
int logs_open(const char *path);

#endif
