/* target.h - what somebody types for a socket, to an address.
 *
 * As sock_parse() reads it, and with a path relative to the working directory
 * too.  Layer: ctl.  Used by: get and link.
 */
#ifndef CTL_TARGET_H
#define CTL_TARGET_H

#include "base/sock.h"

/* 0, or -1 with ERR's text. */
int target_parse(
    const char *text, struct sock_addr *out, struct sock_error *err);

#endif
