#include "view/fpm.h"

#include <stdio.h>
#include <string.h>

#include "view/words.h"

static struct fpm_field
text(const char *name, const char *value)
{
	return (struct fpm_field){ .name = name,
		.kind = FPM_TEXT,
		.text = *value == '\0' ? "-" : value };
}

static struct fpm_field
number(const char *name, uint64_t value)
{
	return (struct fpm_field){
		.name = name, .kind = FPM_NUMBER, .number = value
	};
}

static uint64_t
positive(int64_t n)
{
	return n > 0 ? (uint64_t)n : 0;
}

const char *const *
fpm_not_known(const struct snapshot *s)
{
	static const char *const names[] = { "accepted conn", "slow requests",
		"requests", "request duration", "content length",
		"last request cpu", "last request memory", NULL };

	return s->pool.native ? names : NULL;
}

/* What a native pool has counted are the requests of its status worker. */
static struct fpm_field
counted(const char *name, const struct snapshot *s, enum board_counter which)
{
	return number(name, s->pool.native ? 0 : s->counters[which]);
}

void
fpm_pool(const struct snapshot *s, struct fpm_field out[FPM_POOL])
{
	size_t idle = s->workers[BOARD_IDLE] + s->workers[BOARD_STARTING];
	size_t active = s->workers[BOARD_BUSY] + s->workers[BOARD_RETIRING];
	size_t i = 0;

	out[i++] = text("pool", s->pool.name);
	out[i++] = text("process manager", words_pm(s->pool.pm));
	out[i] = number("start time", positive(s->pool.start_s));
	out[i++].kind = FPM_TIME;
	out[i++] = number("start since",
	    positive(s->now_us - s->pool.start_ms * 1000) / 1000000);
	out[i++] = counted("accepted conn", s, BOARD_ACCEPTED);
	out[i++] = number("listen queue", s->queue);
	out[i++] = number("max listen queue", s->queue_max);
	out[i++] = number("listen queue len", s->queue_len);
	out[i++] = number("idle processes", idle);
	out[i++] = number("active processes", active);
	out[i++] = number("total processes", idle + active);
	out[i++] = number("max active processes", s->max_active);
	out[i++] = number("max children reached", s->reached);
	out[i++] = counted("slow requests", s, BOARD_SLOW);
}

/* Exporters know no other words than these. */
static const char *
state(const struct snapshot *s, const struct snapshot_slot *w)
{
	switch (w->state) {
	case BOARD_BUSY:
		return s->pool.native ||
			w->request[w->latest].stage == BOARD_RUNNING
		    ? "Running"
		    : "Reading headers";
	case BOARD_RETIRING:
		return "Finishing";
	case BOARD_EMPTY:
	case BOARD_STARTING:
	case BOARD_IDLE:
	case BOARD_STATES:
		break;
	}
	return "Idle";
}

/* With the query string, also where the web server has sent no REQUEST_URI
 * and it is the script's name. */
static const char *
whole_uri(const struct board_request *r, char uri[FPM_URI_MAX])
{
	bool apart = r->query[0] != '\0' && strchr(r->uri, '?') == NULL;

	(void)snprintf(uri, FPM_URI_MAX, "%s%s%s", r->uri, apart ? "?" : "",
	    apart ? r->query : "");
	return uri;
}

static double
cpu_percent(const struct board_request *r)
{
	if (r->stage != BOARD_OVER || r->took_us <= 0)
		return 0;
	return 100.0 * (double)r->cpu_us / (double)r->took_us;
}

static int64_t
duration_us(const struct snapshot *s, const struct board_request *r)
{
	if (r->begun_us == 0)
		return 0;
	return r->stage == BOARD_OVER ? r->took_us : s->now_us - r->begun_us;
}

/* Since 1970.  By the pool's own start, as the clock may have been set since,
 * and the same whenever it is asked. */
static int64_t
born_s(const struct snapshot *s, const struct snapshot_slot *w)
{
	return s->pool.start_s + (w->born_ms - s->pool.start_ms) / 1000;
}

void
fpm_process(const struct snapshot *s, const struct snapshot_slot *w,
    char uri[FPM_URI_MAX], struct fpm_field out[FPM_PROCESS])
{
	const struct board_request *r = &w->request[w->latest];
	int64_t since_s = (s->now_us / 1000 - w->born_ms) / 1000;
	bool over = r->stage == BOARD_OVER;
	size_t i = 0;

	out[i++] = number("pid", positive(w->pid));
	out[i++] = text("state", state(s, w));
	out[i] = number("start time", positive(born_s(s, w)));
	out[i++].kind = FPM_TIME;
	out[i++] = number("start since", positive(since_s));
	out[i++] = number("requests", w->served);
	out[i++] = number("request duration", positive(duration_us(s, r)));
	out[i++] = text("request method", r->method);
	out[i++] = text("request uri", whole_uri(r, uri));
	out[i++] = number("content length", positive(r->length));
	out[i++] = text("user", r->user);
	out[i++] = text("script", r->script);
	out[i++] = (struct fpm_field){ .name = "last request cpu",
		.kind = FPM_REAL,
		.real = cpu_percent(r) };
	out[i++] =
	    number("last request memory", over ? r->memory_kib * 1024 : 0);
}
