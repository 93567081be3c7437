#include "view/text.h"

#include <stdlib.h>
#include <string.h>

#include "base/escape.h"
#include "view/words.h"

#define URI_SHOWN 256

static unsigned long long
of(const struct snapshot *s, enum board_counter which)
{
	return (unsigned long long)s->counters[which];
}

/* "git 'x'" inert, at most URI_SHOWN bytes of it. */
static const char *
safe(char *buf, const char *text)
{
	if (*text == '\0')
		return "-";
	(void)escape_line(buf, URI_SHOWN, text, strlen(text));
	return buf;
}

static void
head(const struct snapshot *s, FILE *out)
{
	const struct board_pool *p = &s->pool;
	char age[WORDS_MAX], name[URI_SHOWN];

	fprintf(out, "pool %s: %s, started %s ago, %spm %s, generation %u\n",
	    safe(name, p->name), words_life(p->life),
	    words_time(age, s->now_us - p->start_ms * 1000),
	    p->native ? "mode fastcgi, " : "", words_pm(p->pm), p->generation);
}

static void
workers(const struct snapshot *s, FILE *out)
{
	fprintf(out,
	    "  workers      %zu idle, %zu busy, %zu starting, %zu retiring; at "
	    "most %u\n"
	    "               most busy at a time %u, limit reached %llu times\n",
	    s->workers[BOARD_IDLE], s->workers[BOARD_BUSY],
	    s->workers[BOARD_STARTING], s->workers[BOARD_RETIRING],
	    s->pool.max_children, s->max_active,
	    (unsigned long long)s->reached);
	if (s->pool.rationed)
		fprintf(out,
		    "               process.max keeps it from starting more\n");
	fprintf(out,
	    "               ended: %llu retired, %llu failed, %llu by a "
	    "signal\n",
	    (unsigned long long)s->restarts[BOARD_CAUSE_RETIRED],
	    (unsigned long long)s->restarts[BOARD_CAUSE_EXIT],
	    (unsigned long long)s->restarts[BOARD_CAUSE_SIGNAL]);
}

static void
requests(const struct snapshot *s, FILE *out)
{
	int which;

	if (s->pool.native) {
		fprintf(
		    out, "  requests     not known: the programs have them\n");
		return;
	}
	fprintf(out, "  requests     %llu accepted:", of(s, BOARD_ACCEPTED));
	for (which = BOARD_COMPLETED; which <= BOARD_LOST_WORKER; which++)
		fprintf(out, " %llu %s,", of(s, (enum board_counter)which),
		    words_counter((enum board_counter)which));
	fprintf(out, " %llu running\n", (unsigned long long)s->running);
}

static void
connections(const struct snapshot *s, FILE *out)
{
	fprintf(out, "  connections  ");
	if (!s->pool.native)
		fprintf(out, "%llu accepted, %u kept (most %u); ",
		    of(s, BOARD_CONNECTIONS), s->parked, s->parked_max);
	fprintf(out, "%u of %u wait (most %u)\n", s->queue, s->queue_len,
	    s->queue_max);
}

static void
latency(const struct snapshot *s, enum board_histogram_of which,
    const char *name, FILE *out)
{
	const struct histogram *h = &s->histogram[which];
	char p50[WORDS_MAX], p95[WORDS_MAX], p99[WORDS_MAX], mean[WORDS_MAX];

	if (histogram_count(h) == 0)
		return;
	fprintf(out, "  %-12s mean %s, 50%% %s, 95%% %s, 99%% %s\n", name,
	    words_time(mean, (int64_t)histogram_mean_us(h)),
	    words_time(p50, (int64_t)histogram_quantile_us(h, 0.5)),
	    words_time(p95, (int64_t)histogram_quantile_us(h, 0.95)),
	    words_time(p99, (int64_t)histogram_quantile_us(h, 0.99)));
}

static void
ends(const uint64_t *at, size_t n, const char *what, FILE *out)
{
	size_t i;

	for (i = 1; i < n; i++)
		if (at[i] != 0)
			fprintf(out, ", %s %zu: %llu", what, i,
			    (unsigned long long)at[i]);
}

static void
programs(const struct snapshot *s, FILE *out)
{
	uint64_t n = s->counters[BOARD_PROGRAMS];
	char user[WORDS_MAX], system[WORDS_MAX], mean[WORDS_MAX],
	    most[WORDS_MAX];

	if (n == 0)
		return;
	fprintf(out,
	    "  programs     %llu ended: cpu %s user, %s system; memory %s each, "
	    "%s at most\n",
	    (unsigned long long)n,
	    words_time(user, (int64_t)s->counters[BOARD_CPU_USER_US]),
	    words_time(system, (int64_t)s->counters[BOARD_CPU_SYSTEM_US]),
	    words_size(mean, s->counters[BOARD_MEMORY_KIB] / n * 1024),
	    words_size(most, s->memory_max_kib * 1024));
	fprintf(out, "               exit 0: %llu",
	    (unsigned long long)s->exits[0]);
	ends(s->exits, BOARD_EXITS, "exit", out);
	ends(s->signals, BOARD_SIGNALS, "signal", out);
	fputc('\n', out);
}

