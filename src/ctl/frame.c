#include "ctl/frame.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wchar.h>

#include "base/escape.h"
#include "view/words.h"

#define LINE_MAX_LEN 1024
#define TEXT_MAX 300
#define NARROW 72 /* columns; with fewer some are left out */

struct row {
	const struct snapshot *pool;
	const struct snapshot_slot *worker;
	const struct board_request *request;
};

struct pen {
	const struct frame *frame;
	void (*line)(void *arg, enum frame_kind kind, const char *text);
	void *arg;
};

/* How many columns the character at AT takes, and how many bytes it is. */
static unsigned
columns(const char *at, size_t *len)
{
	mbstate_t state = { 0 };
	wchar_t c;
	int n;

	*len = mbrtowc(&c, at, strlen(at), &state);
	if (*len == 0 || *len > strlen(at)) { /* in another character set */
		*len = 1;
		return 1;
	}
	n = wcwidth(c);
	return n < 0 ? 1 : (unsigned)n;
}

/* Cut TEXT after WIDTH columns, no character in two; what adds to the last
 * one stays with it. */
static void
cut(char *text, unsigned width)
{
	unsigned used = 0;
	size_t len;

	for (; *text != '\0'; text += len) {
		used += columns(text, &len);
		if (used > width)
			break;
	}
	*text = '\0';
}

__attribute__((format(printf, 3, 4))) static void
put(const struct pen *pen, enum frame_kind kind, const char *fmt, ...)
{
	char text[LINE_MAX_LEN];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (pen->frame->width > 0)
		cut(text, pen->frame->width);
	pen->line(pen->arg, kind, text);
}

static bool
is_narrow(const struct pen *pen)
{
	return pen->frame->width > 0 && pen->frame->width < NARROW;
}

static const char *
safe(char *buf, const char *text)
{
	if (*text == '\0')
		return "-";
	(void)escape_line(buf, TEXT_MAX, text, strlen(text));
	return buf;
}

double
frame_rate(const struct snapshot *p, uint64_t before, double seconds)
{
	uint64_t now = p->counters[BOARD_ACCEPTED];

	if (now < before || seconds <= 0)
		return 0;
	return (double)(now - before) / seconds;
}

const char *
frame_sort_name(enum frame_sort sort)
{
	switch (sort) {
	case FRAME_BY_AGE:
		return "age";
	case FRAME_BY_POOL:
		return "pool";
	case FRAME_BY_URI:
		return "uri";
	case FRAME_SORTS:
		break;
	}
	return "";
}

/* Pools */

static void
title(const struct pen *pen)
{
	const struct frame *f = pen->frame;
	size_t i, busy = 0, all = 0, counted = 0;
	char clock[16] = "", requests[32] = "";
	double rate = 0;
	struct tm tm;

	for (i = 0; i < f->npools; i++) {
		busy += f->pool[i].now->workers[BOARD_BUSY];
		all += f->pool[i].now->nslots;
		if (f->pool[i].now->pool.native)
			continue;
		counted++;
		rate += f->pool[i].rate;
	}
	if (counted > 0 || f->npools == 0)
		(void)snprintf(
		    requests, sizeof(requests), "  %.1f requests/s", rate);
	if (f->npools > 0) {
		time_t now = f->pool[0].now->now_s;

		(void)strftime(
		    clock, sizeof(clock), "%H:%M:%S", localtime_r(&now, &tm));
	}
	if (is_narrow(pen))
		put(pen, FRAME_TITLE, "cgi-fpm  %zu of %zu busy%s", busy, all,
		    requests);
	else
		put(pen, FRAME_TITLE, "cgi-fpm %s  %zu of %zu workers busy%s",
		    clock, busy, all, requests);
}

/* What only workers of ours count. */
struct measures {
	char kept[WORDS_MAX], rate[WORDS_MAX], p95[WORDS_MAX],
	    failed[WORDS_MAX];
};

static void
measure(const struct frame_pool *p, struct measures *m)
{
	const struct snapshot *s = p->now;
	const struct histogram *h = &s->histogram[BOARD_DURATION];

	*m = (struct measures){ "-", "-", "-", "-" };
	if (s->pool.native)
		return;
	(void)snprintf(m->kept, sizeof(m->kept), "%u", s->parked);
	(void)snprintf(m->rate, sizeof(m->rate), "%.1f", p->rate);
	(void)words_time(m->p95, (int64_t)histogram_quantile_us(h, 0.95));
	(void)snprintf(m->failed, sizeof(m->failed), "%llu",
	    (unsigned long long)(s->counters[BOARD_TIMED_OUT] +
		s->counters[BOARD_LOST_WORKER] + s->counters[BOARD_REJECTED]));
}

static void
pool(const struct pen *pen, const struct frame_pool *p)
{
	const struct snapshot *s = p->now;
	char name[TEXT_MAX];
	struct measures m;

	measure(p, &m);
	put(pen, FRAME_ROW, "%-16s %-8s %4zu/%-4zu %5u %5u %5s %8s %8s %8s",
	    safe(name, s->pool.name), words_life(s->pool.life),
	    s->workers[BOARD_BUSY], s->nslots, s->pool.max_children, s->queue,
	    m.kept, m.rate, m.p95, m.failed);
}

