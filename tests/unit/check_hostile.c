/* The connection code against more than a hundred thousand hostile streams:
 * it outlives them all, says nothing that is illegal, and counts each. */
#include <stdlib.h>

#include "base/log.h"
#include "hostile.h"
#include "unit.h"

#define PARAMS_MAX 8192

struct trial {
	struct connrig *rig;
	uint64_t n;
	uint64_t served, broken; /* parked in good order; protocol errors */
	int fds;                 /* open before */
};

static struct connrig_seen
try_one(struct trial *t, const struct peer_script *script, const char *what)
{
	struct connrig_seen seen;
	const char *wrong = connrig_run(t->rig, script, &seen);

	ck_assert_msg(wrong == NULL,
	    "%s, stream %llu, %zu bytes, end %d, cut %zu, bytewise %d, prompt %d: %s",
	    what, (unsigned long long)t->n, script->len, (int)script->end,
	    script->cut, script->bytewise, script->prompt, wrong);
	t->n++;
	t->served += seen.result == CONN_PARK_KEPT;
	t->broken += seen.protocol_errors;
	return seen;
}

static void
must_be_sound(void *ctx, const struct peer_script *script, const char *what)
{
	(void)try_one(ctx, script, what);
}

/* The honest request behind it is answered, or the connection was closed. */
static void
must_answer_or_close(
    void *ctx, const struct peer_script *script, const char *what)
{
	struct trial *t = ctx;
	struct connrig_seen seen = try_one(t, script, what);

	ck_assert_msg(seen.protocol_errors == 1 ||
		(connrig_ended(t->rig, HOSTILE_HONEST) && seen.management > 0),
	    "%s, stream %llu: neither served nor refused", what,
	    (unsigned long long)t->n - 1);
}

static void
must_answer(void *ctx, const struct peer_script *script, const char *what)
{
	struct trial *t = ctx;
	struct connrig_seen seen = try_one(t, script, what);

	ck_assert_msg(seen.protocol_errors == 0 && seen.ends == 1,
	    "%s, stream %llu: not answered", what,
	    (unsigned long long)t->n - 1);
}

static struct trial
begin_trial(unsigned max_reqs)
{
	static const struct log_conf quiet = {
		.target = "/dev/null",
		.level = LOG_LEVEL_ALERT,
	};
	struct trial t = { 0 };

	ck_assert_int_eq(log_open(&quiet), 0);
	t.fds = unit_count_fds();
	t.rig = connrig_new(max_reqs, PARAMS_MAX);
	return t;
}

static void
end_trial(struct trial *t, uint64_t least)
{
	connrig_free(t->rig);
	ck_assert_int_eq(unit_count_fds(), t->fds);
	ck_assert_uint_ge(t->n, least);
}

static const unsigned limits[] = { 8, 1 };

START_TEST(conversations_may_break_off_after_every_byte)
{
	struct trial t = begin_trial(limits[_i]);

	(void)hostile_cuts(must_be_sound, &t);
	end_trial(&t, 8000);
}
END_TEST

START_TEST(conversations_may_come_in_pieces)
{
	struct trial t = begin_trial(limits[_i]);

	(void)hostile_pieces(must_be_sound, &t);
	end_trial(&t, 1600);
	ck_assert_uint_gt(t.served, t.n / 4);
}
END_TEST

START_TEST(every_type_at_every_time_is_answered_or_closes)
{
	struct trial t = begin_trial(limits[_i]);

	(void)hostile_types(must_answer_or_close, &t);
	end_trial(&t, 20480);
	ck_assert_uint_gt(t.broken, 1000);
	ck_assert_uint_gt(t.served, 1000);
}
END_TEST

START_TEST(records_may_come_in_every_order)
{
	struct trial t = begin_trial(limits[_i]);

	(void)hostile_orders(must_be_sound, &t);
	end_trial(&t, 1200);
}
END_TEST

START_TEST(each_record_of_a_flood_is_answered)
{
	struct trial t = begin_trial(limits[_i]);

	(void)hostile_floods(must_be_sound, &t);
	end_trial(&t, 20);
}
END_TEST

START_TEST(lengths_of_pairs_may_lie)
{
	struct trial t = begin_trial(8);

	(void)hostile_pairs(must_answer, &t);
	end_trial(&t, 65536);
}
END_TEST

START_TEST(conversations_may_be_damaged)
{
	struct trial t = begin_trial(limits[_i]);

	(void)hostile_damage(1996, 20000, must_be_sound, &t);
	end_trial(&t, 20000);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("hostile");
	TCase *tc = tcase_create("streams");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(
	    tc, conversations_may_break_off_after_every_byte, 0, 2);
	tcase_add_loop_test(tc, conversations_may_come_in_pieces, 0, 2);
	tcase_add_loop_test(
	    tc, every_type_at_every_time_is_answered_or_closes, 0, 2);
	tcase_add_loop_test(tc, records_may_come_in_every_order, 0, 2);
	tcase_add_loop_test(tc, each_record_of_a_flood_is_answered, 0, 2);
	tcase_add_test(tc, lengths_of_pairs_may_lie);
	tcase_add_loop_test(tc, conversations_may_be_damaged, 0, 2);
	suite_add_tcase(s, tc);
	return unit_run(s);
}
