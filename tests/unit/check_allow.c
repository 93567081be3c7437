#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "base/allow.h"
#include "unit.h"

static struct sockaddr_storage
address(const char *text)
{
	struct sockaddr_storage s = { .ss_family = AF_UNSPEC };
	struct sockaddr_in *in = (struct sockaddr_in *)&s;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&s;

	if (inet_pton(AF_INET, text, &in->sin_addr) == 1)
		in->sin_family = AF_INET;
	else if (inet_pton(AF_INET6, text, &in6->sin6_addr) == 1)
		in6->sin6_family = AF_INET6;
	return s;
}

static bool
matches(const struct allow *a, const char *text)
{
	struct sockaddr_storage s = address(text);

	return allow_matches(a, (struct sockaddr *)&s);
}

static const struct {
	const char *net, *peer;
	bool want;
} rows[] = {
	{ "192.0.2.1", "192.0.2.1", true },
	{ "192.0.2.1", "192.0.2.2", false },
	{ "192.0.2.1", "::ffff:192.0.2.1", true },
	{ "::ffff:192.0.2.1", "192.0.2.1", true },
	{ "192.0.2.0/24", "192.0.2.255", true },
	{ "192.0.2.0/24", "192.0.3.0", false },
	{ "192.0.2.128/25", "192.0.2.127", false },
	{ "0.0.0.0/0", "198.51.100.7", true },
	{ "0.0.0.0/0", "2001:db8::1", false },
	{ "::/0", "198.51.100.7", true },
	{ "2001:db8::/32", "2001:db8:ffff::1", true },
	{ "2001:db8::/32", "2001:db9::", false },
	{ "2001:db8::1", "2001:db8::2", false },
	/* the first 64 bits alone are not enough */
	{ "2001:db8::1", "2001:db8::1:0:0:1", false },
	{ "::1", "127.0.0.1", false },
};

START_TEST(a_list_of_one)
{
	struct allow a = { .n = 0 };

	ck_assert_int_eq(allow_add(&a, rows[_i].net, strlen(rows[_i].net)), 0);
	ck_assert_msg(matches(&a, rows[_i].peer) == rows[_i].want, "%s in %s",
	    rows[_i].peer, rows[_i].net);
}
END_TEST

static const char *const none[] = { "", "192.0.2", "192.0.2.1/33", "::1/129",
	"192.0.2.1/24", "2001:db8::1/32", "192.0.2.0/", "192.0.2.0/x", "any",
	"host.example", "192.0.2.1:80", "[::1]", "192.0.2.0/-1" };

START_TEST(what_is_no_network_is_refused)
{
	struct allow a = { .n = 0 };

	ck_assert_msg(
	    allow_add(&a, none[_i], strlen(none[_i])) == -1, "%s", none[_i]);
	ck_assert_uint_eq(a.n, 0);
}
END_TEST

START_TEST(an_empty_list_allows_no_address)
{
	struct allow a = { .n = 0 };
	struct sockaddr unix_peer = { .sa_family = AF_UNIX };

	ck_assert(!matches(&a, "127.0.0.1"));
	ck_assert(!matches(&a, "::1"));
	ck_assert(allow_matches(&a, &unix_peer));
}
END_TEST

START_TEST(a_list_has_an_end)
{
	struct allow a = { .n = 0 };
	int i;

	for (i = 0; i < ALLOW_NETS_MAX; i++)
		ck_assert_int_eq(allow_add(&a, "::1", 3), 0);
	ck_assert_int_eq(allow_add(&a, "::1", 3), -1);
}
END_TEST

/* Bit by bit, the slow way. */
static bool
reference(const uint8_t *net, const uint8_t *peer, unsigned bits)
{
	unsigned i;

	for (i = 0; i < bits; i++)
		if (((net[i / 8] ^ peer[i / 8]) >> (7 - i % 8)) & 1)
			return false;
	return true;
}

START_TEST(ten_thousand_addresses_as_the_reference_says)
{
	unsigned state = 12345, hits = 0;
	int i, k;

	for (i = 0; i < 10000; i++) {
		struct allow a = { .n = 1 };
		struct sockaddr_in6 peer = { .sin6_family = AF_INET6 };
		uint8_t *p = (uint8_t *)&peer.sin6_addr;

		for (k = 0; k < 16; k++) {
			state = state * 1103515245 + 12345;
			a.net[0].addr[k] = (uint8_t)(state >> 16);
			p[k] = a.net[0].addr[k];
		}
		state = state * 1103515245 + 12345;
		a.net[0].bits = (state >> 16) % 129;
		k = (int)((state >> 8) % 128);
		p[k / 8] ^= (uint8_t)(0x80 >> k % 8);
		hits += reference(a.net[0].addr, p, a.net[0].bits);
		ck_assert(allow_matches(&a, (struct sockaddr *)&peer) ==
		    reference(a.net[0].addr, p, a.net[0].bits));
	}
	ck_assert_uint_gt(hits, 1000);
	ck_assert_uint_lt(hits, 9000);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("allow");
	TCase *tc = tcase_create("match");

	tcase_add_loop_test(
	    tc, a_list_of_one, 0, (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_loop_test(tc, what_is_no_network_is_refused, 0,
	    (int)(sizeof(none) / sizeof(none[0])));
	tcase_add_test(tc, an_empty_list_allows_no_address);
	tcase_add_test(tc, a_list_has_an_end);
	tcase_add_test(tc, ten_thousand_addresses_as_the_reference_says);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
