#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <netinet/in.h>

#include "base/backlog.h"
#include "unit.h"

static int
listener(int domain, struct sockaddr_storage *sa, socklen_t *len)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = socket(domain, SOCK_STREAM, 0);

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	memset(sa, 0, sizeof(*sa));
	if (domain == AF_INET) {
		memcpy(sa, &in, sizeof(in));
		*len = sizeof(in);
	} else { /* autobind: an abstract name */
		memcpy(sa, &un, sizeof(un));
		*len = sizeof(un.sun_family);
	}
	ck_assert_int_eq(bind(fd, (struct sockaddr *)sa, *len), 0);
	ck_assert_int_eq(listen(fd, 7), 0);
	*len = sizeof(*sa);
	ck_assert_int_eq(getsockname(fd, (struct sockaddr *)sa, len), 0);
	return fd;
}

START_TEST(those_who_wait_are_counted)
{
	const int domain = _i == 0 ? AF_UNIX : AF_INET;
	struct sockaddr_storage sa;
	uint32_t waiting = 99, room = 0;
	int fds[3], fd, i;
	socklen_t len;

	fd = listener(domain, &sa, &len);
	ck_assert_int_eq(backlog_look(fd, &waiting, &room), 0);
	ck_assert_uint_eq(waiting, 0);
	ck_assert_uint_eq(room, 7);
	for (i = 0; i < 3; i++) {
		fds[i] = socket(domain, SOCK_STREAM, 0);
		ck_assert_int_eq(
		    connect(fds[i], (struct sockaddr *)&sa, len), 0);
	}
	ck_assert_int_eq(backlog_look(fd, &waiting, &room), 0);
	ck_assert_uint_eq(waiting, 3);
	for (i = 0; i < 3; i++)
		(void)close(fds[i]);
	(void)close(fd);
}
END_TEST

START_TEST(what_is_no_socket_is_refused)
{
	uint32_t waiting, room;

	ck_assert_int_eq(backlog_look(STDIN_FILENO, &waiting, &room), -1);
	ck_assert_int_eq(backlog_look(-1, &waiting, &room), -1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("backlog");
	TCase *tc = tcase_create("queue");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, those_who_wait_are_counted, 0, 2);
	tcase_add_test(tc, what_is_no_socket_is_refused);
	return unit_run(s);
}
