#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/sidelog.h"
#include "base/textbuf.h"
#include "worker/accesslog.h"
#include "worker/report.h"

#define ARG_MAX_LEN 128 /* between the braces of %{...}x */
#define TIME_FORMAT "%d/%b/%Y:%H:%M:%S %z"

struct line {
	struct textbuf text;
	bool json;
};

#define add(t, ...) textbuf_add(&(t)->text, __VA_ARGS__)

static void
add_foreign(struct line *t, const char *s, size_t len)
{
	if (s == NULL || len == 0)
		add(t, "-");
	else if (t->json)
		textbuf_add_json(&t->text, s, len);
	else
		textbuf_add_line(&t->text, s, len);
}

static void
add_param(struct line *t, const struct accesslog_entry *e, const char *name)
{
	const char *value = params_get(&e->r->params, name);

	add_foreign(t, value, value == NULL ? 0 : strlen(value));
}

/* The strftime format is the administrator's: that is the point. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static size_t
format_time(char *buf, size_t cap, const char *format, const struct tm *tm)
{
	return strftime(buf, cap, format, tm);
}
#pragma GCC diagnostic pop

static void
add_time(struct line *t, int64_t when, const char *arg)
{
	const char *format = *arg == '\0' ? TIME_FORMAT : arg;
	time_t s = (time_t)when;
	char buf[128];
	struct tm tm;

	if (localtime_r(&s, &tm) != NULL &&
	    format_time(buf, sizeof(buf), format, &tm) > 0)
		add(t, "%s", buf);
	else
		add(t, "-");
}

/* A field of the program's answer, as it stands in the copy of its head. */
static void
add_header(struct line *t, const struct request *r, const char *name)
{
	size_t n = strlen(name), at = 0;

	while (at < r->head_text_len) {
		const char *line = r->head_text + at;
		const char *end = memchr(line, '\n', r->head_text_len - at);
		size_t len =
		    end == NULL ? r->head_text_len - at : (size_t)(end - line);

		if (at > 0 && (len == 0 || (len == 1 && *line == '\r')))
			break; /* what follows is its body */
		at += len + 1;
		if (len <= n || line[n] != ':' ||
		    strncasecmp(line, name, n) != 0)
			continue;
		for (line += n + 1, len -= n + 1;
		     len > 0 && (*line == ' ' || *line == '\t'); line++)
			len--;
		while (len > 0 && isspace((unsigned char)line[len - 1]))
			len--;
		add_foreign(t, line, len);
		return;
	}
	add(t, "-");
}

static void
add_duration(struct line *t, int64_t us, const char *arg)
{
	if (us < 0)
		add(t, t->json ? "null" : "-");
	else if (strncmp(arg, "mili", 4) == 0 || strncmp(arg, "milli", 5) == 0)
		add(t, "%.3f", (double)us / 1e3);
	else if (strncmp(arg, "micro", 5) == 0)
		add(t, "%lld", (long long)us);
	else
		add(t, "%.3f", (double)us / 1e6);
}

/* What it waited before a worker had it, if the web server says so. */
static void
add_wait(struct line *t, const struct accesslog_entry *e, const char *arg)
{
	const char *began = params_get(&e->r->params, "HTTP_X_REQUEST_START");

	add_duration(
	    t, began == NULL ? -1 : report_wait_us(began, e->begun_us), arg);
}

static void
add_memory(struct line *t, const struct request *r, const char *arg)
{
	uint64_t kib = r->usage.peak_kib;

	if (strncmp(arg, "kilo", 4) == 0)
		add(t, "%llu", (unsigned long long)kib);
	else if (strncmp(arg, "mega", 4) == 0)
		add(t, "%llu", (unsigned long long)(kib / 1024));
	else
		add(t, "%llu", (unsigned long long)(kib * 1024));
}

/* The program's share of a processor while the request lasted. */
static void
add_cpu(struct line *t, const struct accesslog_entry *e, const char *arg)
{
	double s = e->r->usage.user_s + e->r->usage.system_s;

	if (strcmp(arg, "user") == 0)
		s = e->r->usage.user_s;
	else if (strcmp(arg, "system") == 0)
		s = e->r->usage.system_s;
	add(t, "%.2f", e->took_us > 0 ? s * 1e8 / (double)e->took_us : 0.0);
}