/* Only where something is amiss. */
static void
lost_lines(const struct snapshot *s, FILE *out)
{
	uint64_t sum = s->log_lost;
	int i;

	for (i = BOARD_LOG_LOST_ERROR; i <= BOARD_LOG_LOST_FAILURE; i++)
		sum += s->counters[i];
	if (sum == 0)
		return;
	fprintf(out, "  lost lines   ");
	for (i = BOARD_LOG_LOST_ERROR; i <= BOARD_LOG_LOST_FAILURE; i++)
		fprintf(out, "%llu %s log, ", of(s, (enum board_counter)i),
		    words_log((enum board_counter)i));
	fprintf(out, "%llu of the master's error log\n",
	    (unsigned long long)s->log_lost);
}

static void
places(const struct snapshot *s, FILE *out)
{
	char name[URI_SHOWN];
	uint32_t i;

	for (i = 0; i < s->pool.nlisten; i++)
		fprintf(out, "  %-12s %s%s\n", i == 0 ? "listen" : "",
		    safe(name, s->pool.listen[i]),
		    s->pool.lost >> i & 1
			? "  LOST: somebody removed or replaced the file; a "
			  "reload makes it again"
			: "");
}

static void
changes(const struct snapshot *s, FILE *out)
{
	char text[BOARD_CHANGES_MAX], line[URI_SHOWN], *rest = text, *at;

	memcpy(text, s->pool.changes, sizeof(text));
	while ((at = strsep(&rest, "\n")) != NULL)
		if (*at != '\0')
			fprintf(out, "  %-12s %s\n", "changed", safe(line, at));
}

static void
worker(const struct snapshot *s, const struct snapshot_slot *w, FILE *out)
{
	const struct board_request *r = &w->request[w->latest];
	char age[WORDS_MAX], since[WORDS_MAX], uri[URI_SHOWN];
	char method[URI_SHOWN], served[WORDS_MAX] = "-";

	if (!s->pool.native)
		(void)snprintf(served, sizeof(served), "%llu",
		    (unsigned long long)w->served);
	fprintf(out, "  %7d %-8s %9s %9s %9s  %s %s\n", (int)w->pid,
	    words_worker(&s->pool, w->state),
	    words_time(since, s->now_us - w->since_ms * 1000),
	    words_time(age, s->now_us - w->born_ms * 1000), served,
	    safe(method, r->method), safe(uri, r->uri));
}

static void
measured(const struct snapshot *s, FILE *out)
{
	latency(s, BOARD_QUEUE_WAIT, "queue wait", out);
	latency(s, BOARD_FIRST_BYTE, "first byte", out);
	latency(s, BOARD_DURATION, "duration", out);
	programs(s, out);
}

void
text_pool(const struct snapshot *s, FILE *out)
{
	size_t i;

	head(s, out);
	workers(s, out);
	requests(s, out);
	connections(s, out);
	if (!s->pool.native)
		measured(s, out);
	lost_lines(s, out);
	places(s, out);
	changes(s, out);
	if (s->nslots > 0)
		fprintf(out, "  %7s %-8s %9s %9s %9s  %s\n", "WORKER", "STATE",
		    "SINCE", "AGE", "REQUESTS", "LAST REQUEST");
	for (i = 0; i < s->nslots; i++)
		worker(s, &s->slot[i], out);
}

static void
request(const struct running *row, FILE *out)
{
	const struct board_request *r = row->request;
	char age[WORDS_MAX], pool[URI_SHOWN], remote[URI_SHOWN];
	char method[URI_SHOWN], uri[URI_SHOWN];

	fprintf(out, "%9s %7d %7d %-16s %-15s %-7s %s\n",
	    words_time(age, row->pool->now_us - r->begun_us),
	    (int)row->worker->pid, (int)r->program,
	    safe(pool, row->pool->pool.name), safe(remote, r->remote),
	    safe(method, r->method), safe(uri, r->uri));
}

void
text_not_known(const struct snapshot *s, FILE *out)
{
	char pool[URI_SHOWN];

	fprintf(out,
	    "pool %s: not known, its programs have the requests (mode = "
	    "fastcgi); %zu of %zu are busy\n",
	    safe(pool, s->pool.name), s->workers[BOARD_BUSY], s->nslots);
}

void
text_requests(const struct running *rows, size_t n, FILE *out)
{
	size_t i;

	fprintf(out, "%9s %7s %7s %-16s %-15s %-7s %s\n", "AGE", "WORKER",
	    "PROGRAM", "POOL", "CLIENT", "METHOD", "URI");
	for (i = 0; i < n; i++)
		request(&rows[i], out);
}
