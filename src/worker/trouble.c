#include "worker/trouble.h"

#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/textbuf.h"
#include "worker/conn.h"
#include "worker/procstat.h"

#define RECORD_MAX 16384
#define VALUE_MAX 1024
/* With the spare byte of logsink_write(). */
#define ROOM (1 + RECORD_MAX)

static void
add_foreign(struct textbuf *rec, const char *text, size_t len)
{
	textbuf_add_line(rec, text, len < VALUE_MAX ? len : VALUE_MAX);
}

static void
add_param(struct textbuf *rec, const struct request *r, const char *name)
{
	const char *value = params_get(&r->params, name);

	if (value == NULL)
		textbuf_add(rec, "-");
	else
		add_foreign(rec, value, strlen(value));
}

static void
begin(struct textbuf *rec, char *room, const struct request *r)
{
	time_t now = time(NULL);
	char when[40] = "";
	struct tm tm;

	if (localtime_r(&now, &tm) != NULL)
		(void)strftime(when, sizeof(when), "%d-%b-%Y %H:%M:%S", &tm);
	textbuf_init(rec, room + 1, RECORD_MAX);
	textbuf_add(rec, "\n[%s] [pool %s] request %s\n", when,
	    r->conn->conf->pool, r->name);
	textbuf_add(rec, "request = ");
	add_param(rec, r, "REQUEST_METHOD");
	textbuf_add(rec, " ");
	add_param(rec, r,
	    params_get(&r->params, "REQUEST_URI") != NULL ? "REQUEST_URI"
							  : "SCRIPT_NAME");
	textbuf_add(rec, "\nscript_filename = ");
	if (r->conn->conf->command != NULL)
		textbuf_add(rec, "%s", r->conn->conf->command[0]);
	else
		add_param(rec, r, "SCRIPT_FILENAME");
	textbuf_add(rec, "\n");
}

/* A log that is full or gone loses the record, never the request. */
static void
end(struct logsink *to, char *room, const struct textbuf *rec)
{
	rec->at[rec->len - 1] = '\n'; /* also where it was cut */
	(void)logsink_write(to, room, rec->len);
}

void
trouble_slow(struct trouble *t, const struct request *r, const struct job *j,
    int64_t now)
{
	char room[ROOM];
	struct textbuf rec;

	if (!logsink_is_open(&t->slow))
		return;
	begin(&rec, room, r);
	textbuf_add(&rec, "running for %.3f s, bytes in %llu, out %llu\n",
	    (double)(now - j->start_ms) / 1e3, (unsigned long long)r->got,
	    (unsigned long long)r->sent);
	rec.len += procstat_tree(j->pid, r->conn->conf->slowlog_depth,
	    rec.at + rec.len, rec.cap - rec.len);
	end(&t->slow, room, &rec);
}

static bool
is_secret(const char *name, size_t len)
{
	static const char *const secret[] = { "HTTP_AUTHORIZATION",
		"HTTP_COOKIE", "HTTP_PROXY_AUTHORIZATION" };
	size_t i;

	for (i = 0; i < sizeof(secret) / sizeof(secret[0]); i++)
		if (strlen(secret[i]) == len &&
		    memcmp(secret[i], name, len) == 0)
			return true;
	return false;
}

static void
add_params(struct textbuf *rec, const struct params *p)
{
	unsigned i;

	for (i = 0; i < p->count; i++) {
		size_t len;
		const char *entry = params_entry(p, i, &len);
		const char *value = entry + len + 1;

		textbuf_add(rec, "  %.*s = ", (int)len, entry);
		if (is_secret(entry, len))
			textbuf_add(rec, "(%zu bytes)", strlen(value));
		else
			add_foreign(rec, value, strlen(value));
		textbuf_add(rec, "\n");
	}
}

static void
add_lines(struct textbuf *rec, const char *title, struct span text)
{
	const char *at = (const char *)text.at;
	size_t left = text.len;

	textbuf_add(rec, "%s:\n", title);
	while (left > 0) {
		const char *eol = memchr(at, '\n', left);
		size_t len = eol == NULL ? left : (size_t)(eol - at);

		textbuf_add(rec, "  ");
		add_foreign(
		    rec, at, len > 0 && at[len - 1] == '\r' ? len - 1 : len);
		textbuf_add(rec, "\n");
		len += eol != NULL;
		at += len;
		left -= len;
	}
}

/* Is there room in it? */
static bool
may_grow(const struct logsink *to, uint64_t max)
{
	struct stat st;

	return logsink_is_open(to) &&
	    (!to->is_regular || fstat(to->fd, &st) == -1 ||
		(uint64_t)st.st_size < max);
}

void
trouble_failed(
    struct trouble *t, const struct request *r, const struct trouble_failure *f)
{
	const struct worker_conf *conf = r->conn->conf;
	char room[ROOM];
	struct textbuf rec;

	if (!may_grow(&t->failure, conf->failure_log_max))
		return;
	begin(&rec, room, r);
	textbuf_add(&rec, "ended = %s\nparameters:\n", f->how);
	add_params(&rec, &r->params);
	add_lines(&rec, "stdout",
	    (struct span){ (const uint8_t *)r->head_text, r->head_text_len });
	add_lines(&rec, "stderr", f->err);
	end(&t->failure, room, &rec);
}