static void
add_query(struct line *t, const struct accesslog_entry *e, bool mark)
{
	const char *q = params_get(&e->r->params, "QUERY_STRING");

	if (q == NULL || *q == '\0')
		return;
	if (mark)
		add(t, "?");
	else
		add_foreign(t, q, strlen(q));
}

static void
add_ending(struct line *t, const struct accesslog_entry *e)
{
	char buf[32];

	/* No program: an error, or the status page and the like. */
	if (!e->r->usage.known && e->facts->why == HANDLER_RUNS)
		add(t, "%s", e->r->head.status == 200 ? "answered" : "refused");
	else
		add(t, "%s", outcome_text(e->facts, buf, sizeof(buf)));
}

/* Letters that tell of the answer; false: not one of them. */
static bool
add_answer(struct line *t, const struct accesslog_entry *e, char letter,
    const char *arg)
{
	const struct request *r = e->r;

	switch (letter) {
	case 's':
		add(t, "%d", r->head.status);
		return true;
	case 'o':
		add_header(t, r, arg);
		return true;
	case 'b':
		add(t, "%llu", (unsigned long long)r->sent);
		return true;
	case 'B':
		add(t, "%llu", (unsigned long long)r->got);
		return true;
	case 'F':
		add_duration(
		    t, r->first_us == 0 ? -1 : r->first_us - r->begun_us, arg);
		return true;
	case 'w':
		add_wait(t, e, arg);
		return true;
	case 'i':
		add(t, "%s", r->name);
		return true;
	case 'x':
		add(t, "%u", e->o->app_status);
		return true;
	case 'X':
		add_ending(t, e);
		return true;
	case 'C':
		add_cpu(t, e, arg);
		return true;
	case 'M':
		add_memory(t, r, arg);
		return true;
	case 'd':
		add_duration(t, e->took_us, arg);
		return true;
	default:
		return false;
	}
}

static void
add_letter(struct line *t, const struct accesslog_entry *e, char letter,
    const char *arg)
{
	static const struct {
		char letter;
		const char *param;
	} params[] = {
		{ 'l', "CONTENT_LENGTH" },
		{ 'm', "REQUEST_METHOD" },
		{ 'r', "SCRIPT_NAME" },
		{ 'R', "REMOTE_ADDR" },
		{ 'u', "REMOTE_USER" },
	};
	size_t i;

	for (i = 0; i < sizeof(params) / sizeof(params[0]); i++)
		if (params[i].letter == letter)
			add_param(t, e, params[i].param);
	if (letter == '%')
		add(t, "%%");
	else if (letter == 'e')
		add_param(t, e, arg);
	else if (letter == 'f')
		add_foreign(t, e->r->usage.script,
		    e->r->usage.script == NULL ? 0
					       : strlen(e->r->usage.script));
	else if (letter == 'n')
		add(t, "%s", e->pool);
	else if (letter == 'p')
		add(t, "%d", (int)getpid());
	else if (letter == 'P')
		add(t, "%d", (int)getppid());
	else if (letter == 'q' || letter == 'Q')
		add_query(t, e, letter == 'Q');
	else if (letter == 't' || letter == 'T')
		add_time(
		    t, letter == 't' ? e->begun_us / 1000000 : e->now_s, arg);
	else
		(void)add_answer(t, e, letter, arg);
}

/* The next %{ARG}L or %L at *FORMAT (behind its percent sign): its letter,
 * or 0 when it is broken. */
static char
next_letter(const char **format, char *arg)
{
	const char *at = *format;
	size_t len = 0;

	arg[0] = '\0';
	if (*at == '{') {
		len = strcspn(at + 1, "}");
		if (at[1 + len] != '}' || len >= ARG_MAX_LEN)
			return '\0';
		memcpy(arg, at + 1, len);
		arg[len] = '\0';
		at += len + 2;
	}
	*format = at + (*at != '\0');
	return *at;
}

