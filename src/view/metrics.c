#include "view/metrics.h"

#include <stdbool.h>
#include <string.h>

#include "view/words.h"

struct sheet {
	FILE *out;
	const struct snapshot *s;
	enum metrics_dialect dialect;
	const char *family; /* without cgifpm_ */
	const char *suffix; /* of its samples */
};

static void
put_label(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s=\"", name);
	for (; *value != '\0'; value++) {
		if (*value == '\n')
			fputs("\\n", out);
		else if (*value == '"' || *value == '\\')
			fprintf(out, "\\%c", *value);
		else
			fputc(*value, out);
	}
	fputc('"', out);
}

static bool
ends_with(const char *name, const char *unit)
{
	size_t n = strlen(name), m = strlen(unit);

	return n > m && strcmp(name + n - m, unit) == 0;
}

static void
put_unit(const struct sheet *t)
{
	static const char *const units[] = { "seconds", "bytes" };
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (ends_with(t->family, units[i]))
			fprintf(t->out, "# UNIT cgifpm_%s %s\n", t->family,
			    units[i]);
}

/* What comes next is of this family. */
static void
begin(struct sheet *t, const char *family, const char *type, const char *help)
{
	bool counter = strcmp(type, "counter") == 0;
	const char *total =
	    counter && t->dialect == METRICS_TEXT ? "_total" : "";

	t->family = family;
	t->suffix = counter ? "_total" : "";
	fprintf(t->out, "# TYPE cgifpm_%s%s %s\n", family, total, type);
	if (t->dialect == METRICS_OPEN)
		put_unit(t);
	fprintf(t->out, "# HELP cgifpm_%s%s %s\n", family, total, help);
}

static void
put_name(const struct sheet *t, const char *label, const char *value)
{
	fprintf(t->out, "cgifpm_%s%s{", t->family, t->suffix);
	put_label(t->out, "pool", t->s->pool.name);
	if (label != NULL) {
		fputc(',', t->out);
		put_label(t->out, label, value);
	}
	fputs("} ", t->out);
}

static void
put(const struct sheet *t, const char *label, const char *value, uint64_t n)
{
	put_name(t, label, value);
	fprintf(t->out, "%llu\n", (unsigned long long)n);
}

static void
put_real(const struct sheet *t, const char *label, const char *value, double n)
{
	put_name(t, label, value);
	fprintf(t->out, "%.6f\n", n);
}

static void
gauge(struct sheet *t, const char *family, const char *help, uint64_t n)
{
	begin(t, family, "gauge", help);
	put(t, NULL, NULL, n);
}

static void
counter(struct sheet *t, const char *family, const char *help, uint64_t n)
{
	begin(t, family, "counter", help);
	put(t, NULL, NULL, n);
}

static void
workers(struct sheet *t)
{
	static const enum board_state states[] = { BOARD_STARTING, BOARD_IDLE,
		BOARD_BUSY, BOARD_RETIRING };
	const struct snapshot *s = t->s;
	size_t i;

	begin(t, "workers", "gauge", "Workers by what they do.");
	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		put(t, "state", words_state(states[i]), s->workers[states[i]]);
	gauge(t, "workers_wanted", "Workers that there are to be now.",
	    s->pool.goal);
	gauge(t, "workers_limit", "The most there may be (pm.max_children).",
	    s->pool.max_children);
	gauge(t, "workers_busy_peak", "The most that were busy at a time.",
	    s->max_active);
	counter(t, "workers_limit_reached",
	    "Times that another worker was needed and not allowed.",
	    s->reached);
	gauge(t, "workers_rationed",
	    "1 while process.max keeps the pool from workers that it needs.",
	    s->pool.rationed != 0);
	begin(t, "worker_ends", "counter", "Workers that ended, by cause.");
	put(t, "cause", "retired", s->restarts[BOARD_CAUSE_RETIRED]);
	put(t, "cause", "exit", s->restarts[BOARD_CAUSE_EXIT]);
	put(t, "cause", "signal", s->restarts[BOARD_CAUSE_SIGNAL]);
}

static void
requests(struct sheet *t)
{
	const struct snapshot *s = t->s;
	int which;

	counter(t, "requests_accepted", "Requests that were begun.",
	    s->counters[BOARD_ACCEPTED]);
	begin(t, "requests", "counter", "Requests that are over, by outcome.");
	for (which = BOARD_COMPLETED; which <= BOARD_LOST_WORKER; which++)
		put(t, "outcome", words_counter((enum board_counter)which),
		    s->counters[which]);
	gauge(t, "requests_running", "Requests under way.", s->running);
	counter(t, "requests_slow",
	    "Requests that ran longer than request_slowlog_timeout.",
	    s->counters[BOARD_SLOW]);
	counter(t, "request_body_bytes", "Bytes of request bodies.",
	    s->counters[BOARD_BYTES_IN]);
	counter(t, "request_body_dropped_bytes",
	    "Of these, bytes that no program wanted.",
	    s->counters[BOARD_STDIN_DROPPED]);
	counter(t, "request_parameters_dropped",
	    "Parameters whose names no program may see.",
	    s->counters[BOARD_PARAMS_DROPPED]);
	counter(t, "response_bytes", "Bytes of answers.",
	    s->counters[BOARD_BYTES_OUT]);
}