/* With its state in place of how many are busy, where that matters more. */
static void
narrow_pool(const struct pen *pen, const struct frame_pool *p)
{
	const struct snapshot *s = p->now;
	char name[TEXT_MAX], busy[32];
	struct measures m;

	measure(p, &m);
	(void)snprintf(
	    busy, sizeof(busy), "%zu/%zu", s->workers[BOARD_BUSY], s->nslots);
	put(pen, FRAME_ROW, "%-12.12s %9s %4u %4u %7s",
	    safe(name, s->pool.name),
	    s->pool.life == BOARD_LIFE_UP ? busy : words_life(s->pool.life),
	    s->pool.max_children, s->queue, m.rate);
}

static void
narrow_pools(const struct pen *pen)
{
	size_t i;

	put(pen, FRAME_HEAD, "%-12s %9s %4s %4s %7s", "POOL", "BUSY/ALL", "MAX",
	    "WAIT", "REQ/S");
	for (i = 0; i < pen->frame->npools; i++)
		narrow_pool(pen, &pen->frame->pool[i]);
}

static void
pools(const struct pen *pen)
{
	size_t i;

	if (is_narrow(pen)) {
		narrow_pools(pen);
		return;
	}
	put(pen, FRAME_HEAD, "%-16s %-8s %9s %5s %5s %5s %8s %8s %8s", "POOL",
	    "STATE", "BUSY/ALL", "MAX", "WAIT", "KEPT", "REQ/S", "95%",
	    "FAILED");
	for (i = 0; i < pen->frame->npools; i++)
		pool(pen, &pen->frame->pool[i]);
}

/* Requests, or workers */

static int
order(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int
older(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	bool over = x->request->stage == BOARD_OVER;

	/* Who does nothing stands behind those who do. */
	if (over != (y->request->stage == BOARD_OVER))
		return over ? 1 : -1;
	return order(x->request->begun_us, y->request->begun_us);
}

static int
by_pool(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int diff = strcmp(x->pool->pool.name, y->pool->pool.name);

	return diff != 0 ? diff : older(a, b);
}

static int
by_uri(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int diff = strcmp(x->request->uri, y->request->uri);

	return diff != 0 ? diff : older(a, b);
}

static size_t
most_rows(const struct frame *f)
{
	size_t i, n = 1;

	for (i = 0; i < f->npools; i++)
		n += f->pool[i].now->nslots * BOARD_REQUESTS;
	return n;
}

static size_t
collect_worker(const struct frame *f, const struct snapshot *s,
    const struct snapshot_slot *w, struct row *rows)
{
	size_t n = 0;
	unsigned k;

	for (k = 0; k < BOARD_REQUESTS; k++)
		if (w->request[k].stage != BOARD_OVER)
			rows[n++] = (struct row){ s, w, &w->request[k] };
	if (n == 0 && f->workers)
		rows[n++] = (struct row){ s, w, &w->request[w->latest] };
	return n;
}

static size_t
collect(const struct frame *f, struct row *rows)
{
	static int (*const by[FRAME_SORTS])(const void *, const void *) = {
		[FRAME_BY_AGE] = older,
		[FRAME_BY_POOL] = by_pool,
		[FRAME_BY_URI] = by_uri,
	};
	size_t i, k, n = 0;

	for (i = 0; i < f->npools; i++) {
		const struct snapshot *s = f->pool[i].now;

		for (k = 0; k < s->nslots; k++)
			n += collect_worker(f, s, &s->slot[k], rows + n);
	}
	qsort(rows, n, sizeof(*rows), by[f->sort]);
	return n;
}

static void
request(const struct pen *pen, const struct row *row)
{
	const struct board_request *r = row->request;
	bool over = r->stage == BOARD_OVER;
	char age[WORDS_MAX], name[TEXT_MAX], remote[TEXT_MAX];
	char method[TEXT_MAX], uri[TEXT_MAX];
	const char *lasts =
	    over ? "-" : words_time(age, row->pool->now_us - r->begun_us);

	if (is_narrow(pen)) {
		put(pen, FRAME_ROW, "%7s %7d %s", lasts, (int)row->worker->pid,
		    safe(uri, r->uri));
		return;
	}
	put(pen, FRAME_ROW, "%9s %7d %-8s %-12.12s %-15s %-6s %s", lasts,
	    (int)row->worker->pid,
	    over ? words_worker(&row->pool->pool, row->worker->state)
		 : words_stage(r->stage),
	    safe(name, row->pool->pool.name), safe(remote, r->remote),
	    safe(method, r->method), safe(uri, r->uri));
}

static size_t
requests(const struct pen *pen)
{
	struct row *rows = calloc(most_rows(pen->frame), sizeof(*rows));
	size_t n, i;

	if (is_narrow(pen))
		put(pen, FRAME_HEAD, "%7s %7s %s", "AGE", "WORKER", "URI");
	else
		put(pen, FRAME_HEAD, "%9s %7s %-8s %-12s %-15s %-6s %s", "AGE",
		    "WORKER", "STATE", "POOL", "CLIENT", "METHOD", "URI");
	if (rows == NULL)
		return 0;
	n = collect(pen->frame, rows);
	i = pen->frame->skip;
	for (i = i < n || n == 0 ? i : n - 1; i < n; i++)
		request(pen, &rows[pen->frame->reversed ? n - 1 - i : i]);
	free(rows);
	return n;
}

size_t
frame_draw(const struct frame *f,
    void (*line)(void *arg, enum frame_kind kind, const char *text), void *arg)
{
	const struct pen pen = { f, line, arg };

	title(&pen);
	put(&pen, FRAME_ROW, "%s", "");
	pools(&pen);
	put(&pen, FRAME_ROW, "%s", "");
	return requests(&pen);
}
