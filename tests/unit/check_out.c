/* The output buffer: content between heads, room for our own records, and a
 * peer that takes it in pieces. */
#include "worker/out.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "unit.h"

static struct out out;
static int ours, theirs;

static void
set_up(void)
{
	int fds[2];

	ck_assert_int_eq(
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds), 0);
	ours = fds[0];
	theirs = fds[1];
	out.buf = malloc(OUT_LEN);
	ck_assert_ptr_nonnull(out.buf);
	memset(out.buf, 0xee, OUT_LEN);
	out_reset(&out);
}

static void
tear_down(void)
{
	(void)close(ours);
	(void)close(theirs);
	free(out.buf);
}

/* Read N bytes of what was sent. */
static void
take(uint8_t *at, size_t n)
{
	while (n > 0) {
		ssize_t got = recv(theirs, at, n, MSG_DONTWAIT);

		ck_assert_int_gt(got, 0);
		at += got;
		n -= (size_t)got;
	}
}

START_TEST(content_is_written_behind_its_head)
{
	static const uint8_t want[] = { 1, 6, 0, 7, 0, 3, 0, 0, 'a', 'b', 'c' };
	uint8_t got[sizeof(want)];
	size_t cap;
	uint8_t *at = out_reserve(&out, &cap);

	ck_assert_uint_eq(cap, FCGI_BODY_MAX);
	memcpy(at, "abc", 3);
	out_commit(&out, FCGI_STDOUT, 7, 3);
	ck_assert_uint_eq(out_pending(&out), sizeof(want));
	ck_assert_int_eq(out_flush(&out, ours), 0);
	ck_assert_uint_eq(out_pending(&out), 0);
	ck_assert_uint_eq(out.sent, sizeof(want));
	take(got, sizeof(got));
	ck_assert_mem_eq(got, want, sizeof(want));
}
END_TEST

START_TEST(what_is_reserved_and_not_committed_is_not_sent)
{
	size_t cap;

	memset(out_reserve(&out, &cap), 'x', 100);
	ck_assert_uint_eq(out_pending(&out), 0);
	out_put_end(&out, 1, 3, FCGI_REQUEST_COMPLETE);
	ck_assert_uint_eq(out_pending(&out), FCGI_HEAD_LEN + FCGI_END_LEN);
}
END_TEST

/* Content stops early enough that the records which must be sent still fit:
 * for each of 64 requests an answer of ours and its end. */
START_TEST(content_leaves_room_for_our_own_records)
{
	size_t cap, small = 0;

	while (out_reserve(&out, &cap) != NULL) {
		ck_assert_uint_gt(cap, 0);
		out_commit(&out, FCGI_STDOUT, 1, cap);
		ck_assert_uint_le(out.end, OUT_LEN - OUT_KEPT_BACK);
	}
	ck_assert_uint_eq(cap, 0);
	ck_assert(!out_has_data_room(&out));
	ck_assert(out_has_room(&out));
	for (; out_has_room(&out); small++)
		out_put_end(&out, 1, 0, FCGI_REQUEST_COMPLETE);
	ck_assert_uint_ge(small * 16, OUT_KEPT_BACK - 4 * OUT_SMALL);
	ck_assert_uint_le(out.end + 3 * OUT_SMALL, OUT_LEN);
}
END_TEST

START_TEST(room_comes_back_when_all_is_gone)
{
	size_t cap;

	while (out_reserve(&out, &cap) != NULL)
		out_commit(&out, FCGI_STDOUT, 1, cap);
	while (out_flush(&out, ours) == 1) {
		uint8_t buf[65536];

		ck_assert_int_gt(
		    recv(theirs, buf, sizeof(buf), MSG_DONTWAIT), 0);
	}
	ck_assert(out_has_data_room(&out));
	(void)out_reserve(&out, &cap);
	ck_assert_uint_eq(cap, FCGI_BODY_MAX);
}
END_TEST

