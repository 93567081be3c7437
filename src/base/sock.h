/* sock.h - addresses and listening sockets.
 *
 * Layer: base.  Never logs; errors come back as a line of text that names
 * the cause and, where there is one, the cure.
 */
#ifndef BASE_SOCK_H
#define BASE_SOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#define SOCK_NAME_MAX 160

struct acl;

/* Where to listen or connect: a unix path or a TCP address. */
struct sock_addr {
	struct sockaddr_storage sa;
	socklen_t len;
	char name[SOCK_NAME_MAX]; /* as written in logs: "/run/x.sock",
				     "127.0.0.1:9000", "[::1]:9000" */
};

struct sock_error {
	char text[256];
	bool in_use;    /* another process listens there */
	bool left_over; /* ... whose parent, which began that, is gone */
};

struct sock_perm { /* of a unix socket's file */
	unsigned mode;
	uid_t uid;             /* (uid_t)-1: leave */
	gid_t gid;             /* (gid_t)-1: leave */
	const struct acl *acl; /* NULL: none */
};

/* Accepts: /path, unix:PATH, tcp:HOST:PORT, tcp6:[HOST]:PORT, HOST:PORT,
 * [HOST]:PORT, *:PORT and PORT alone (all addresses).  Names are looked up
 * (numeric ones without asking anyone; the first IPv4 address is preferred).
 * All addresses are [::] and listen to IPv4 as well.  0, or -1 with ERR. */
int sock_parse(const char *text, struct sock_addr *out, struct sock_error *err);
bool sock_is_unix(const struct sock_addr *addr);
bool sock_same(const struct sock_addr *a, const struct sock_addr *b);

/* A listening, close-on-exec socket.  A unix socket's file is never wider
 * than PERM: it is made under umask 0177, given its owner and mode, and only
 * then listened on.  A stale file (nobody answers) is replaced; a live one,
 * and anything that is not a socket, is refused.  TCP: SO_REUSEADDR before
 * bind.  The descriptor, or -1 with ERR. */
int sock_listen(const struct sock_addr *addr, int backlog,
    const struct sock_perm *perm, struct sock_error *err);
/* Give the file of a unix socket that exists another owner, group and mode;
 * nobody may pass meanwhile who may not before or after.  0, or -1 with
 * ERR. */
int sock_change_perm(const struct sock_addr *addr, const struct sock_perm *perm,
    struct sock_error *err);
/* The address FD listens on, when it is a listening stream socket; else -1
 * with ERR. */
int sock_inherit(int fd, struct sock_addr *out, struct sock_error *err);
/* Whoever else has the listening socket FD, nobody gets in any more; who is in
 * can still be accepted.  A unix socket refuses those who come.  TCP does not
 * answer them, so that they try again a second later, and lets those in whose
 * handshake is under way; sock_shut() has it refuse as well, and drops who has
 * not been accepted.  -1 with errno: it goes on as before. */
int sock_bar(int fd, const struct sock_addr *addr);
void sock_shut(int fd);
/* Connect within TIMEOUT_MS; a blocking close-on-exec descriptor, or -1 with
 * errno. */
int sock_connect(const struct sock_addr *addr, int timeout_ms);

#endif
