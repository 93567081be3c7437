#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "master/kin.h"
#include "master/lines.h"
#include "master/peek.h"

#define STATE_CONNECTED 3u /* of a unix socket that was accepted */
#define STATE_LISTEN 0x0au /* of a TCP socket */

bool
peek_unix_line(const char *line, const char *path, uint64_t *inode)
{
	unsigned state;
	unsigned long long number;
	int at = 0;

	/* Num: RefCount Protocol Flags Type St Inode Path */
	if (sscanf(line, " %*s %*s %*s %*s %*s %x %llu %n", &state, &number,
		&at) < 2 ||
	    at == 0 || state != STATE_CONNECTED || number == 0)
		return false;
	*inode = number;
	return strcmp(line + at, path) == 0;
}

bool
peek_tcp_line(const char *line, unsigned port, uint64_t *inode)
{
	unsigned local, state;
	unsigned long long number;

	/* sl: local:port remote:port st tx:rx tr:when retr uid timeout inode */
	if (sscanf(line, " %*u: %*[0-9A-F]:%x %*s %x %*s %*s %*s %*s %*s %llu",
		&local, &state, &number) != 3)
		return false;
	*inode = number;
	return local == port && state != STATE_LISTEN && number != 0;
}

static void
note(struct peek_conns *out, uint64_t inode)
{
	if (out->n == PEEK_CONNS_MAX)
		out->more = true;
	else
		out->inode[out->n++] = inode;
}

struct wanted {
	const char *path; /* NULL: by port */
	unsigned port;
};

static void
take_line(
    const struct wanted *w, const struct span *line, struct peek_conns *out)
{
	char text[LINES_MAX + 1];
	uint64_t inode;

	memcpy(text, line->at, line->len);
	text[line->len] = '\0';
	if (w->path != NULL ? peek_unix_line(text, w->path, &inode)
			    : peek_tcp_line(text, w->port, &inode))
		note(out, inode);
}

/* False: it cannot be read. */
static bool
read_table(const char *path, const struct wanted *w, struct peek_conns *out)
{
	struct lines lines = { 0 };
	struct span in, line;
	uint8_t buf[8192];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = -1;

	if (fd == -1)
		return false;
	while ((len = read(fd, buf, sizeof(buf))) > 0) {
		in = (struct span){ .at = buf, .len = (size_t)len };
		while (lines_next(&lines, &in, &line))
			take_line(w, &line, out);
	}
	(void)close(fd);
	return len == 0;
}

static unsigned
port_of(const struct sock_addr *addr)
{
	const void *sa = &addr->sa;

	if (addr->sa.ss_family == AF_INET6)
		return ntohs(((const struct sockaddr_in6 *)sa)->sin6_port);
	return ntohs(((const struct sockaddr_in *)sa)->sin_port);
}

void
peek_conns(const struct sock_addr *listener, struct peek_conns *out)
{
	struct wanted w = { .path = NULL };

	out->n = 0;
	out->more = false;
	if (sock_is_unix(listener)) {
		w.path = listener->name;
		out->known = read_table("/proc/self/net/unix", &w, out);
		return;
	}
	w.port = port_of(listener);
	out->known = read_table("/proc/self/net/tcp", &w, out);
	/* A host may well be without it. */
	if (!read_table("/proc/self/net/tcp6", &w, out) && errno != ENOENT)
		out->known = false;
}

static bool
is_listed(const struct peek_conns *conns, uint64_t inode)
{
	size_t i;

	for (i = 0; i < conns->n; i++)
		if (conns->inode[i] == inode)
			return true;
	return false;
}

/* Is the descriptor NAME of the folder DIR one of CONNS? */
static bool
is_conn(int dir, const char *name, const struct peek_conns *conns)
{
	unsigned long long inode;
	char link[64];
	ssize_t len = readlinkat(dir, name, link, sizeof(link) - 1);

	if (len == -1)
		return false;
	link[len] = '\0';
	return sscanf(link, "socket:[%llu]", &inode) == 1 &&
	    is_listed(conns, inode);
}