/* A small buffer on the way: each flush gets rid of a part. */
START_TEST(a_peer_that_reads_slowly_gets_every_byte_once)
{
	const size_t total = OUT_LEN - OUT_KEPT_BACK;
	uint8_t *got = malloc(total);
	size_t cap, n = 0, flushes = 0;
	int small = 1, rc = 1;

	ck_assert_ptr_nonnull(got);
	(void)setsockopt(ours, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
	memset(out_reserve(&out, &cap), 'a', 60000);
	out_commit(&out, FCGI_STDOUT, 1, 60000);
	memset(out_reserve(&out, &cap), 'b', 50000);
	out_commit(&out, FCGI_STDOUT, 2, 50000);
	while (rc == 1) {
		ssize_t len;

		rc = out_flush(&out, ours);
		flushes++;
		ck_assert_int_ne(rc, -1);
		while ((len = recv(theirs, got + n, 1777, MSG_DONTWAIT)) > 0)
			n += (size_t)len;
	}
	ck_assert_uint_gt(flushes, 3);
	ck_assert_uint_eq(n, 110000 + 2 * FCGI_HEAD_LEN);
	ck_assert_uint_eq(out.sent, n);
	ck_assert_uint_eq(got[FCGI_HEAD_LEN], 'a');
	ck_assert_uint_eq(got[60000 + FCGI_HEAD_LEN - 1], 'a');
	ck_assert_uint_eq(got[60000 + FCGI_HEAD_LEN], 1);
	ck_assert_uint_eq(got[n - 1], 'b');
	free(got);
}
END_TEST

START_TEST(a_peer_that_is_gone_is_an_error_not_a_signal)
{
	(void)close(theirs);
	out_put_end(&out, 1, 0, FCGI_REQUEST_COMPLETE);
	ck_assert_int_eq(out_flush(&out, ours), -1);
	ck_assert_int_eq(errno, EPIPE);
	theirs = dup(ours);
}
END_TEST

/* The probe is the first byte of the record that follows, and not sent with
 * it again. */
START_TEST(a_probe_is_the_first_byte_of_the_next_record)
{
	static const uint8_t want[] = { 1, 3, 0, 9, 0, 8, 0, 0, 0, 0, 0, 5, 0,
		0, 0, 0 };
	uint8_t got[sizeof(want)], more;

	ck_assert_int_eq(out_probe(&out, ours), 0);
	ck_assert_int_eq(out_probe(&out, ours), 0); /* once is enough */
	ck_assert_uint_eq(out_pending(&out), 0);
	out_put_end(&out, 9, 5, FCGI_REQUEST_COMPLETE);
	ck_assert_int_eq(out_flush(&out, ours), 0);
	out_put_end(&out, 9, 5, FCGI_REQUEST_COMPLETE);
	ck_assert_int_eq(out_flush(&out, ours), 0);
	take(got, sizeof(got));
	ck_assert_mem_eq(got, want, sizeof(want));
	take(got, sizeof(got));
	ck_assert_mem_eq(got, want, sizeof(want));
	ck_assert_int_eq(recv(theirs, &more, 1, MSG_DONTWAIT), -1);
}
END_TEST

START_TEST(no_probe_goes_into_the_midst_of_a_record)
{
	uint8_t got[16], more;

	out_put_end(&out, 9, 5, FCGI_REQUEST_COMPLETE);
	ck_assert_int_eq(out_probe(&out, ours), 0);
	ck_assert_int_eq(recv(theirs, &more, 1, MSG_DONTWAIT), -1);
	ck_assert_int_eq(out_flush(&out, ours), 0);
	take(got, sizeof(got));
	ck_assert_int_eq(recv(theirs, &more, 1, MSG_DONTWAIT), -1);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("out");
	TCase *tc = tcase_create("buffer");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, content_is_written_behind_its_head);
	tcase_add_test(tc, what_is_reserved_and_not_committed_is_not_sent);
	tcase_add_test(tc, content_leaves_room_for_our_own_records);
	tcase_add_test(tc, room_comes_back_when_all_is_gone);
	tcase_add_test(tc, a_peer_that_reads_slowly_gets_every_byte_once);
	tcase_add_test(tc, a_peer_that_is_gone_is_an_error_not_a_signal);
	tcase_add_test(tc, a_probe_is_the_first_byte_of_the_next_record);
	tcase_add_test(tc, no_probe_goes_into_the_midst_of_a_record);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
