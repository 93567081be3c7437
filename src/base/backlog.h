/* backlog.h - how many connections wait to be accepted.
 *
 * Layer: base.  Never waits.
 */
#ifndef BASE_BACKLOG_H
#define BASE_BACKLOG_H

#include <stdint.h>

/* Of the listening socket FD, unix or TCP: those that wait and how many
 * can.  0, or -1 with errno (the kernel does not tell, or may not). */
int backlog_look(int fd, uint32_t *waiting, uint32_t *room);

#endif
