#include "view/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "view/words.h"

/* How many bytes the UTF-8 character at TEXT has, 0: it is none. */
static size_t
character(const char *text)
{
	const unsigned char *c = (const unsigned char *)text;
	unsigned long code;
	size_t len, i;

	if (c[0] < 0x80)
		return 1;
	len = c[0] >= 0xf0 ? 4 : c[0] >= 0xe0 ? 3 : 2;
	if (c[0] < 0xc2 || c[0] > 0xf4)
		return 0;
	code = c[0] & (0x7fu >> len);
	for (i = 1; i < len; i++) {
		if ((c[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (c[i] & 0x3f);
	}
	if ((len == 3 && code < 0x800) || (len == 4 && code < 0x10000) ||
	    (code >= 0xd800 && code < 0xe000) || code > 0x10ffff)
		return 0;
	return len;
}

json_t *
json_text(const char *text)
{
	char *clean = malloc(3 * strlen(text) + 1), *to = clean;
	json_t *json;

	if (clean == NULL)
		return NULL;
	while (*text != '\0') {
		size_t len = character(text);

		if (len == 0) {
			memcpy(to, "\xef\xbf\xbd", 3);
			to += 3;
			text++;
			continue;
		}
		memcpy(to, text, len);
		to += len;
		text += len;
	}
	*to = '\0';
	json = json_string(clean);
	free(clean);
	return json;
}

static json_t *
number(uint64_t n)
{
	return json_integer(n <= INT64_MAX ? (json_int_t)n : INT64_MAX);
}

static json_t *
seconds(int64_t us)
{
	return json_real((double)us / 1e6);
}

static void
put(json_t *to, const char *name, json_t *value)
{
	(void)json_object_set_new(to, name, value);
}

/* Of what native programs alone can know. */
static json_t *
known(const struct snapshot *s, json_t *value)
{
	if (!s->pool.native)
		return value;
	json_decref(value);
	return json_null();
}

/* Each pool has these, so that whoever adds them up need not ask: 0 of a
 * native pool, whose board has only those of its status worker. */
static json_t *
requests(const struct snapshot *s)
{
	json_t *o = json_object();
	bool native = s->pool.native;
	int which;

	for (which = BOARD_ACCEPTED; which <= BOARD_LOST_WORKER; which++)
		put(o, words_counter((enum board_counter)which),
		    number(native ? 0 : s->counters[which]));
	put(o, "running", number(native ? 0 : s->running));
	return o;
}

static json_t *
workers(const struct snapshot *s)
{
	json_t *o = json_object();
	int state;

	for (state = BOARD_STARTING; state < BOARD_STATES; state++)
		put(o, words_state((enum board_state)state),
		    number(s->workers[state]));
	put(o, "total", number(s->nslots));
	put(o, "wanted", number(s->pool.goal));
	put(o, "max", number(s->pool.max_children));
	put(o, "max_busy", number(s->max_active));
	put(o, "max_reached", number(s->reached));
	put(o, "process_max_reached", json_boolean(s->pool.rationed));
	return o;
}

static json_t *
connections(const struct snapshot *s)
{
	json_t *o = json_object();

	put(o, "accepted", known(s, number(s->counters[BOARD_CONNECTIONS])));
	put(o, "kept", known(s, number(s->parked)));
	put(o, "max_kept", known(s, number(s->parked_max)));
	put(o, "waiting", number(s->queue));
	put(o, "max_waiting", number(s->queue_max));
	put(o, "waiting_limit", number(s->queue_len));
	put(o, "protocol_errors",
	    known(s, number(s->counters[BOARD_PROTOCOL_ERRORS])));
	return o;
}

static json_t *
traffic(const struct snapshot *s)
{
	json_t *o = json_object();

	put(o, "in", number(s->counters[BOARD_BYTES_IN]));
	put(o, "out", number(s->counters[BOARD_BYTES_OUT]));
	put(o, "in_dropped", number(s->counters[BOARD_STDIN_DROPPED]));
	put(o, "parameters_dropped", number(s->counters[BOARD_PARAMS_DROPPED]));
	return o;
}

/* Numbers that are not 0, by their index. */
static json_t *
sparse(const uint64_t *at, size_t n)
{
	json_t *o = json_object();
	char name[WORDS_MAX];
	size_t i;

	for (i = 0; i < n; i++) {
		if (at[i] == 0)
			continue;
		(void)snprintf(name, sizeof(name), "%zu", i);
		put(o, name, number(at[i]));
	}
	return o;
}

static json_t *
programs(const struct snapshot *s)
{
	uint64_t n = s->counters[BOARD_PROGRAMS];
	json_t *o = json_object();

	put(o, "ended", number(n));
	put(o, "cpu_user", seconds((int64_t)s->counters[BOARD_CPU_USER_US]));
	put(o, "cpu_system",
	    seconds((int64_t)s->counters[BOARD_CPU_SYSTEM_US]));
	put(o, "memory_mean",
	    number(n == 0 ? 0 : s->counters[BOARD_MEMORY_KIB] / n * 1024));
	put(o, "memory_max", number(s->memory_max_kib * 1024));
	put(o, "exit_codes", sparse(s->exits, BOARD_EXITS));
	put(o, "signals", sparse(s->signals, BOARD_SIGNALS));
	return o;
}

static json_t *
histogram(const struct histogram *h)
{
	json_t *o = json_object(), *buckets = json_array();
	size_t i;

	for (i = 0; i < HISTOGRAM_BUCKETS; i++) {
		json_t *b = json_object();

		put(b, "le",
		    i == HISTOGRAM_BUCKETS - 1
			? json_null()
			: seconds(histogram_bound_us(i)));
		put(b, "count", number(h->bucket[i]));
		(void)json_array_append_new(buckets, b);
	}
	put(o, "count", number(histogram_count(h)));
	put(o, "sum", json_real((double)h->sum_us / 1e6));
	put(o, "mean", json_real(histogram_mean_us(h) / 1e6));
	put(o, "p50", json_real(histogram_quantile_us(h, 0.5) / 1e6));
	put(o, "p95", json_real(histogram_quantile_us(h, 0.95) / 1e6));
	put(o, "p99", json_real(histogram_quantile_us(h, 0.99) / 1e6));
	put(o, "buckets", buckets);
	return o;
}

static json_t *
latency(const struct snapshot *s)
{
	json_t *o = json_object();
	int which;

	for (which = 0; which < BOARD_HISTOGRAMS; which++)
		put(o, words_histogram((enum board_histogram_of)which),
		    histogram(&s->histogram[which]));
	return o;
}

static json_t *
ends(const struct snapshot *s)
{
	json_t *o = json_object();

	put(o, "retired", number(s->restarts[BOARD_CAUSE_RETIRED]));
	put(o, "failed", number(s->restarts[BOARD_CAUSE_EXIT]));
	put(o, "signalled", number(s->restarts[BOARD_CAUSE_SIGNAL]));
	return o;
}

/* Lines, and records, that could not be written. */
static json_t *
lost_lines(const struct snapshot *s)
{
	json_t *o = json_object();
	int i;

	for (i = BOARD_LOG_LOST_ERROR; i <= BOARD_LOG_LOST_FAILURE; i++)
		put(o, words_log((enum board_counter)i),
		    number(s->counters[i]));
	put(o, "master", number(s->log_lost));
	return o;
}

static json_t *
request(const struct snapshot *s, const struct board_request *r)
{
	json_t *o = json_object();
	bool over = r->stage == BOARD_OVER;

	put(o, "stage", json_string(words_stage(r->stage)));
	put(o, "age", seconds(over ? r->took_us : s->now_us - r->begun_us));
	put(o, "program", json_integer(r->program));
	put(o, "method", json_text(r->method));
	put(o, "uri", json_text(r->uri));
	put(o, "script", json_text(r->script));
	put(o, "query", json_text(r->query));
	put(o, "user", json_text(r->user));
	put(o, "remote", json_text(r->remote));
	put(o, "id", json_text(r->id));
	put(o, "content_length",
	    r->length < 0 ? json_null() : json_integer(r->length));
	if (over) {
		put(o, "cpu", seconds(r->cpu_us));
		put(o, "memory", number(r->memory_kib * 1024));
	}
	return o;
}

static json_t *
process(const struct snapshot *s, const struct snapshot_slot *w)
{
	json_t *o = json_object(), *all = json_array();
	unsigned i;

	put(o, "pid", json_integer(w->pid));
	put(o, "state", json_string(words_worker(&s->pool, w->state)));
	put(o, "age", seconds(s->now_us - w->born_ms * 1000));
	put(o, "since", seconds(s->now_us - w->since_ms * 1000));
	put(o, "requests", known(s, number(w->served)));
	put(o, "running", known(s, json_integer(w->running)));
	if (w->request[w->latest].begun_us != 0)
		put(o, "last_request", request(s, &w->request[w->latest]));
	for (i = 0; i < BOARD_REQUESTS; i++)
		if (w->request[i].stage != BOARD_OVER)
			(void)json_array_append_new(
			    all, request(s, &w->request[i]));
	put(o, "running_requests", known(s, all));
	return o;
}

static json_t *
listens(const struct snapshot *s)
{
	json_t *list = json_array();
	uint32_t i;

	for (i = 0; i < s->pool.nlisten; i++)
		(void)json_array_append_new(list, json_text(s->pool.listen[i]));
	return list;
}

/* Those whose files are not there any more. */
static json_t *
lost(const struct snapshot *s)
{
	json_t *list = json_array();
	uint32_t i;

	for (i = 0; i < s->pool.nlisten; i++)
		if (s->pool.lost >> i & 1)
			(void)json_array_append_new(
			    list, json_text(s->pool.listen[i]));
	return list;
}

/* The lines of the changes, each a string. */
static json_t *
changes(const struct snapshot *s)
{
	char text[BOARD_CHANGES_MAX], *rest = text, *line;
	json_t *list = json_array();

	memcpy(text, s->pool.changes, sizeof(text));
	while ((line = strsep(&rest, "\n")) != NULL)
		if (*line != '\0')
			(void)json_array_append_new(list, json_text(line));
	return list;
}

static json_t *
processes_of(const struct snapshot *s)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < s->nslots; i++)
		(void)json_array_append_new(list, process(s, &s->slot[i]));
	return list;
}

json_t *
json_pool(const struct snapshot *s, bool processes)
{
	json_t *o = json_object();

	put(o, "pool", json_text(s->pool.name));
	put(o, "state", json_string(words_life(s->pool.life)));
	put(o, "mode", json_string(s->pool.native ? "fastcgi" : "cgi"));
	put(o, "process_manager", json_string(words_pm(s->pool.pm)));
	put(o, "start_time", json_integer(s->pool.start_s));
	put(o, "uptime", seconds(s->now_us - s->pool.start_ms * 1000));
	put(o, "generation", json_integer(s->pool.generation));
	put(o, "listen", listens(s));
	put(o, "listen_lost", lost(s));
	put(o, "requests", requests(s));
	if (s->pool.native)
		put(o, "not_known", json_pack("[s]", "requests"));
	put(o, "miscounted", known(s, number(s->miscounted)));
	put(o, "workers", workers(s));
	put(o, "connections", connections(s));
	put(o, "bytes", known(s, traffic(s)));
	put(o, "programs", known(s, programs(s)));
	put(o, "latency", known(s, latency(s)));
	put(o, "worker_ends", ends(s));
	put(o, "log_lines_lost", lost_lines(s));
	put(o, "changes", changes(s));
	if (processes)
		put(o, "processes", processes_of(s));
	return o;
}

static json_t *
running(const struct running *row)
{
	json_t *o = request(row->pool, row->request);

	put(o, "pool", json_text(row->pool->pool.name));
	put(o, "worker", json_integer(row->worker->pid));
	return o;
}

json_t *
json_requests(const struct running *rows, size_t n)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < n; i++)
		(void)json_array_append_new(list, running(&rows[i]));
	return list;
}
