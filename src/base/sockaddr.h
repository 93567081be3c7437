/* sockaddr.h - what sock.c needs of addresses, beside what sock.h offers.
 *
 * Layer: base.  No socket is touched here; a name may be looked up.
 */
#ifndef BASE_SOCKADDR_H
#define BASE_SOCKADDR_H

#include <stdbool.h>

#include "base/sock.h"

/* Fill ADDR's name from its address; -1 when it is neither unix nor TCP. */
int sockaddr_name(struct sock_addr *addr);
const char *sockaddr_unix_path(const struct sock_addr *addr);
/* [::], which means all addresses of either kind. */
bool sockaddr_is_all6(const struct sock_addr *addr);
/* 0.0.0.0 with the port of ALL6. */
struct sock_addr sockaddr_all4(const struct sock_addr *all6);
/* Write ERR's text; -1. */
int sockaddr_fail(struct sock_error *err, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
