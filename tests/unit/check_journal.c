#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

#include "base/io.h"
#include "base/journal.h"
#include "base/logentry.h"
#include "unit.h"

START_TEST(a_field_is_a_line)
{
	char room[64];
	struct journal j;

	journal_begin(&j, room, sizeof(room));
	ck_assert(journal_put(&j, "MESSAGE", "a = b", 5));
	ck_assert(journal_put(&j, "EMPTY", NULL, 0));
	ck_assert(journal_put_number(&j, "PRIORITY", 5));
	ck_assert_uint_eq(j.len, 32);
	ck_assert_mem_eq(room, "MESSAGE=a = b\nEMPTY=\nPRIORITY=5\n", j.len);
}
END_TEST

START_TEST(a_value_with_newlines_has_its_length_before_it)
{
	static const char want[] = "A\n\x04\0\0\0\0\0\0\0x\ny\n\nB=\0\n";
	char room[64];
	struct journal j;

	journal_begin(&j, room, sizeof(room));
	ck_assert(journal_put(&j, "A", "x\ny\n", 4));
	ck_assert(journal_put(&j, "B", "\0", 1));
	ck_assert_uint_eq(j.len, sizeof(want) - 1);
	ck_assert_mem_eq(room, want, j.len);
}
END_TEST

START_TEST(a_long_length_is_little_endian)
{
	static char value[70000], room[70100];
	struct journal j;

	memset(value, '\n', sizeof(value));
	journal_begin(&j, room, sizeof(room));
	ck_assert(journal_put(&j, "A", value, sizeof(value)));
	ck_assert_mem_eq(room, "A\n\x70\x11\x01\0\0\0\0\0\n", 11);
	ck_assert_uint_eq(j.len, 2 + 8 + sizeof(value) + 1);
}
END_TEST

/* In exactly so many bytes, so that a sanitizer guards their end. */
START_TEST(what_has_no_room_is_left_out_whole)
{
	size_t cap = (size_t)_i;
	char *room = malloc(cap == 0 ? 1 : cap);
	struct journal j;
	size_t plain, binary;

	journal_begin(&j, room, cap);
	ck_assert_int_eq(journal_put(&j, "NAME", "value", 5), cap >= 11);
	plain = cap >= 11 ? 11 : 0;
	ck_assert_uint_eq(j.len, plain);
	ck_assert_int_eq(journal_put(&j, "NAME", "v\n", 2), cap >= plain + 16);
	binary = cap >= plain + 16 ? 16 : 0;
	ck_assert_uint_eq(j.len, plain + binary);
	ck_assert(!journal_put(&j, "NAME", "v", SIZE_MAX - 3));
	free(room);
}
END_TEST

START_TEST(an_entry_is_a_datagram)
{
	char got[64];
	int ends[2];

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
	ck_assert_int_eq(journal_send(ends[0], "MESSAGE=x\n", 10), 0);
	ck_assert_int_eq(recv(ends[1], got, sizeof(got), MSG_DONTWAIT), 10);
	ck_assert_mem_eq(got, "MESSAGE=x\n", 10);
	(void)close(ends[0]);
	(void)close(ends[1]);
}
END_TEST

START_TEST(an_entry_too_large_for_one_is_a_sealed_file)
{
	enum { SIZE = 300000 };
	static char entry[SIZE], got[SIZE + 1];
	int ends[2], fd = -1, small = 8192, fds = unit_count_fds();
	size_t n;

	memset(entry, 'x', SIZE);
	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
	ck_assert_int_eq(
	    setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)),
	    0);
	ck_assert_int_eq(journal_send(ends[0], entry, SIZE), 0);
	ck_assert_int_eq(io_recv_fds(ends[1], got, sizeof(got), &fd, 1, &n), 0);
	ck_assert_uint_eq(n, 1);
	ck_assert_int_eq(fcntl(fd, F_GET_SEALS),
	    F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
	ck_assert_int_eq(pread(fd, got, sizeof(got), 0), SIZE);
	ck_assert_mem_eq(got, entry, SIZE);
	(void)close(fd);
	(void)close(ends[0]);
	(void)close(ends[1]);
	ck_assert_int_eq(unit_count_fds(), fds);
}
END_TEST

