/* check_state.c - what is left to the next program, cut at every byte. */
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "master/state.h"
#include "unit.h"

#define TEXT_MAX 65536

static char text[TEXT_MAX];
static size_t len, lines;

static void
add(const struct state_item *item)
{
	size_t n = state_put(text + len, TEXT_MAX - len, item);

	ck_assert_uint_gt(n, 0);
	len += n;
	lines++;
}

static void
make_address(struct sock_addr *addr, const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };

	(void)strcpy(un.sun_path, path);
	memset(addr, 0, sizeof(*addr));
	memcpy(&addr->sa, &un, sizeof(un));
	addr->len = sizeof(un);
}

static void
setup(void)
{
	struct state_item item = { .kind = STATE_MASTER };

	lines = 0;
	len = state_put_head(text, TEXT_MAX);
	item.u.master.generation = 7;
	item.u.master.soft = 1024;
	item.u.master.hard = UINT64_MAX;
	(void)strcpy(item.u.master.pid_file, "/run/a file");
	add(&item);
	item = (struct state_item){ .kind = STATE_CONTROL };
	item.u.control.fd = 8;
	item.u.control.made = true;
	item.u.control.dev = 6;
	item.u.control.ino = 18446744073709551614u;
	(void)strcpy(item.u.control.path, "/run/a socket");
	add(&item);
	item = (struct state_item){ .kind = STATE_ASKER };
	item.u.asker.fd = 14;
	add(&item);
	item = (struct state_item){ .kind = STATE_POOL };
	(void)strcpy(item.u.pool.name, "www");
	item.u.pool.scale = 70;
	item.u.pool.board_fd = 9;
	item.u.pool.in_fd = item.u.pool.out_fd = -1;
	item.u.pool.native = true;
	add(&item);
	item = (struct state_item){ .kind = STATE_LISTENER };
	item.u.listener.fd = 11;
	item.u.listener.made = true;
	item.u.listener.dev = 5;
	item.u.listener.ino = 18446744073709551615u;
	make_address(&item.u.listener.addr, "/run/www.sock");
	add(&item);
	item = (struct state_item){ .kind = STATE_SLOT };
	item.u.slot.index = 3;
	item.u.slot.pid = 4711;
	item.u.slot.channel_fd = -1;
	item.u.slot.output_fd = 12;
	item.u.slot.born_ms = 123456789012;
	item.u.slot.aide = true;
	add(&item);
	item = (struct state_item){ .kind = STATE_PARKED };
	item.u.parked.fd = 13;
	item.u.parked.silent = true;
	item.u.parked.since_ms = 42;
	add(&item);
	len += state_put_end(text + len, TEXT_MAX - len, lines);
}

START_TEST(what_was_written_is_read)
{
	struct state_reader r = { .at = text };
	struct state_item item;
	struct sock_addr addr;

	ck_assert_int_eq(state_get(&r, &item), STATE_ITEM);
	ck_assert_int_eq(item.kind, STATE_MASTER);
	ck_assert_uint_eq(item.u.master.generation, 7);
	ck_assert_uint_eq(item.u.master.hard, UINT64_MAX);
	ck_assert_str_eq(item.u.master.pid_file, "/run/a file");
	ck_assert_int_eq(state_get(&r, &item), STATE_ITEM);
	ck_assert_int_eq(item.kind, STATE_CONTROL);
	ck_assert_int_eq(item.u.control.fd, 8);
	ck_assert(item.u.control.made);
	ck_assert_uint_eq(item.u.control.dev, 6);
	ck_assert_uint_eq(item.u.control.ino, UINT64_MAX - 1);
	ck_assert_str_eq(item.u.control.path, "/run/a socket");
	ck_assert_int_eq(state_get(&r, &item), STATE_ITEM);
	ck_assert_int_eq(item.kind, STATE_ASKER);
	ck_assert_int_eq(item.u.asker.fd, 14);
	ck_assert_int_eq(state_get(&r, &item), STATE_ITEM);
	ck_assert_int_eq(item.kind, STATE_POOL);
	ck_assert_str_eq(item.u.pool.name, "www");
	ck_assert_int_eq(item.u.pool.scale, 70);
	ck_assert_int_eq(item.u.pool.board_fd, 9);
	ck_assert_int_eq(item.u.pool.out_fd, -1);
	ck_assert(item.u.pool.native && !item.u.pool.retired);
	ck_assert_int_eq(state_get(&r, &item), STATE_ITEM);
	ck_assert_int_eq(item.kind, STATE_LISTENER);
	ck_assert_uint_eq(item.u.listener.ino, UINT64_MAX);
	make_address(&addr, "/run/www.sock");
	ck_assert_uint_eq(item.u.listener.addr.len, addr.len);
	ck_assert_mem_eq(&item.u.listener.addr.sa, &addr.sa, addr.len);
	ck_assert_int_eq(state_get(&r, &item), STATE_ITEM);
	ck_assert_int_eq(item.kind, STATE_SLOT);
	ck_assert_int_eq(item.u.slot.pid, 4711);
	ck_assert_int_eq(item.u.slot.channel_fd, -1);
	ck_assert_int_eq(item.u.slot.born_ms, 123456789012);
	ck_assert_int_eq(state_get(&r, &item), STATE_ITEM);
	ck_assert_int_eq(item.kind, STATE_PARKED);
	ck_assert(item.u.parked.silent);
	ck_assert_int_eq(state_get(&r, &item), STATE_END);
}
END_TEST