static enum peek_busy
look_at_fds(int dir, const struct peek_conns *conns)
{
	_Alignas(struct dirent64) char buf[4096];
	ssize_t len, at;

	while ((len = getdents64(dir, buf, sizeof(buf))) > 0) {
		for (at = 0; at < len;) {
			const void *entry = buf + at;
			const struct dirent64 *d = entry;

			if (is_conn(dir, d->d_name, conns))
				return PEEK_BUSY;
			at += d->d_reclen;
		}
	}
	return len == -1 ? PEEK_UNKNOWN : PEEK_IDLE;
}

static enum peek_busy
look_at_one(pid_t pid, const struct peek_conns *conns)
{
	char path[64];
	enum peek_busy busy;
	int dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)pid);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* Forbidden, hidden, or one that has just ended. */
	if (dir == -1)
		return PEEK_UNKNOWN;
	busy = look_at_fds(dir, conns);
	(void)close(dir);
	return busy;
}

struct search {
	const struct peek_conns *conns;
	enum peek_busy found;
};

static bool
search_process(void *arg, pid_t pid)
{
	struct search *s = arg;
	enum peek_busy busy = look_at_one(pid, s->conns);

	if (busy != PEEK_IDLE)
		s->found = busy;
	return busy != PEEK_BUSY;
}

enum peek_busy
peek_busy(pid_t pid, const struct peek_conns *conns)
{
	struct search s = { .conns = conns, .found = PEEK_IDLE };
	const struct kin_visitor v = { .process = search_process, .arg = &s };

	if (!conns->known)
		return PEEK_UNKNOWN;
	if (conns->n == 0)
		return PEEK_IDLE;
	/* Where nobody tells its children it is taken to have none. */
	if ((kin_visit(pid, &v) == KIN_SOME || conns->more) &&
	    s.found == PEEK_IDLE)
		return PEEK_UNKNOWN;
	return s.found;
}

uint64_t
peek_memory(pid_t pid)
{
	char path[64], text[128];
	unsigned long long pages;

	(void)snprintf(path, sizeof(path), "/proc/%d/statm", (int)pid);
	if (kin_read(AT_FDCWD, path, text, sizeof(text)) <= 0 ||
	    sscanf(text, "%*u %llu", &pages) != 1)
		return 0;
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* State and group of PID; false: it is gone. */
static bool
read_stat(pid_t pid, char *state, pid_t *group)
{
	char path[64], text[512];
	const char *name_end;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	if (kin_read(AT_FDCWD, path, text, sizeof(text)) <= 0)
		return false;
	/* "PID (NAME) STATE PARENT GROUP": the name may hold anything. */
	name_end = strrchr(text, ')');
	return name_end != NULL &&
	    sscanf(name_end + 1, " %c %*d %d", state, group) == 2;
}

bool
peek_stopped(pid_t pid)
{
	siginfo_t info = { .si_pid = 0 };

	/* All of its threads, which /proc would not tell. */
	return waitid(P_PID, (id_t)pid, &info, WSTOPPED | WNOHANG | WNOWAIT) ==
	    0 &&
	    info.si_pid == pid;
}

static bool
is_alive_in(const char *name, pid_t wanted)
{
	pid_t group;
	char state;

	return name[0] >= '1' && name[0] <= '9' &&
	    read_stat((pid_t)atoi(name), &state, &group) && group == wanted &&
	    state != 'Z' && state != 'X';
}

bool
peek_group(pid_t group)
{
	_Alignas(struct dirent64) char buf[4096];
	bool alive = false;
	ssize_t len, at;
	int dir;

	if (kill(-group, 0) == -1 && errno == ESRCH)
		return false;
	dir = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		return true;
	while (!alive && (len = getdents64(dir, buf, sizeof(buf))) > 0) {
		for (at = 0; at < len && !alive;) {
			const void *entry = buf + at;
			const struct dirent64 *d = entry;

			alive = is_alive_in(d->d_name, group);
			at += d->d_reclen;
		}
	}
	(void)close(dir);
	return alive;
}
