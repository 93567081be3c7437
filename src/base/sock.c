/* sock.c - sockets: listening, taken over, connecting (see sock.h). */
#include "base/sock.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/acl.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/sockaddr.h"

/* Of a TCP segment: */
#define TCP_FLAGS_AT 13
#define TCP_SYN 0x02

/* 0 when somebody listens at the path, *PID if the kernel tells; else
 * connect()'s errno. */
static int
probe(const struct sock_addr *addr, pid_t *pid)
{
	struct ucred who = { .pid = 0 };
	socklen_t len = sizeof(who);
	int fd, code;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd == -1)
		return errno;
	code = connect(fd, (const struct sockaddr *)&addr->sa, addr->len);
	code = code == 0 ? 0 : errno;
	(void)getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &len);
	*pid = code == 0 ? who.pid : 0;
	(void)close(fd);
	return code;
}

static void
say_owner(const struct sock_addr *addr, pid_t pid, struct sock_error *err)
{
	bool gone = pid > 0 && kill(pid, 0) == -1 && errno == ESRCH;
	char who[64] = "another process";

	if (pid > 0)
		(void)snprintf(who, sizeof(who), "%sprocess %d%s",
		    gone ? "what is left of " : "", (int)pid,
		    gone ? ", which is gone" : "");
	if (pid == getpid())
		(void)sockaddr_fail(err,
		    "%s is in use by this cgi-fpm already, maybe "
		    "spelled in another way",
		    addr->name);
	else
		(void)sockaddr_fail(err,
		    "%s is in use by %s: stop that one or choose another path",
		    addr->name, who);
	err->in_use = true;
	err->left_over = gone;
}

/* Nobody listens only where connect() says so; a full backlog or another
 * type of socket has an owner. */
static int
check_stale(const struct sock_addr *addr, struct sock_error *err)
{
	pid_t pid = 0;
	int code = probe(addr, &pid);

	switch (code) {
	case ECONNREFUSED:
	case ENOENT: /* just removed */
		return 0;
	case 0:
	case EAGAIN:
	case EPROTOTYPE:
		say_owner(addr, pid, err);
		return -1;
	default:
		return sockaddr_fail(err,
		    "%s exists, and it is unknown whether it is in use: %s",
		    addr->name, strerror(code));
	}
}

/* May a socket be made at the path?  A stale one is removed. */
static int
clear_path(const struct sock_addr *addr, struct sock_error *err)
{
	struct stat st;

	if (lstat(sockaddr_unix_path(addr), &st) == -1) {
		if (errno == ENOENT)
			return 0;
		return sockaddr_fail(
		    err, "%s: %s", addr->name, strerror(errno));
	}
	if (!S_ISSOCK(st.st_mode))
		return sockaddr_fail(err,
		    "%s exists and is not a socket: remove it or choose "
		    "another path",
		    addr->name);
	if (check_stale(addr, err) == -1)
		return -1;
	if (unlink(sockaddr_unix_path(addr)) == -1 && errno != ENOENT)
		return sockaddr_fail(err,
		    "%s is stale and cannot be removed: %s", addr->name,
		    strerror(errno));
	return 0;
}

static int
set_acl(const struct sock_addr *addr, unsigned mode, const struct acl *acl,
    struct sock_error *err)
{
	if (acl_set(sockaddr_unix_path(addr), mode, acl) == 0)
		return 0;
	return sockaddr_fail(err,
	    "%s: cannot set its access control list: %s%s", addr->name,
	    strerror(errno),
	    errno == EOPNOTSUPP
		? " (its file system has none: use listen.group)"
		: "");
}

/* Owner, then mode: until then nobody but us may pass, and nobody listens.
 * A link put there meanwhile is not followed. */
static int
set_perm(const struct sock_addr *addr, const struct sock_perm *perm,
    struct sock_error *err)
{
	const char *path = sockaddr_unix_path(addr);

	if ((perm->uid != (uid_t)-1 || perm->gid != (gid_t)-1) &&
	    fchownat(AT_FDCWD, path, perm->uid, perm->gid,
		AT_SYMLINK_NOFOLLOW) == -1)
		return sockaddr_fail(err,
		    "%s: cannot set its owner and group: %s", addr->name,
		    strerror(errno));
	if (perm->acl != NULL)
		return set_acl(addr, perm->mode, perm->acl, err);
	if (fchmodat(AT_FDCWD, path, perm->mode, AT_SYMLINK_NOFOLLOW) == -1)
		return sockaddr_fail(err, "%s: cannot set its mode: %s",
		    addr->name, strerror(errno));
	return 0;
}

int
sock_change_perm(const struct sock_addr *addr, const struct sock_perm *perm,
    struct sock_error *err)
{
	const char *path = sockaddr_unix_path(addr);
	unsigned mode;
	struct stat st;

	if (lstat(path, &st) == -1 || !S_ISSOCK(st.st_mode))
		return sockaddr_fail(err, "%s: the socket is gone", addr->name);
	if (perm->acl != NULL) /* one step */
		return set_perm(addr, perm, err);
	if (acl_mode(path, &mode) == 0) {
		if (set_acl(addr, mode & perm->mode, NULL, err) == -1)
			return -1;
	} else if (fchmodat(AT_FDCWD, path, st.st_mode & perm->mode & 0777,
		       AT_SYMLINK_NOFOLLOW) == -1)
		return sockaddr_fail(err, "%s: cannot set its mode: %s",
		    addr->name, strerror(errno));
	return set_perm(addr, perm, err);
}

static int
bind_unix(int fd, const struct sock_addr *addr, const struct sock_perm *perm,
    struct sock_error *err)
{
	mode_t old;
	int code;