/* A format that has a name. */
static const char *
preset(const char *format)
{
	if (strcmp(format, "json") == 0)
		return ACCESSLOG_JSON;
	return strcmp(format, "combined") == 0 ? ACCESSLOG_COMBINED : format;
}

/* What may stand in the braces before LETTER, with spaces around each; NULL:
 * anything may. */
static const char *
units(char letter)
{
	switch (letter) {
	case 'e':
	case 'o':
	case 't':
	case 'T':
		return NULL;
	case 'C':
		return " user system total ";
	case 'd':
	case 'F':
	case 'w':
		return " seconds mili miliseconds milli milliseconds micro "
		       "microseconds ";
	case 'M':
		return " bytes kilo kilobytes mega megabytes ";
	default:
		return " ";
	}
}

static bool
is_unit(char letter, const char *arg)
{
	char word[ARG_MAX_LEN + 2];

	(void)snprintf(word, sizeof(word), " %s ", arg);
	return *arg == '\0' || units(letter) == NULL ||
	    (strchr(arg, ' ') == NULL && strstr(units(letter), word) != NULL);
}

static const char *
why_not(char letter)
{
	switch (letter) {
	case 'C':
		return "%{...}C can be user, system or total";
	case 'd':
	case 'F':
	case 'w':
		return "%{...}d, %{...}F and %{...}w can be seconds, milli or "
		       "micro";
	case 'M':
		return "%{...}M can be bytes, kilo or mega";
	default:
		return "%{...} is for the letters C, d, e, F, M, o, t, T and w";
	}
}

int
accesslog_check(const char *format, const char **why)
{
	char arg[ARG_MAX_LEN], letter;

	format = preset(format);
	while ((format = strchr(format, '%')) != NULL) {
		format++;
		letter = next_letter(&format, arg);
		if (letter == '\0') {
			*why = "it ends within a %...";
			return -1;
		}
		if (strchr("%CdeflmMnopPqQrRstTuxXbBFwi", letter) == NULL) {
			*why = "a letter after % is not one of "
			       "%CdeflmMnopPqQrRstTuxXbBFwi";
			return -1;
		}
		if ((letter == 'e' || letter == 'o') && arg[0] == '\0') {
			*why = "%e and %o need a name: %{NAME}e";
			return -1;
		}
		if (!is_unit(letter, arg)) {
			*why = why_not(letter);
			return -1;
		}
	}
	return 0;
}

size_t
accesslog_format(
    char *dst, size_t cap, const char *format, const struct accesslog_entry *e)
{
	struct line t = { .json = strcmp(format, "json") == 0 };
	char arg[ARG_MAX_LEN], letter;

	format = preset(format);
	textbuf_init(&t.text, dst, cap);
	while (*format != '\0') {
		size_t plain = strcspn(format, "%");

		add(&t, "%.*s", (int)plain, format);
		format += plain;
		if (*format == '\0')
			break;
		format++;
		letter = next_letter(&format, arg);
		if (letter == '\0')
			break;
		add_letter(&t, e, letter, arg);
	}
	return t.text.len;
}

void
accesslog_write(struct logsink *to, const struct worker_conf *conf,
    const struct request *r, const struct outcome *o,
    const struct outcome_facts *facts)
{
	const struct log_about about = {
		.pool = conf->pool,
		.worker = getpid(),
		.program = r->usage.pid,
		.request = r->name,
		.status = r->head.status,
	};
	char line[ACCESSLOG_LINE_MAX];
	struct timespec wall;
	struct accesslog_entry e = {
		.pool = conf->pool,
		.r = r,
		.o = o,
		.facts = facts,
		.took_us = clock_us() - r->begun_us,
	};
	size_t len;

	(void)clock_gettime(CLOCK_REALTIME, &wall);
	e.now_s = wall.tv_sec;
	e.begun_us =
	    wall.tv_sec * INT64_C(1000000) + wall.tv_nsec / 1000 - e.took_us;
	len = accesslog_format(line, sizeof(line), conf->access_format, &e);
	sidelog_write(to, "access", line, len, &about);
}
