#include "ctl/advice.h"

#include <math.h>
#include <string.h>

#define WORKERS_MAX 10000u
#define MINUTE_S 60.0

double
advice_erlang_c(double load, unsigned c)
{
	double b = 1;
	unsigned k;

	if (load >= (double)c)
		return 1;
	/* Erlang B by its recurrence, which does not overflow. */
	for (k = 1; k <= c; k++)
		b = load * b / ((double)k + load * b);
	return b / (1 - load / (double)c * (1 - b));
}

static unsigned
workers_for(double load)
{
	unsigned c;

	if (load >= WORKERS_MAX)
		return WORKERS_MAX;
	c = load < 1 ? 1 : (unsigned)load;
	while (c < WORKERS_MAX && advice_erlang_c(load, c) >= ADVICE_WAIT_MAX)
		c++;
	return c;
}

/* Complete minutes that the pool has lived and the board remembers. */
static size_t
minutes_of(const struct snapshot *s)
{
	int64_t lived = s->now_us / 1000 - s->pool.start_ms;
	size_t n = lived > 0 ? (size_t)(lived / 60000) : 0;

	return n < BOARD_MINUTES - 1 ? n : BOARD_MINUTES - 1;
}

struct sums {
	uint64_t arrived, ended, busiest;
	double busy_s;
};

static void
add_up(const struct snapshot *s, size_t from, size_t to, struct sums *sums)
{
	size_t i;

	memset(sums, 0, sizeof(*sums));
	for (i = from; i <= to; i++) {
		const struct snapshot_minute *m = &s->minute[i];

		sums->arrived += m->arrived;
		sums->ended += m->ended;
		sums->busy_s += (double)m->busy_ms / 1e3;
		if (m->arrived > sums->busiest)
			sums->busiest = m->arrived;
	}
}

/* Arrivals and service times: of the complete minutes, or before there are
 * two, of all the time there was. */
static void
measure(const struct snapshot *s, struct advice *out)
{
	size_t n = minutes_of(s);
	struct sums sums;

	out->busiest = n >= 2;
	if (out->busiest) {
		add_up(s, 1, n, &sums);
		out->window_s = (double)n * MINUTE_S;
		out->arrivals_s = (double)sums.busiest / MINUTE_S;
	} else {
		add_up(s, 0, BOARD_MINUTES - 1, &sums);
		out->window_s =
		    (double)(s->now_us / 1000 - s->pool.start_ms) / 1e3;
		out->arrivals_s = (double)sums.arrived / out->window_s;
	}
	out->mean_arrivals_s = (double)sums.arrived / out->window_s;
	out->requests = sums.ended;
	out->enough = sums.ended >= ADVICE_REQUESTS_MIN &&
	    out->window_s >= ADVICE_SECONDS_MIN;
	/* Milliseconds are too coarse for fast programs; the histogram's
	 * sum is in microseconds. */
	out->service_s = histogram_mean_us(&s->histogram[BOARD_DURATION]) / 1e6;
	if (sums.ended > 0 && sums.busy_s / (double)sums.ended > 0.02)
		out->service_s = sums.busy_s / (double)sums.ended;
}

static unsigned
at_least_one(double n)
{
	if (n >= WORKERS_MAX)
		return WORKERS_MAX;
	return n < 1 ? 1 : (unsigned)ceil(n);
}

/* pm = dynamic: what runs on average, and room for its usual swing. */
static void
spread(struct advice *out)
{
	unsigned swing = at_least_one(sqrt(out->mean_load));

	out->min_spare = swing < out->advised ? swing : out->advised;
	out->max_spare = 2 * swing < out->advised ? 2 * swing : out->advised;
	out->start = at_least_one(out->mean_load) + out->min_spare;
	if (out->start > out->advised)
		out->start = out->advised;
	if (out->start > out->max_spare)
		out->start = out->max_spare;
	if (out->start < out->min_spare)
		out->start = out->min_spare;
}

static void
weigh(const struct snapshot *s, uint64_t available, struct advice *out)
{
	uint64_t n = s->counters[BOARD_PROGRAMS];

	out->memory = n == 0
	    ? 0
	    : (double)s->counters[BOARD_MEMORY_KIB] * 1024 / (double)n;
	out->memory_max = (double)s->memory_max_kib * 1024;
	if (available > 0 && out->memory > 0) {
		double fit = (double)available / out->memory;

		out->fit = fit < WORKERS_MAX ? (unsigned)fit : WORKERS_MAX;
		out->memory_hit = out->fit < out->workers;
	}
}

void
advice_give(const struct snapshot *s, uint64_t available, struct advice *out)
{
	memset(out, 0, sizeof(*out));
	measure(s, out);
	if (!out->enough)
		return;
	out->load = out->arrivals_s * out->service_s;
	out->mean_load = out->mean_arrivals_s * out->service_s;
	out->waits_now = advice_erlang_c(out->load, s->pool.max_children);
	out->workers = workers_for(out->load);
	out->waits = advice_erlang_c(out->load, out->workers);
	out->limit_hit = s->reached > 0 || s->queue_max > 0 ||
	    (s->pool.max_children > 1 && s->max_active >= s->pool.max_children);
	out->peak = s->max_active + s->queue_max;
	weigh(s, available, out);
	out->advised = out->workers;
	if (out->memory_hit)
		out->advised = out->fit > 0 ? out->fit : 1;
	spread(out);
}
