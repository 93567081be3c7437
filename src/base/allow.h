/* allow.h - which addresses may connect (listen.allowed_clients).
 *
 * An IPv4 address and the same one mapped into IPv6 are one; all 128 bits
 * are compared, or as many as the prefix says.  An empty list allows nobody.
 *
 * Layer: base.  Pure.
 */
#ifndef BASE_ALLOW_H
#define BASE_ALLOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#define ALLOW_NETS_MAX 64

struct allow_net {
	uint8_t addr[16]; /* IPv4 as ::ffff:a.b.c.d */
	unsigned bits;    /* of the 128 that count */
};

struct allow {
	struct allow_net net[ALLOW_NETS_MAX];
	size_t n;
};

/* "192.0.2.1", "192.0.2.0/24", "2001:db8::/32" (LEN bytes).  0, or -1 when
 * it is none, has bits behind its prefix, or the list is full. */
int allow_add(struct allow *a, const char *text, size_t len);
/* 127.0.0.0/8 and ::1. */
void allow_add_loopback(struct allow *a);
/* A peer that is no internet address (a unix socket's) is allowed. */
bool allow_matches(const struct allow *a, const struct sockaddr *peer);

#endif
