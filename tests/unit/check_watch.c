#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/io.h"
#include "master/watch.h"
#include "unit.h"

static const struct watch rows[] = {
	{ WATCH_CHANNEL, 0, 0 },
	{ WATCH_PARKED, 1, 1 },
	{ WATCH_CONTROL, 0xffffff, 0xffffffff },
	{ WATCH_OUTPUT, 0x800000, 0x80000000 },
};

START_TEST(a_tag_says_what_was_put_into_it)
{
	struct watch w = { 0 };

	watch_untag(watch_tag(&rows[_i]), &w);
	ck_assert_int_eq(w.kind, rows[_i].kind);
	ck_assert_uint_eq(w.crew, rows[_i].crew);
	ck_assert_uint_eq(w.place, rows[_i].place);
}
END_TEST

START_TEST(an_event_carries_the_tag_of_its_descriptor)
{
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC), pair[2];
	struct epoll_event e;
	struct watch w;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	ck_assert_int_eq(watch_add(epoll_fd, pair[0], EPOLLIN, &rows[1]), 0);
	ck_assert_int_eq(epoll_wait(epoll_fd, &e, 1, 0), 0);
	ck_assert_int_eq(
	    watch_change(epoll_fd, pair[0], EPOLLOUT, &rows[3]), 0);
	ck_assert_int_eq(epoll_wait(epoll_fd, &e, 1, 0), 1);
	watch_untag(e.data.u64, &w);
	ck_assert_int_eq(w.kind, WATCH_OUTPUT);
	watch_del(epoll_fd, pair[0]);
	ck_assert_int_eq(epoll_wait(epoll_fd, &e, 1, 0), 0);
	io_close(&pair[0]);
	io_close(&pair[1]);
	io_close(&epoll_fd);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("watch");
	TCase *tc = tcase_create("tags");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, a_tag_says_what_was_put_into_it, 0,
	    (int)(sizeof(rows) / sizeof(rows[0])));
	tcase_add_test(tc, an_event_carries_the_tag_of_its_descriptor);
	return unit_run(s);
}
