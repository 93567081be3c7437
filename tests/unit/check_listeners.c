/* check_listeners.c - whose a socket is when a table of them goes. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "master/listeners.h"
#include "unit.h"

static struct pool_conf conf; /* with the unix sockets "a" and "b" */
static struct pool_listen *const at = conf.listen;
static int fds_before;

static void
setup(void)
{
	struct sock_error err;
	int i;

	fds_before = unit_count_fds();
	unit_dir_make();
	conf = (struct pool_conf){ .name = "p", .nlisten = 2 };
	for (i = 0; i < 2; i++) {
		at[i] = (struct pool_listen){ .fd = -1,
			.backlog = 8,
			.perm = { 0600, (uid_t)-1, (gid_t)-1, NULL } };
		ck_assert_int_eq(sock_parse(unit_path(i == 0 ? "a" : "b"),
				     &at[i].addr, &err),
		    0);
	}
}

static void
teardown(void)
{
	unit_dir_remove();
	ck_assert_int_eq(unit_count_fds(), fds_before);
}

static void
open_table(struct listeners *l, struct listeners *from)
{
	const struct listeners_from tables = { &from, from == NULL ? 0 : 1 };
	struct sock_error err;
	int code;

	ck_assert_msg(listeners_open(l, &conf, &tables, &err, &code) == 0, "%s",
	    err.text);
}

/* 0: one got in; else connect()'s errno. */
static int
knock(int i)
{
	int fd = sock_connect(&at[i].addr, 1000);
	int error = errno;

	if (fd == -1)
		return error;
	(void)close(fd);
	return 0;
}

START_TEST(what_we_made_goes_and_lets_nobody_in)
{
	struct listeners l;

	open_table(&l, NULL);
	ck_assert(listeners_goes(&l, 0) && listeners_goes(&l, 1));
	ck_assert(!listeners_bar(&l, 1)); /* a unix socket closes at once */
	ck_assert(l.barred[0] && !l.barred[1]);
	ck_assert_int_eq(knock(0), ECONNREFUSED);
	ck_assert_int_eq(knock(1), 0);
	listeners_close(&l);
	ck_assert_int_eq(knock(1), ENOENT);
}
END_TEST

START_TEST(what_the_next_service_gets_stays_as_it_is)
{
	struct listeners l;

	open_table(&l, NULL);
	listeners_leave(&l, 0);
	l.shared[1] = true;
	ck_assert(!listeners_goes(&l, 0) && listeners_goes(&l, 1));
	(void)listeners_bar(&l, 2);
	listeners_shut(&l, 2);
	ck_assert(!l.barred[0] && !l.barred[1]);
	ck_assert_int_eq(knock(0), 0);
	ck_assert_int_eq(knock(1), 0);
	listeners_close(&l);
	ck_assert_int_eq(access(unit_path("a"), F_OK), 0);
	ck_assert_int_eq(unlink(unit_path("a")), 0);
	ck_assert_int_eq(access(unit_path("b"), F_OK), -1);
}
END_TEST

START_TEST(what_was_given_to_us_is_not_ours_to_close)
{
	struct listeners made, given;

	open_table(&made, NULL);
	at[0].fd = made.fds[0];
	at[1].fd = made.fds[1];
	open_table(&given, NULL);
	ck_assert(!listeners_goes(&given, 0) && !listeners_goes(&given, 1));
	(void)listeners_bar(&given, 2);
	listeners_shut(&given, 2);
	listeners_close(&given);
	ck_assert_int_eq(knock(0), 0);
	ck_assert_int_eq(knock(1), 0);
	listeners_close(&made);
}
END_TEST

START_TEST(one_that_goes_over_is_the_new_tables)
{
	struct listeners old, now;

	open_table(&old, NULL);
	conf.nlisten = 1;
	open_table(&now, &old);
	/* On trial it is still the old one's. */
	ck_assert(listeners_goes(&old, 0) && !listeners_goes(&now, 0));
	listeners_pass(&old, &now);
	ck_assert(!listeners_goes(&old, 0) && listeners_goes(&now, 0));
	ck_assert(listeners_goes(&old, 1)); /* nobody wants it */
	(void)listeners_bar(&old, 2);
	listeners_shut(&old, 2);
	ck_assert_int_eq(knock(0), 0);
	ck_assert_int_eq(knock(1), ECONNREFUSED);
	listeners_close(&old);
	ck_assert_int_eq(knock(0), 0);
	listeners_close(&now);
}
END_TEST

START_TEST(one_that_was_taken_back_is_the_old_tables)
{
	struct listeners old, now;

	open_table(&old, NULL);
	open_table(&now, &old);
	listeners_regain(&old);
	ck_assert(!listeners_goes(&now, 0) && listeners_goes(&old, 0));
	(void)listeners_bar(&now, 2);
	listeners_shut(&now, 2);
	listeners_close(&now);
	ck_assert_int_eq(knock(0), 0);
	ck_assert_int_eq(knock(1), 0);
	listeners_close(&old);
}
END_TEST

START_TEST(programs_are_not_disturbed_at_a_unix_socket)
{
	struct listeners l;

	conf.native = true;
	open_table(&l, NULL);
	ck_assert(!listeners_bar(&l, 1));
	ck_assert(!l.barred[0]);
	ck_assert_int_eq(knock(0), 0);
	listeners_close(&l);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("listeners");
	TCase *tc = tcase_create("listeners");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, what_we_made_goes_and_lets_nobody_in);
	tcase_add_test(tc, what_the_next_service_gets_stays_as_it_is);
	tcase_add_test(tc, what_was_given_to_us_is_not_ours_to_close);
	tcase_add_test(tc, one_that_goes_over_is_the_new_tables);
	tcase_add_test(tc, one_that_was_taken_back_is_the_old_tables);
	tcase_add_test(tc, programs_are_not_disturbed_at_a_unix_socket);
	return unit_run(s);
}
