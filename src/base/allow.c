#include "base/allow.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/num.h"

#define V4_BITS 96 /* in front of a mapped IPv4 address */

static void
map_v4(uint8_t *addr, const uint8_t *v4)
{
	memset(addr, 0, 10);
	memset(addr + 10, 0xff, 2);
	memcpy(addr + 12, v4, 4);
}

/* Fill NET's address; the most that its prefix may be, or -1. */
static int
parse_address(const char *text, struct allow_net *net)
{
	uint8_t v4[4];

	if (inet_pton(AF_INET, text, v4) == 1) {
		map_v4(net->addr, v4);
		return 32;
	}
	return inet_pton(AF_INET6, text, net->addr) == 1 ? 128 : -1;
}

static bool
same_prefix(const uint8_t *a, const uint8_t *b, unsigned bits)
{
	unsigned whole = bits / 8, rest = bits % 8;
	uint8_t mask = (uint8_t)(0xff00u >> rest);

	if (memcmp(a, b, whole) != 0)
		return false;
	return rest == 0 || (a[whole] & mask) == (b[whole] & mask);
}

/* Is everything behind the prefix zero?  "192.0.2.1/24" is a mistake. */
static bool
is_clean(const struct allow_net *net)
{
	unsigned i;

	for (i = net->bits; i < 128; i++)
		if (net->addr[i / 8] & (0x80u >> i % 8))
			return false;
	return true;
}

int
allow_add(struct allow *a, const char *text, size_t len)
{
	struct allow_net net;
	char copy[64], *slash;
	int64_t prefix;
	int most;

	if (len >= sizeof(copy) || a->n == ALLOW_NETS_MAX)
		return -1;
	memcpy(copy, text, len);
	copy[len] = '\0';
	slash = strchr(copy, '/');
	if (slash != NULL)
		*slash = '\0';
	most = parse_address(copy, &net);
	if (most == -1)
		return -1;
	prefix = most;
	if (slash != NULL && num_int(slash + 1, 0, most, &prefix) == -1)
		return -1;
	net.bits = (unsigned)prefix + (most == 32 ? V4_BITS : 0);
	if (!is_clean(&net))
		return -1;
	a->net[a->n++] = net;
	return 0;
}

void
allow_add_loopback(struct allow *a)
{
	(void)allow_add(a, "127.0.0.0/8", strlen("127.0.0.0/8"));
	(void)allow_add(a, "::1", strlen("::1"));
}

bool
allow_matches(const struct allow *a, const struct sockaddr *peer)
{
	uint8_t addr[16];
	size_t i;

	if (peer->sa_family == AF_INET) {
		const struct sockaddr_in *in =
		    (const struct sockaddr_in *)(const void *)peer;

		map_v4(addr, (const uint8_t *)&in->sin_addr);
	} else if (peer->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 =
		    (const struct sockaddr_in6 *)(const void *)peer;

		memcpy(addr, &in6->sin6_addr, sizeof(addr));
	} else
		return true;
	for (i = 0; i < a->n; i++)
		if (same_prefix(addr, a->net[i].addr, a->net[i].bits))
			return true;
	return false;
}