START_TEST(a_slow_journal_is_not_waited_for)
{
	int ends[2], i, rc = 0;

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, ends), 0);
	for (i = 0; i < 100000 && rc == 0; i++)
		rc = journal_send(ends[0], "MESSAGE=nobody reads\n", 21);
	ck_assert_int_eq(rc, -1);
	ck_assert_int_eq(errno, EAGAIN);
	(void)close(ends[0]);
	(void)close(ends[1]);
}
END_TEST

static const struct log_conf conf = { .ident = "name", .facility = LOG_LOCAL3 };

START_TEST(a_line_is_an_entry_with_what_is_known)
{
	const struct log_about about = { .pool = "git",
		.worker = 12,
		.program = 13,
		.request = "r-1",
		.status = 404 };
	const struct log_about nothing = { 0 };
	struct logentry e = { .message = "text",
		.len = 4,
		.priority = LOG_WARNING,
		.log = "access",
		.conf = &conf,
		.about = &about };
	char room[2048];

	room[logentry_write(room, sizeof(room), &e)] = '\0';
	ck_assert_str_eq(room,
	    "MESSAGE=text\nPRIORITY=4\nSYSLOG_IDENTIFIER=name\n"
	    "SYSLOG_FACILITY=19\nCGIFPM_LOG=access\nCGIFPM_POOL=git\n"
	    "CGIFPM_WORKER=12\nCGIFPM_PROGRAM=13\nCGIFPM_REQUEST_ID=r-1\n"
	    "CGIFPM_STATUS=404\n");
	e.about = &nothing;
	e.log = "error";
	room[logentry_write(room, sizeof(room), &e)] = '\0';
	ck_assert_str_eq(room,
	    "MESSAGE=text\nPRIORITY=4\nSYSLOG_IDENTIFIER=name\n"
	    "SYSLOG_FACILITY=19\nCGIFPM_LOG=error\n");
}
END_TEST

START_TEST(the_fields_have_room_behind_any_message)
{
	static char huge[5000];
	const struct log_conf wide = { .ident = huge, .facility = LOG_LOCAL7 };
	const struct log_about about = { .pool = huge,
		.worker = INT32_MAX,
		.program = INT32_MAX,
		.request = huge,
		.status = 999 };
	const struct logentry e = { .message = huge,
		.len = sizeof(huge) - 1,
		.priority = LOG_DEBUG,
		.log = "error",
		.conf = &wide,
		.about = &about };
	size_t cap = 3000, len;
	char *room = malloc(cap + 1);

	memset(huge, '\n', sizeof(huge) - 1);
	len = logentry_write(room, cap, &e);
	ck_assert_uint_le(len, cap);
	ck_assert_mem_eq(room + len - 18, "CGIFPM_STATUS=999\n", 18);
	free(room);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("journal");
	TCase *tc = tcase_create("protocol");

	suite_add_tcase(s, tc);
	tcase_add_test(tc, a_field_is_a_line);
	tcase_add_test(tc, a_value_with_newlines_has_its_length_before_it);
	tcase_add_test(tc, a_long_length_is_little_endian);
	tcase_add_loop_test(tc, what_has_no_room_is_left_out_whole, 0, 40);
	tcase_add_test(tc, an_entry_is_a_datagram);
	tcase_add_test(tc, an_entry_too_large_for_one_is_a_sealed_file);
	tcase_add_test(tc, a_slow_journal_is_not_waited_for);
	tcase_add_test(tc, a_line_is_an_entry_with_what_is_known);
	tcase_add_test(tc, the_fields_have_room_behind_any_message);
	return unit_run(s);
}
