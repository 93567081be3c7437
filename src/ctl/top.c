#include "ctl/top.h"

#include <curses.h>
#include <jansson.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/clock.h"
#include "base/num.h"
#include "ctl/frame.h"
#include "ctl/orders.h"
#include "ctl/status.h"
#include "ctl/term.h"
#include "view/json.h"

#define INTERVAL_MS 1000

struct args {
	struct opts_pool of;
	int64_t interval_ms;
	int64_t count; /* frames, 0: without end */
};

/* What was counted at the last frame. */
struct before {
	char name[BOARD_NAME_MAX];
	uint64_t accepted;
	int64_t us;
};

struct top {
	const struct args *args;
	const char *name; /* of the program and verb */
	struct frame frame;
	struct before before[FRAME_POOLS_MAX];
	size_t nbefore;
	struct link link;
	bool failed; /* link says why */
	bool paused;
	int row;             /* the next one of the screen */
	size_t rows, hidden; /* of requests; those below the screen's end */
};

static const struct argp_option options[] = {
	{ "interval", 'd', "TIME", 0, "A new frame each TIME (1s)", 0 },
	{ "count", 'n', "N", 0, "End after N frames", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;

	switch (key) {
	case ARGP_KEY_INIT:
		state->child_inputs[0] = &args->of;
		return 0;
	case 'd':
		if (num_duration(arg, &args->interval_ms) == -1 ||
		    args->interval_ms < 50 || args->interval_ms > 3600000)
			argp_error(
			    state, "'%s' is no time from 50ms to 1h", arg);
		return 0;
	case 'n':
		if (num_int(arg, 1, INT32_MAX, &args->count) == -1)
			argp_error(state, "'%s' is no number", arg);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Frames */

static void
drop(struct frame *f)
{
	while (f->npools > 0)
		snapshot_free(f->pool[--f->npools].now);
}

static double
rate_of(const struct top *t, const struct snapshot *s)
{
	size_t i;

	for (i = 0; i < t->nbefore; i++)
		if (strcmp(t->before[i].name, s->pool.name) == 0)
			return frame_rate(s, t->before[i].accepted,
			    (double)(s->now_us - t->before[i].us) / 1e6);
	return 0;
}

static void
take(void *arg, const struct snapshot *s)
{
	struct top *t = arg;
	struct frame *f = &t->frame;
	size_t size = sizeof(*s) + s->nslots * sizeof(s->slot[0]);
	struct snapshot *copy;

	if (f->npools == FRAME_POOLS_MAX || (copy = malloc(size)) == NULL)
		return;
	memcpy(copy, s, size);
	f->pool[f->npools++] = (struct frame_pool){ copy, rate_of(t, s) };
}

static void
remember(struct top *t)
{
	size_t i;

	for (i = 0; i < t->frame.npools; i++) {
		const struct snapshot *s = t->frame.pool[i].now;
		struct before *b = &t->before[i];

		memcpy(b->name, s->pool.name, sizeof(b->name));
		b->accepted = s->counters[BOARD_ACCEPTED];
		b->us = s->now_us;
	}
	t->nbefore = t->frame.npools;
}

static void
look(struct top *t)
{
	drop(&t->frame);
	t->failed = !status_each(
	    &t->link, &t->args->of.opts, t->args->of.pool, take, t);
	link_close(&t->link);
	if (!t->failed)
		remember(t);
}

static double
wall_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* A pipe: lines */

static void
print_line(void *arg, enum frame_kind kind, const char *text)
{
	(void)arg;
	(void)kind;
	(void)printf("%s\n", text);
}

/* Programs: an object a line */

static json_t *
pool_json(const struct frame_pool *p)
{
	json_t *json = json_pool(p->now, true);

	if (json != NULL)
		(void)json_object_set_new(json, "requests_per_second",
		    p->now->pool.native ? json_null() : json_real(p->rate));
	return json;
}

/* 0, or -1. */
static int
print_json(const struct frame *f)
{
	json_t *pools = json_array(), *line;
	size_t i;
	int rc;

	for (i = 0; i < f->npools; i++)
		(void)json_array_append_new(pools, pool_json(&f->pool[i]));
	line = json_pack("{s:f, s:o}", "time", wall_s(), "pools", pools);
	rc = line == NULL ? -1 : json_dumpf(line, stdout, JSON_FLAGS);
	json_decref(line);
	return rc == -1 || putchar('\n') == EOF ? -1 : 0;
}

static int
print_table(const struct frame *f)
{
	(void)frame_draw(f, print_line, NULL);
	return putchar('\n') == EOF ? -1 : 0;
}

static int
run_plain(struct top *t)
{
	int (*print)(const struct frame *f) =
	    t->args->of.opts.json ? print_json : print_table;
	int64_t left = t->args->count;

	t->frame.workers = true;
	/* The first look was taken already. */
	while (!t->failed) {
		if (print(&t->frame) == -1 || fflush(stdout) == EOF)
			return EX_IOERR;
		if (left != 0 && --left == 0)
			return 0;
		(void)poll(NULL, 0, (int)t->args->interval_ms);
		look(t);
	}
	return orders_fail(
	    &t->args->of.opts, t->name, t->link.code, t->link.text);
}

/* A terminal */

static void
draw_line(void *arg, enum frame_kind kind, const char *text)
{
	struct top *t = arg;

	if (t->row >= LINES - 1) {
		t->hidden++;
		return;
	}
	if (kind == FRAME_TITLE)
		attron(A_BOLD);
	if (kind == FRAME_HEAD)
		attron(A_REVERSE);
	(void)mvaddstr(t->row++, 0, text);
	if (kind == FRAME_HEAD)
		(void)hline(' ' | A_REVERSE, COLS);
	attrset(A_NORMAL);
}

static void
draw(struct top *t)
{
	char help[160], more[64] = "";

	(void)erase();
	t->row = 0;
	t->hidden = 0;
	t->frame.width = (unsigned)COLS;
	if (t->failed)
		(void)mvaddnstr(0, 0, t->link.text, COLS);
	else
		t->rows = frame_draw(&t->frame, draw_line, t);
	if (t->hidden > 0 || t->frame.skip > 0)
		(void)snprintf(more, sizeof(more), "-%zu +%zu (arrow keys)  ",
		    t->frame.skip, t->hidden);
	(void)snprintf(help, sizeof(help),
	    "%s%sq quit  p pause  s sort (%s)  r reverse  w %s",
	    t->paused ? "PAUSED  " : "", more, frame_sort_name(t->frame.sort),
	    t->frame.workers ? "requests" : "all workers");
	attron(A_DIM);
	(void)mvaddnstr(LINES - 1, 0, help, COLS - 1);
	attrset(A_NORMAL);
	/* Only what differs from the last frame goes to the terminal. */
	(void)refresh();
}

/* Another part of the requests. */
static void
scroll_by(struct top *t, int key)
{
	size_t page = LINES > 8 ? (size_t)LINES / 2 : 1, by = 1;
	size_t last = t->rows > 0 ? t->rows - 1 : 0;

	switch (key) {
	case KEY_NPAGE:
		by = page;
		/* fall through */
	case KEY_DOWN:
		t->frame.skip += by;
		break;
	case KEY_PPAGE:
		by = page;
		/* fall through */
	case KEY_UP:
		t->frame.skip -= t->frame.skip < by ? t->frame.skip : by;
		break;
	case KEY_HOME:
		t->frame.skip = 0;
		break;
	default:
		break;
	}
	if (t->frame.skip > last)
		t->frame.skip = last;
}

/* False: quit. */
static bool
obey(struct top *t, int key)
{
	switch (key) {
	case 'q':
	case 'Q':
		return false;
	case 'p':
	case ' ':
		t->paused = !t->paused;
		break;
	case 's':
		t->frame.sort = (t->frame.sort + 1) % FRAME_SORTS;
		break;
	case 'r':
		t->frame.reversed = !t->frame.reversed;
		break;
	case 'w':
		t->frame.workers = !t->frame.workers;
		break;
	default: /* KEY_RESIZE: drawn anew in any case */
		scroll_by(t, key);
		break;
	}
	return true;
}

/* The last frame stays to be read, as the screen goes. */
static int
leave_last(struct top *t)
{
	if (t->failed)
		return orders_fail(
		    &t->args->of.opts, t->name, t->link.code, t->link.text);
	t->frame.skip = 0;
	return print_table(&t->frame) == -1 ? EX_IOERR : 0;
}

static int
run_screen(struct top *t)
{
	int64_t due = 0, left = t->args->count;
	int key;

	(void)initscr();
	(void)cbreak();
	(void)noecho();
	(void)keypad(stdscr, TRUE);
	(void)curs_set(0);
	do {
		int64_t now = clock_ms();

		if (now >= due) {
			if (!t->paused)
				look(t);
			due = now + t->args->interval_ms;
			if (left != 0 && --left == 0)
				break;
		}
		draw(t);
		timeout((int)(due - now));
		key = getch();
	} while (obey(t, key));
	(void)endwin();
	return left == 0 && t->args->count != 0 ? leave_last(t) : 0;
}

int
top_main(const struct opts *opts, int argc, char **argv)
{
	const struct argp_child children[] = { { opts_pool_argp(), 0, NULL, 0 },
		{ NULL, 0, NULL, 0 } };
	const struct argp argp = { options, parse, NULL,
		"Pools and running requests, live.  Into a pipe: a table for "
		"each frame.  With --json: a line for each frame.",
		children, NULL, NULL };
	struct args args = { .of.opts = *opts, .interval_ms = INTERVAL_MS };
	struct top *t;
	int code;

	if (argp_parse(&argp, argc, argv, 0, NULL, &args) != 0)
		return EX_USAGE;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		return EX_OSERR;
	t->args = &args;
	t->name = argv[0];
	(void)setlocale(LC_CTYPE, "");
	look(t);
	if (t->failed)
		code = orders_fail(
		    &args.of.opts, t->name, t->link.code, t->link.text);
	else if (!args.of.opts.json && term_can_draw())
		code = run_screen(t);
	else
		code = run_plain(t);
	drop(&t->frame);
	free(t);
	return code;
}