	if (clear_path(addr, err) == -1)
		return -1;
	old = umask(0177);
	code = bind(fd, (const struct sockaddr *)&addr->sa, addr->len);
	(void)umask(old);
	if (code == -1)
		return sockaddr_fail(err, "cannot create the socket %s: %s",
		    addr->name, strerror(errno));
	if (set_perm(addr, perm, err) == -1) {
		(void)unlink(sockaddr_unix_path(addr));
		return -1;
	}
	return 0;
}

static const char *
cure(int code)
{
	switch (code) {
	case EADDRINUSE:
		return " (another process listens there)";
	case EADDRNOTAVAIL:
		return " (no interface of this machine has it)";
	case EACCES:
		return " (ports below 1024 need root or "
		       "CAP_NET_BIND_SERVICE)";
	default:
		return "";
	}
}

/* An answer's last record must not wait until its first was acknowledged.
 * Accepted sockets have it from their listener; unix sockets refuse. */
static void
set_no_delay(int fd)
{
	int on = 1;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

static int
bind_tcp(int fd, const struct sock_addr *addr, struct sock_error *err)
{
	int on = 1, off = 0;

	/* Connections of an earlier run may still be in TIME_WAIT. */
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	set_no_delay(fd);
	/* All addresses means IPv4's as well, whatever the system thinks. */
	if (sockaddr_is_all6(addr))
		(void)setsockopt(
		    fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, (const struct sockaddr *)&addr->sa, addr->len) == -1)
		return sockaddr_fail(err, "cannot listen on %s: %s%s",
		    addr->name, strerror(errno), cure(errno));
	return 0;
}

/* "All addresses" of a system without IPv6 are IPv4's. */
static struct sock_addr
usable(const struct sock_addr *addr)
{
	int fd;

	if (!sockaddr_is_all6(addr))
		return *addr;
	fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd != -1 || errno != EAFNOSUPPORT) {
		io_close(&fd);
		return *addr;
	}
	return sockaddr_all4(addr);
}

int
sock_listen(const struct sock_addr *addr, int backlog,
    const struct sock_perm *perm, struct sock_error *err)
{
	const struct sock_addr use = usable(addr);
	int fd, code;

	fd = socket(use.sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return sockaddr_fail(
		    err, "cannot listen on %s: %s", use.name, strerror(errno));
	if (sock_is_unix(&use))
		code = bind_unix(fd, &use, perm, err);
	else
		code = bind_tcp(fd, &use, err);
	if (code == 0 && listen(fd, backlog) == -1) {
		code = sockaddr_fail(err, "cannot listen on %s: %s%s", use.name,
		    strerror(errno), cure(errno));
		if (sock_is_unix(&use))
			(void)unlink(sockaddr_unix_path(&use));
	}
	if (code == -1)
		io_close(&fd);
	return fd;
}

static int
get_int(int fd, int option, int *value)
{
	socklen_t len = sizeof(*value);

	return getsockopt(fd, SOL_SOCKET, option, value, &len);
}

int
sock_inherit(int fd, struct sock_addr *out, struct sock_error *err)
{
	struct sock_addr found = { .len = sizeof(found.sa) };
	int type, listens;

	if (get_int(fd, SO_TYPE, &type) == -1)
		return sockaddr_fail(err, "descriptor %d is not a socket", fd);
	if (type != SOCK_STREAM)
		return sockaddr_fail(err,
		    "descriptor %d is not a stream socket: FastCGI needs one",
		    fd);
	if (get_int(fd, SO_ACCEPTCONN, &listens) == -1 || !listens)
		return sockaddr_fail(
		    err, "descriptor %d is a socket that is not listening", fd);
	if (getsockname(fd, (struct sockaddr *)&found.sa, &found.len) == -1)
		return sockaddr_fail(
		    err, "descriptor %d: %s", fd, strerror(errno));
	if (sockaddr_name(&found) == -1)
		return sockaddr_fail(
		    err, "descriptor %d is neither unix nor TCP", fd);
	set_no_delay(fd);
	*out = found;
	return 0;
}

/* A connection has the filter of its listener, but never such a segment that
 * matters. */
static int
drop_syn(int fd)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, TCP_FLAGS_AT),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, TCP_SYN, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0),
		BPF_STMT(BPF_RET | BPF_K, UINT32_MAX),
	};
	const struct sock_fprog filter = { sizeof(code) / sizeof(code[0]),
		code };

	return setsockopt(
	    fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter));
}

int
sock_bar(int fd, const struct sock_addr *addr)
{
	return sock_is_unix(addr) ? shutdown(fd, SHUT_RD) : drop_syn(fd);
}

void
sock_shut(int fd)
{
	(void)shutdown(fd, SHUT_RD);
}

/* How long a blocking connect() may take; 0 takes the limit away. */
static void
limit_connect(int fd, int64_t ms)
{
	struct timeval tv = { .tv_sec = ms / 1000,
		.tv_usec = ms % 1000 * 1000 };

	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

int
sock_connect(const struct sock_addr *addr, int timeout_ms)
{
	int64_t due = clock_ms() + timeout_ms;
	int fd, code;

	fd = socket(addr->sa.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	/* A non-blocking connect() would not do: on a unix socket with a
	 * full backlog it fails at once, and no poll() waits for room. */
	do {
		int64_t left = due - clock_ms();

		limit_connect(fd, left > 0 ? left : 1);
		code =
		    connect(fd, (const struct sockaddr *)&addr->sa, addr->len);
	} while (code == -1 && errno == EINTR);
	if (code == -1) {
		/* What the limit gives: EAGAIN for unix, the other for TCP. */
		if (errno == EAGAIN || errno == EINPROGRESS)
			errno = ETIMEDOUT;
		code = errno;
		io_close(&fd);
		errno = code;
		return -1;
	}
	limit_connect(fd, 0);
	return fd;
}
