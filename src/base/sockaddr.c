/* sockaddr.c - text to address and back: the first half of sock.h. */
#include "base/sockaddr.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "base/num.h"

int
sockaddr_fail(struct sock_error *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	err->in_use = err->left_over = false;
	return -1;
}

const char *
sockaddr_unix_path(const struct sock_addr *addr)
{
	return ((const struct sockaddr_un *)&addr->sa)->sun_path;
}

static const struct sockaddr_in *
as_in(const struct sock_addr *addr)
{
	return (const struct sockaddr_in *)&addr->sa;
}

static const struct sockaddr_in6 *
as_in6(const struct sock_addr *addr)
{
	return (const struct sockaddr_in6 *)&addr->sa;
}

bool
sockaddr_is_all6(const struct sock_addr *addr)
{
	return addr->sa.ss_family == AF_INET6 &&
	    IN6_IS_ADDR_UNSPECIFIED(&as_in6(addr)->sin6_addr);
}

/* A kernel gives abstract names and paths without their NUL. */
static void
name_unix(struct sock_addr *addr)
{
	const struct sockaddr_un *sun = (const struct sockaddr_un *)&addr->sa;
	size_t max = addr->len - offsetof(struct sockaddr_un, sun_path);
	bool abstract = max > 0 && sun->sun_path[0] == '\0';

	if (abstract)
		(void)snprintf(addr->name, sizeof(addr->name), "@%.*s",
		    (int)max - 1, sun->sun_path + 1);
	else
		(void)snprintf(addr->name, sizeof(addr->name), "%.*s", (int)max,
		    sun->sun_path);
}

static void
name_tcp(struct sock_addr *addr)
{
	char host[INET6_ADDRSTRLEN];

	if (addr->sa.ss_family == AF_INET)
		(void)snprintf(addr->name, sizeof(addr->name), "%s:%u",
		    inet_ntop(
			AF_INET, &as_in(addr)->sin_addr, host, sizeof(host)),
		    ntohs(as_in(addr)->sin_port));
	else
		(void)snprintf(addr->name, sizeof(addr->name), "[%s]:%u",
		    inet_ntop(
			AF_INET6, &as_in6(addr)->sin6_addr, host, sizeof(host)),
		    ntohs(as_in6(addr)->sin6_port));
}

int
sockaddr_name(struct sock_addr *addr)
{
	switch (addr->sa.ss_family) {
	case AF_UNIX:
		name_unix(addr);
		return 0;
	case AF_INET:
	case AF_INET6:
		name_tcp(addr);
		return 0;
	default:
		return -1;
	}
}

static int
parse_unix(const char *path, struct sock_addr *out, struct sock_error *err)
{
	struct sockaddr_un *sun = (struct sockaddr_un *)&out->sa;
	size_t len = strlen(path);

	if (len == 0)
		return sockaddr_fail(err, "a unix socket needs a path");
	/* A longer one would be cut, and another file be made. */
	if (len >= sizeof(sun->sun_path))
		return sockaddr_fail(err,
		    "the path of a unix socket is at most %zu bytes long, "
		    "this one has %zu: %.64s...",
		    sizeof(sun->sun_path) - 1, len, path);
	memset(out, 0, sizeof(*out));
	out->sa.ss_family = AF_UNIX;
	memcpy(sun->sun_path, path, len + 1);
	out->len =
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + 1);
	name_unix(out);
	return 0;
}

/* HOST into OUT.  Of a name's addresses the first IPv4 one is taken, since
 * that is what "localhost" means to most peers, else the first. */
static int
look_up(
    const char *host, int family, struct sock_addr *out, struct sock_error *err)
{
	struct addrinfo hints = { .ai_family = family,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICHOST | AI_PASSIVE };
	struct addrinfo *list, *best, *a;
	int code = getaddrinfo(host, NULL, &hints, &list);

	if (code == EAI_NONAME) {
		hints.ai_flags = AI_PASSIVE;
		code = getaddrinfo(host, NULL, &hints, &list);
	}
	if (code != 0)
		return sockaddr_fail(err, "no address for host '%.100s': %s",
		    host, gai_strerror(code));
	for (best = a = list; a != NULL; a = a->ai_next) {
		if (a->ai_family == AF_INET) {
			best = a;
			break;
		}
	}
	memset(out, 0, sizeof(*out));
	memcpy(&out->sa, best->ai_addr, best->ai_addrlen);
	out->len = best->ai_addrlen;
	freeaddrinfo(list);
	return 0;
}