static void
connections(struct sheet *t)
{
	const struct snapshot *s = t->s;

	gauge(t, "listen_queue", "Connections that wait to be accepted.",
	    s->queue);
	gauge(t, "listen_queue_peak", "The most that were seen waiting.",
	    s->queue_max);
	gauge(t, "listen_queue_limit", "How many can wait.", s->queue_len);
	gauge(t, "listeners_lost",
	    "Socket files that somebody has removed or replaced.",
	    words_lost(&s->pool));
	if (s->pool.native)
		return;
	counter(t, "connections", "Connections that were accepted.",
	    s->counters[BOARD_CONNECTIONS]);
	counter(t, "protocol_errors",
	    "Connections that were closed for what came on them.",
	    s->counters[BOARD_PROTOCOL_ERRORS]);
	gauge(t, "connections_kept", "Idle connections that are kept open.",
	    s->parked);
	gauge(t, "connections_kept_peak", "The most of them at a time.",
	    s->parked_max);
}

/* Those that ever happened, by their number. */
static void
by_number(
    const struct sheet *t, const char *label, const uint64_t *at, size_t n)
{
	char text[16];
	size_t i;

	for (i = 0; i < n; i++) {
		(void)snprintf(text, sizeof(text), "%zu", i);
		if (at[i] != 0 || i == 0)
			put(t, label, text, at[i]);
	}
}

static void
programs(struct sheet *t)
{
	const struct snapshot *s = t->s;

	begin(t, "program_exits", "counter",
	    "Programs that ended by themselves, by exit status.");
	by_number(t, "code", s->exits, BOARD_EXITS);
	begin(t, "program_signals", "counter",
	    "Programs that a signal ended, by its number.");
	by_number(t, "signal", s->signals, BOARD_SIGNALS);
	begin(t, "program_cpu_seconds", "counter",
	    "Processor time of programs that ended.");
	put_real(
	    t, "mode", "user", (double)s->counters[BOARD_CPU_USER_US] / 1e6);
	put_real(t, "mode", "system",
	    (double)s->counters[BOARD_CPU_SYSTEM_US] / 1e6);
	begin(t, "program_memory_bytes", "summary",
	    "The most memory that each program had.");
	t->suffix = "_count";
	put(t, NULL, NULL, s->counters[BOARD_PROGRAMS]);
	t->suffix = "_sum";
	put(t, NULL, NULL, s->counters[BOARD_MEMORY_KIB] * 1024);
	gauge(t, "program_memory_peak_bytes",
	    "The most memory that any program had.", s->memory_max_kib * 1024);
}

static void
logs(struct sheet *t)
{
	const struct snapshot *s = t->s;
	int i;

	begin(t, "log_lines_lost", "counter",
	    "Lines that a full disk or a slow reader did not take, by log.");
	for (i = BOARD_LOG_LOST_ERROR; i <= BOARD_LOG_LOST_FAILURE; i++)
		put(t, "log", words_log((enum board_counter)i), s->counters[i]);
	put(t, "log", "master", s->log_lost);
}

/* A bound as OpenMetrics wants it: never without a point. */
static void
bound(char *text, size_t cap, size_t i)
{
	double seconds = (double)histogram_bound_us(i) / 1e6;

	if (i == HISTOGRAM_BUCKETS - 1)
		(void)snprintf(text, cap, "+Inf");
	else if (seconds >= 1)
		(void)snprintf(text, cap, "%.1f", seconds);
	else
		(void)snprintf(text, cap, "%g", seconds);
}

static void
histogram(struct sheet *t, const char *family, const char *help,
    const struct histogram *h)
{
	uint64_t below = 0;
	char text[32];
	size_t i;

	begin(t, family, "histogram", help);
	t->suffix = "_bucket";
	for (i = 0; i < HISTOGRAM_BUCKETS; i++) {
		below += h->bucket[i];
		bound(text, sizeof(text), i);
		put(t, "le", text, below);
	}
	t->suffix = "_count";
	put(t, NULL, NULL, below);
	t->suffix = "_sum";
	put_real(t, NULL, NULL, (double)h->sum_us / 1e6);
}

static void
pool(struct sheet *t)
{
	const struct board_pool *p = &t->s->pool;

	gauge(t, "up", "1: this pool answers.", 1);
	gauge(t, "start_time_seconds", "When the pool was started.",
	    p->start_s > 0 ? (uint64_t)p->start_s : 0);
	gauge(t, "generation", "How often its settings were read.",
	    p->generation);
	begin(t, "state", "gauge", "1: the pool is in this state.");
	put(t, "state", words_life(p->life), 1);
}

static void
what_requests_did(struct sheet *t)
{
	const struct snapshot *s = t->s;

	requests(t);
	programs(t);
	histogram(t, "request_queue_wait_seconds",
	    "From when the web server began a request to its worker, where it "
	    "says (X-Request-Start).",
	    &s->histogram[BOARD_QUEUE_WAIT]);
	histogram(t, "request_first_byte_seconds",
	    "From a request's begin to the first byte of its answer.",
	    &s->histogram[BOARD_FIRST_BYTE]);
	histogram(t, "request_duration_seconds",
	    "From a request's begin to its end.",
	    &s->histogram[BOARD_DURATION]);
}

void
metrics_put(FILE *out, const struct snapshot *s, enum metrics_dialect dialect)
{
	struct sheet t = { .out = out, .s = s, .dialect = dialect };

	pool(&t);
	workers(&t);
	connections(&t);
	logs(&t);
	/* A family that is not there is not taken for 0. */
	if (!s->pool.native)
		what_requests_did(&t);
	if (dialect == METRICS_OPEN)
		fputs("# EOF\n", out);
}
