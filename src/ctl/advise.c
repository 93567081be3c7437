#include "ctl/advise.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "ctl/advice.h"
#include "ctl/orders.h"
#include "ctl/status.h"
#include "view/json.h"
#include "view/words.h"

/* What the verb collects from each pool. */
struct out {
	uint64_t available;
	json_t *all; /* NULL: as text */
	size_t pools, without, refused;
	const char *program; /* and verb */
};

static uint64_t
available_memory(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	uint64_t kib = 0;
	char line[128];

	if (f == NULL)
		return 0;
	while (fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "MemAvailable: %" SCNu64, &kib) == 1)
			break;
	(void)fclose(f);
	return kib * 1024;
}

static void
arithmetic(const struct snapshot *s, const struct advice *a)
{
	char service[WORDS_MAX], window[WORDS_MAX];

	(void)printf("pool %s, from %" PRIu64 " requests in %s\n", s->pool.name,
	    a->requests, words_time(window, (int64_t)(a->window_s * 1e6)));
	(void)printf("  arrivals          %8.2f a second%s, %.2f on average\n",
	    a->arrivals_s, a->busiest ? " in the busiest minute" : "",
	    a->mean_arrivals_s);
	(void)printf("  service time      %8s on average\n",
	    words_time(service, (int64_t)(a->service_s * 1e6)));
	(void)printf("  offered load      %8.2f workers = %.2f/s x %.4f s\n",
	    a->load, a->arrivals_s, a->service_s);
	(void)printf("  today             %8u workers at most: %.2f %% of the "
		     "requests wait\n",
	    s->pool.max_children, a->waits_now * 100);
	(void)printf("  needed            %8u workers: %.2f %% wait (Erlang C; "
		     "fewer than %.0f %%)\n",
	    a->workers, a->waits * 100, ADVICE_WAIT_MAX * 100);
	if (a->peak > a->workers)
		(void)printf(
		    "  bursts            %8u at a time were seen, busy "
		    "or waiting: in such a burst more wait\n",
		    a->peak);
}

static void
memory(const struct advice *a, uint64_t available)
{
	char each[WORDS_MAX], all[WORDS_MAX], most[WORDS_MAX], free[WORDS_MAX];

	if (a->memory <= 0)
		return;
	(void)printf("  memory            %8s for %u programs of %s (at most "
		     "%s each)\n",
	    words_size(all, (uint64_t)(a->memory * a->workers)), a->workers,
	    words_size(each, (uint64_t)a->memory),
	    words_size(most, (uint64_t)a->memory_max));
	if (a->fit > 0)
		(void)printf("  available         %8s: room for %u\n",
		    words_size(free, available), a->fit);
}

static void
verdict(const struct snapshot *s, const struct advice *a)
{
	const char *binds = "nothing; the pool is large enough";

	if (a->memory_hit)
		binds = "memory: what is needed does not fit";
	else if (s->pool.rationed)
		binds = "process.max: all pools together have as many workers "
			"as it allows";
	else if (a->limit_hit && a->workers > s->pool.max_children)
		binds = "pm.max_children: it has been reached, and is too low";
	else if (a->workers > s->pool.max_children)
		binds = "pm.max_children: too low for such arrivals";
	(void)printf("  what binds today  %s\n", binds);
	(void)printf("\n  cgi-fpmctl set %s pm.max_children=%u", s->pool.name,
	    a->advised);
	if (s->pool.pm == BOARD_DYNAMIC)
		(void)printf(" pm.start_servers=%u pm.min_spare_servers=%u "
			     "pm.max_spare_servers=%u",
		    a->start, a->min_spare, a->max_spare);
	(void)putchar('\n');
}

