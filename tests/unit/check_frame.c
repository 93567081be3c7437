#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/frame.h"
#include "unit.h"

#define SECOND INT64_C(1000000)

static struct frame frame;
static char text[65536];

static struct snapshot *
add_pool(const char *name, size_t workers)
{
	struct snapshot *s =
	    calloc(1, sizeof(*s) + workers * sizeof(s->slot[0]));
	size_t i;

	(void)snprintf(s->pool.name, sizeof(s->pool.name), "%s", name);
	s->now_us = 1000 * SECOND;
	s->nslots = workers;
	for (i = 0; i < workers; i++) {
		s->slot[i].pid = (int32_t)(100 * frame.npools + i);
		s->slot[i].state = BOARD_IDLE;
	}
	frame.pool[frame.npools++] = (struct frame_pool){ s, 1.5 };
	return s;
}

static void
run(struct snapshot *s, size_t worker, unsigned k, int age, const char *uri)
{
	struct board_request *r = &s->slot[worker].request[k];

	r->stage = BOARD_RUNNING;
	r->begun_us = s->now_us - age * SECOND;
	(void)snprintf(r->uri, sizeof(r->uri), "%s", uri);
	s->slot[worker].state = BOARD_BUSY;
	s->workers[BOARD_BUSY]++;
}

static void
setup(void)
{
	memset(&frame, 0, sizeof(frame));
}

static void
teardown(void)
{
	while (frame.npools > 0)
		free(frame.pool[--frame.npools].now);
}

static void
add_line(void *arg, enum frame_kind kind, const char *line)
{
	(void)arg;
	(void)kind;
	(void)strcat(strcat(text, line), "\n");
}

static void
draw(void)
{
	text[0] = '\0';
	frame_draw(&frame, add_line, NULL);
}

/* Is A before B in the frame? */
static bool
before(const char *a, const char *b)
{
	const char *x = strstr(text, a), *y = strstr(text, b);

	ck_assert_msg(x != NULL && y != NULL, "%s", text);
	return x < y;
}

static void
three(void)
{
	struct snapshot *s = add_pool("beta", 2), *t = add_pool("alpha", 1);

	run(s, 0, 0, 5, "/b");
	run(s, 0, 3, 90, "/c");
	run(t, 0, 0, 7, "/a");
}

START_TEST(the_oldest_comes_first)
{
	three();
	draw();
	ck_assert(before("/c", "/a") && before("/a", "/b"));
	frame.reversed = true;
	draw();
	ck_assert(before("/b", "/a") && before("/a", "/c"));
}
END_TEST

START_TEST(the_order_can_be_another)
{
	three();
	frame.sort = FRAME_BY_URI;
	draw();
	ck_assert(before("/a", "/b") && before("/b", "/c"));
	frame.sort = FRAME_BY_POOL;
	draw();
	ck_assert(before("/a", "/c") && before("/c", "/b"));
}
END_TEST

START_TEST(idle_workers_are_shown_when_asked_for)
{
	(void)add_pool("p", 1);
	draw();
	ck_assert_ptr_null(strstr(text, " idle"));
	frame.workers = true;
	draw();
	ck_assert_ptr_nonnull(strstr(text, " idle"));
}
END_TEST

START_TEST(who_does_nothing_stands_last)
{
	struct snapshot *s = add_pool("p", 3);

	run(s, 1, 0, 5, "/running");
	s->slot[0].request[0].stage = BOARD_OVER;
	s->slot[0].request[0].begun_us = s->now_us - 900 * SECOND;
	frame.workers = true;
	draw();
	ck_assert(before("/running", " idle"));
}
END_TEST

