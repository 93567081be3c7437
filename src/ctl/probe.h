/* probe.h - one request through a pool, to see whether it comes back.
 *
 * Layer: ctl.  Called by: check.c.
 */
#ifndef CTL_PROBE_H
#define CTL_PROBE_H

#include <stdbool.h>
#include <stddef.h>

/* A GET for /cgi-fpmctl-check to ADDRESS.  False: no answer came, or one that
 * is an error of the server's.  TEXT tells in any case. */
bool probe_ask(const char *address, char *text, size_t cap);

#endif