/* How it ends, of a copy that is exactly as long, for the sanitizers. */
static enum state_got
read_all(const char *from, size_t n)
{
	char *copy = malloc(n + 1);
	struct state_reader r = { .at = copy };
	struct state_item item;
	enum state_got got;

	memcpy(copy, from, n);
	copy[n] = '\0';
	while ((got = state_get(&r, &item)) == STATE_ITEM)
		;
	free(copy);
	return got;
}

START_TEST(cut_after_any_byte_it_is_broken)
{
	size_t n;

	for (n = 0; n < len; n++)
		ck_assert_int_eq(read_all(text, n), STATE_BROKEN);
	ck_assert_int_eq(read_all(text, len), STATE_END);
}
END_TEST

START_TEST(a_byte_changed_anywhere_does_no_harm)
{
	static const char bytes[] = { 0, ' ', '-', '\n', '9', 'z', (char)0xff };
	size_t i, n;

	for (n = 0; n < len; n++)
		for (i = 0; i < sizeof(bytes); i++) {
			char was = text[n];

			text[n] = bytes[i];
			(void)read_all(text, len);
			text[n] = was;
		}
}
END_TEST

START_TEST(another_version_still_tells_its_listeners)
{
	static const char other[] = "cgi-fpm-state 99\n"
				    "unheard of\n"
				    "listener 5 0 0 1 2 3 0200\n"
				    "listener 6 nonsense\n"
				    "slot 1\n"
				    "listener 7 1 0 0 0 0 0200ab\n";
	struct state_reader r = { .at = other };
	struct state_item item;

	ck_assert_int_eq(state_get(&r, &item), STATE_OTHER);
	ck_assert_int_eq(state_get(&r, &item), STATE_ITEM);
	ck_assert_int_eq(item.u.listener.fd, 5);
	ck_assert_int_eq(state_get(&r, &item), STATE_ITEM);
	ck_assert_int_eq(item.u.listener.fd, 7);
	ck_assert(item.u.listener.native);
	ck_assert_int_eq(state_get(&r, &item), STATE_END);
}
END_TEST

static const char *const bad[] = { "", "\n", "end 0\n", "cgi-fpm-state \n",
	"cgi-fpm-state -1\n", "cgi-fpm-state 2\n", "cgi-fpm-state 2\nend 1\n",
	"cgi-fpm-state 2\nend 0\nmore\n", "cgi-fpm-state 2\nwhat 1\nend 1\n",
	"cgi-fpm-state 2\nparked 99999999999 0 0\nend 1\n",
	"cgi-fpm-state 2\nparked -2 0 0\nend 1\n",
	"cgi-fpm-state 2\nparked 1 2 0\nend 1\n",
	"cgi-fpm-state 2\nparked 1 0 -5\nend 1\n",
	"cgi-fpm-state 2\nparked 1 0\nend 1\n",
	"cgi-fpm-state 2\nparked 1 0 5 6\nend 1\n",
	"cgi-fpm-state 2\nlistener 5 0 0 1 2 3 0\nend 1\n",
	"cgi-fpm-state 2\nlistener 5 0 0 1 2 3 xx\nend 1\n",
	"cgi-fpm-state 2\nslot 1 2 3 4 99999999999999999999 0\nend 1\n" };

START_TEST(what_is_no_state_is_broken)
{
	ck_assert_msg(
	    read_all(bad[_i], strlen(bad[_i])) == STATE_BROKEN, "%s", bad[_i]);
}
END_TEST

START_TEST(what_does_not_fit_is_not_written)
{
	struct state_item item = { .kind = STATE_PARKED };
	char room[64];
	size_t cap, full = state_put(room, sizeof(room), &item);

	for (cap = 0; cap <= full; cap++)
		ck_assert_uint_eq(state_put(room, cap, &item), 0);
	ck_assert_uint_eq(state_put(room, full + 1, &item), full);
	item.kind = STATE_MASTER;
	(void)strcpy(item.u.master.pid_file, "two\nlines");
	ck_assert_uint_eq(state_put(room, sizeof(room), &item), 0);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("state");
	TCase *tc = tcase_create("whole");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, what_was_written_is_read);
	tcase_add_test(tc, cut_after_any_byte_it_is_broken);
	tcase_add_test(tc, a_byte_changed_anywhere_does_no_harm);
	tcase_add_test(tc, another_version_still_tells_its_listeners);
	tcase_add_loop_test(tc, what_is_no_state_is_broken, 0,
	    (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(tc, what_does_not_fit_is_not_written);
	return unit_run(s);
}