/* They were cut off, and there was nothing but what is known anyway. */
START_TEST(a_narrow_terminal_shows_what_matters)
{
	struct snapshot *s = add_pool("www", 3);

	s->pool.life = BOARD_LIFE_UP;
	s->pool.max_children = 17;
	s->queue = 23;
	run(s, 0, 0, 75, "/a/rather/long/uri");
	frame.width = 40;
	draw();
	ck_assert_ptr_nonnull(strstr(text, "www                1/3   17   23"));
	ck_assert_ptr_nonnull(strstr(text, " 1.5\n"));
	ck_assert_ptr_nonnull(strstr(text, " 1m 15s       0 /a/rather/long"));
	s->pool.life = BOARD_LIFE_DRAINED;
	draw();
	ck_assert_ptr_nonnull(strstr(text, "www            drained   17"));
	ck_assert_ptr_null(strstr(text, "1/3"));
}
END_TEST

START_TEST(what_is_below_can_be_scrolled_to)
{
	three();
	frame.skip = 1;
	ck_assert_uint_eq(frame_draw(&frame, add_line, NULL), 3);
	draw();
	ck_assert_ptr_null(strstr(text, "/c"));
	ck_assert(before("/a", "/b"));
	frame.skip = 9; /* some have ended since */
	draw();
	ck_assert_ptr_null(strstr(text, "/a"));
	ck_assert_ptr_nonnull(strstr(text, "/b"));
}
END_TEST

START_TEST(no_line_is_wider_than_the_terminal)
{
	struct snapshot *s = add_pool("a-pool-with-a-name", 1);
	char *line, *rest = text;

	run(s, 0, 0, 1,
	    "/\xc3\xa4\xc3\xb6\xc3\xbc/a/rather/long/uri/that/goes"
	    "/on/and/on/and/on");
	frame.width = (unsigned)_i;
	draw();
	while ((line = strsep(&rest, "\n")) != NULL) {
		size_t n = 0;

		/* Whole characters: as many as do not continue one. */
		for (; *line != '\0'; line++)
			n += ((unsigned char)*line & 0xc0) != 0x80;
		ck_assert_uint_le(n, (size_t)_i);
	}
}
END_TEST

START_TEST(what_comes_from_outside_is_inert)
{
	run(add_pool("p", 1), 0, 0, 1, "/\33[2J\n\r\xff");
	draw();
	ck_assert_ptr_nonnull(strstr(text, "/\\x1b[2J\\x0a\\x0d\\xff"));
	ck_assert_ptr_null(strchr(text, '\33'));
}
END_TEST

START_TEST(a_rate_is_never_absurd)
{
	struct snapshot *s = add_pool("p", 0);

	s->counters[BOARD_ACCEPTED] = 30;
	ck_assert_double_eq(frame_rate(s, 10, 2), 10);
	ck_assert_double_eq(frame_rate(s, 40, 2), 0); /* another master */
	ck_assert_double_eq(frame_rate(s, 10, 0), 0);
}
END_TEST

START_TEST(what_native_programs_know_is_not_shown_as_0)
{
	struct snapshot *s = add_pool("own", 1);

	s->pool.native = 1;
	s->parked = 77;
	draw();
	ck_assert_ptr_null(strstr(text, "requests/s"));
	ck_assert_ptr_null(strstr(text, "77"));
	ck_assert_ptr_nonnull(
	    strstr(text, "     -        -        -        -\n"));
	add_pool("www", 1);
	draw();
	ck_assert_ptr_nonnull(strstr(text, "  1.5 requests/s"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("frame");
	TCase *tc = tcase_create("lines");

	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, the_oldest_comes_first);
	tcase_add_test(tc, the_order_can_be_another);
	tcase_add_test(tc, idle_workers_are_shown_when_asked_for);
	tcase_add_test(tc, who_does_nothing_stands_last);
	tcase_add_test(tc, a_narrow_terminal_shows_what_matters);
	tcase_add_test(tc, what_is_below_can_be_scrolled_to);
	tcase_add_loop_test(tc, no_line_is_wider_than_the_terminal, 1, 130);
	tcase_add_test(tc, what_comes_from_outside_is_inert);
	tcase_add_test(tc, a_rate_is_never_absurd);
	tcase_add_test(tc, what_native_programs_know_is_not_shown_as_0);
	return unit_run(s);
}
