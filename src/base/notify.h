/* notify.h - telling the service manager: the sd_notify protocol.
 *
 * One datagram of NAME=VALUE lines to the socket that $NOTIFY_SOCKET names.
 * The message is the caller's ("READY=1\nSTATUS=..."); nothing is waited
 * for.  Without a service manager everything succeeds and does nothing.
 *
 * Layer: base.  Called by: master, main.c.
 */
#ifndef BASE_NOTIFY_H
#define BASE_NOTIFY_H

#include <stdint.h>

#define NOTIFY_NAME_MAX 108

struct notify {
	char name[NOTIFY_NAME_MAX]; /* path or "@abstract"; "": nobody */
	int64_t watchdog_ms;        /* 0: no watchdog was asked for */
};

/* Take the settings out of the environment: programs are not to see them.
 * 0, or -1 when the name is neither a path nor abstract, or is too long;
 * nobody is told anything then. */
int notify_open(struct notify *n);
/* Put them back, for a new image of the same process. */
int notify_export(const struct notify *n);
/* Send MSG, with FD (-1: none; it stays the caller's) for FDSTORE=1.
 * 0, or -1 with errno. */
int notify_send(const struct notify *n, const char *msg, int fd);

#endif