static void
set_port(struct sock_addr *addr, uint16_t port)
{
	if (addr->sa.ss_family == AF_INET)
		((struct sockaddr_in *)&addr->sa)->sin_port = htons(port);
	else
		((struct sockaddr_in6 *)&addr->sa)->sin6_port = htons(port);
	name_tcp(addr);
}

struct sock_addr
sockaddr_all4(const struct sock_addr *all6)
{
	struct sock_addr all4 = { .len = sizeof(struct sockaddr_in) };

	all4.sa.ss_family = AF_INET;
	set_port(&all4, ntohs(as_in6(all6)->sin6_port));
	return all4;
}

/* Cut "HOST:PORT", "[HOST]:PORT" or "PORT" into its parts; HOST has room for
 * CAP bytes and is empty when there is none. */
static int
split(const char *text, char *host, size_t cap, int64_t *port)
{
	const char *colon = strrchr(text, ':');
	const char *begin = text, *end = colon;

	*host = '\0';
	if (num_int(colon == NULL ? text : colon + 1, 1, 65535, port) == -1)
		return -1;
	if (colon == NULL)
		return 0;
	if (*begin == '[' && end > begin && end[-1] == ']') {
		begin++;
		end--;
	} else if (memchr(begin, ':', (size_t)(end - begin)) != NULL) {
		return -1; /* an IPv6 address wants its brackets */
	}
	if (end == begin || (size_t)(end - begin) >= cap)
		return -1;
	memcpy(host, begin, (size_t)(end - begin));
	host[end - begin] = '\0';
	return 0;
}

static int
parse_tcp(
    const char *text, int family, struct sock_addr *out, struct sock_error *err)
{
	struct sock_addr found;
	char host[256];
	int64_t port;
	bool all;

	if (split(text, host, sizeof(host), &port) == -1)
		return sockaddr_fail(err,
		    "'%.100s' is not an address: use /PATH, HOST:PORT, "
		    "[IPV6]:PORT, *:PORT or PORT (1 to 65535)",
		    text);
	all = host[0] == '\0' || strcmp(host, "*") == 0;
	if (all)
		(void)strcpy(host, family == AF_INET ? "0.0.0.0" : "::");
	if (look_up(host, family, &found, err) == -1)
		return -1;
	set_port(&found, (uint16_t)port);
	*out = found;
	return 0;
}

int
sock_parse(const char *text, struct sock_addr *out, struct sock_error *err)
{
	if (strncmp(text, "unix:", 5) == 0)
		return parse_unix(text + 5, out, err);
	if (strncmp(text, "tcp:", 4) == 0)
		return parse_tcp(text + 4, AF_INET, out, err);
	if (strncmp(text, "tcp6:", 5) == 0)
		return parse_tcp(text + 5, AF_INET6, out, err);
	/* No host and no port has a slash in it. */
	if (strchr(text, '/') != NULL)
		return parse_unix(text, out, err);
	return parse_tcp(text, AF_UNSPEC, out, err);
}

bool
sock_is_unix(const struct sock_addr *addr)
{
	return addr->sa.ss_family == AF_UNIX;
}

bool
sock_same(const struct sock_addr *a, const struct sock_addr *b)
{
	if (a->sa.ss_family != b->sa.ss_family)
		return false;
	if (a->sa.ss_family == AF_INET6)
		return as_in6(a)->sin6_port == as_in6(b)->sin6_port &&
		    as_in6(a)->sin6_scope_id == as_in6(b)->sin6_scope_id &&
		    memcmp(&as_in6(a)->sin6_addr, &as_in6(b)->sin6_addr,
			sizeof(struct in6_addr)) == 0;
	if (a->sa.ss_family == AF_INET)
		return as_in(a)->sin_port == as_in(b)->sin_port &&
		    as_in(a)->sin_addr.s_addr == as_in(b)->sin_addr.s_addr;
	return strcmp(a->name, b->name) == 0;
}
