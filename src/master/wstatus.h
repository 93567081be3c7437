/* wstatus.h - how a process ended, for the restart policy and for people.
 *
 * Layer: master.  Pure.
 */
#ifndef MASTER_WSTATUS_H
#define MASTER_WSTATUS_H

#include <stddef.h>

#include "master/restart.h"

#define WSTATUS_TEXT_MAX 80

/* STATUS is that of waitpid(). */
enum restart_end wstatus_end(int status);
/* "exited with code 3", "exited on signal 11 (SIGSEGV - core dumped)"; cut
 * at CAP.  Returns BUF. */
const char *wstatus_text(int status, char *buf, size_t cap);
/* The code it exited with, or -1 when a signal ended it. */
int wstatus_code(int status);

#endif
