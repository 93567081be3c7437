/* check_channel.c - the master's end of a channel, and last words. */
#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"
#include "master/channel.h"
#include "unit.h"

static int ends[2];

static void
setup(void)
{
	ck_assert_int_eq(channel_open(ends), 0);
}

static void
teardown(void)
{
	io_close(&ends[0]);
	io_close(&ends[1]);
}

static void
say(enum chan_kind kind, int fd)
{
	const struct chan_msg msg = { .kind = kind };

	ck_assert_int_eq(channel_put(ends[1], &msg, &fd, fd == -1 ? 0 : 1), 0);
}

START_TEST(a_message_comes_with_its_descriptor)
{
	struct chan_msg msg;
	int fd, null = open("/dev/null", O_RDONLY);

	ck_assert_int_eq(channel_get(ends[0], &msg, &fd), CHANNEL_NOTHING);
	say(CHAN_PARK, null);
	ck_assert_int_eq(channel_get(ends[0], &msg, &fd), CHANNEL_MESSAGE);
	ck_assert_int_eq(msg.kind, CHAN_PARK);
	ck_assert_int_ne(fd, -1);
	io_close(&fd);
	io_close(&null);
}
END_TEST

/* A reset is said before what is still to be read. */
START_TEST(who_leaves_without_reading_is_heard_to_the_end)
{
	const struct chan_msg order = { .kind = CHAN_RETIRE };
	struct chan_msg msg;
	int fd, null = open("/dev/null", O_RDONLY);

	ck_assert_int_eq(channel_put(ends[0], &order, NULL, 0), 0);
	say(CHAN_READY, -1);
	say(CHAN_PARK, null);
	io_close(&ends[1]);
	ck_assert_int_eq(channel_get(ends[0], &msg, &fd), CHANNEL_MESSAGE);
	ck_assert_int_eq(msg.kind, CHAN_READY);
	ck_assert_int_eq(channel_get(ends[0], &msg, &fd), CHANNEL_MESSAGE);
	ck_assert_int_eq(msg.kind, CHAN_PARK);
	io_close(&fd);
	ck_assert_int_eq(channel_get(ends[0], &msg, &fd), CHANNEL_END);
	io_close(&null);
}
END_TEST

START_TEST(what_is_not_for_the_master_is_dropped)
{
	static const enum chan_kind kinds[] = { CHAN_RETIRE, CHAN_STOP,
		CHAN_LOG, CHAN_CONN, CHAN_LOOK, CHAN_PING };
	struct chan_msg msg;
	size_t i;
	int fd;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		say(kinds[i], -1);
	ck_assert_int_eq(send(ends[1], "gossip", 6, 0), 6);
	for (i = 0; i <= sizeof(kinds) / sizeof(kinds[0]); i++)
		ck_assert_int_eq(
		    channel_get(ends[0], &msg, &fd), CHANNEL_GARBAGE);
	ck_assert_int_eq(channel_get(ends[0], &msg, &fd), CHANNEL_NOTHING);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("channel");
	TCase *tc = tcase_create("whole");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, a_message_comes_with_its_descriptor);
	tcase_add_test(tc, who_leaves_without_reading_is_heard_to_the_end);
	tcase_add_test(tc, what_is_not_for_the_master_is_dropped);
	return unit_run(s);
}