static json_t *
as_json(const struct snapshot *s, const struct advice *a)
{
	if (!a->enough)
		return json_pack("{s:o, s:b, s:f, s:I}", "pool",
		    json_text(s->pool.name), "enough_data", 0, "window",
		    a->window_s, "requests", (json_int_t)a->requests);
	return json_pack(
	    "{s:o, s:b, s:f, s:I, s:f, s:f, s:f, s:f, s:i, s:f,"
	    " s:i, s:f, s:i, s:i, s:i, s:i, s:i, s:f, s:f, s:i, s:b,"
	    " s:b}",
	    "pool", json_text(s->pool.name), "enough_data", 1, "window",
	    a->window_s, "requests", (json_int_t)a->requests, "arrivals",
	    a->arrivals_s, "mean_arrivals", a->mean_arrivals_s, "service_time",
	    a->service_s, "offered_load", a->load, "max_children_today",
	    (int)s->pool.max_children, "waiting_today", a->waits_now,
	    "max_children", (int)a->workers, "waiting", a->waits,
	    "max_children_advised", (int)a->advised, "peak", (int)a->peak,
	    "start_servers", (int)a->start, "min_spare_servers",
	    (int)a->min_spare, "max_spare_servers", (int)a->max_spare,
	    "memory_each", a->memory, "memory", a->memory * a->workers,
	    "memory_allows", (int)a->fit, "max_children_binds",
	    a->limit_hit && a->workers > s->pool.max_children, "memory_binds",
	    a->memory_hit);
}

/* Nothing of a native pool was measured, and nothing will be. */
static void
refuse(struct out *out, const struct snapshot *s)
{
	out->refused++;
	if (out->all != NULL)
		(void)json_array_append_new(out->all,
		    json_pack("{s:o, s:b, s:s}", "pool",
			json_text(s->pool.name), "enough_data", 0, "refused",
			"mode = fastcgi"));
	(void)fprintf(stderr,
	    "%s: pool %.60s: with mode = fastcgi only its programs know "
	    "their requests; busy workers and waiting connections in "
	    "cgi-fpmctl status tell whether pm.max_children is too low\n",
	    out->program, s->pool.name);
}

static void
ask_later(const char *program, const struct snapshot *s, const struct advice *a)
{
	char window[WORDS_MAX];

	(void)fprintf(stderr,
	    "%s: pool %.60s: not enough data: %" PRIu64
	    " requests in %s, of %d in %d s that are needed%s\n",
	    program, s->pool.name, a->requests,
	    words_time(window, (int64_t)(a->window_s * 1e6)),
	    ADVICE_REQUESTS_MIN, ADVICE_SECONDS_MIN,
	    a->busiest ? "; the minute under way counts when it is over" : "");
}

static void
take(void *arg, const struct snapshot *s)
{
	struct out *out = arg;
	struct advice a;

	out->pools++;
	if (s->pool.native) {
		refuse(out, s);
		return;
	}
	advice_give(s, out->available, &a);
	if (out->all != NULL)
		(void)json_array_append_new(out->all, as_json(s, &a));
	if (!a.enough) {
		out->without++;
		ask_later(out->program, s, &a);
	} else if (out->all == NULL) {
		arithmetic(s, &a);
		memory(&a, out->available);
		verdict(s, &a);
	}
}

int
advise_main(const struct opts *opts, int argc, char **argv)
{
	struct out out = { .available = available_memory(),
		.program = argv[0] };
	struct opts_pool args = { .opts = *opts };
	struct link l;
	int code = 0;

	if (!opts_read_pool(&args, argc, argv,
		"How many workers POOL needs, from what it has measured, with "
		"the arithmetic."))
		return EX_USAGE;
	if (args.opts.json)
		out.all = json_array();
	if (!status_each(&l, &args.opts, args.pool, take, &out))
		code = orders_fail(&args.opts, argv[0], l.code, l.text);
	else if (args.opts.json)
		code = status_print("advice", json_incref(out.all));
	link_close(&l);
	json_decref(out.all);
	if (code != 0 || out.without + out.refused == 0)
		return code;
	if (out.without > 0)
		return EX_TEMPFAIL;
	return out.refused == out.pools ? EX_UNAVAILABLE : 0;
}
