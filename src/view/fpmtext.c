#include "view/fpmtext.h"

#include <string.h>
#include <time.h>

#include "base/escape.h"
#include "view/fpm.h"
#include "view/words.h"

/* php-fpm writes this one in capitals, in the text only. */
static const char *
label(const char *name)
{
	return strcmp(name, "request uri") == 0 ? "request URI" : name;
}

static void
put_time(FILE *out, uint64_t seconds)
{
	time_t at = (time_t)seconds;
	struct tm tm;
	char text[64];

	if (localtime_r(&at, &tm) == NULL ||
	    strftime(text, sizeof(text), "%d/%b/%Y:%H:%M:%S %z", &tm) == 0)
		text[0] = '\0';
	fputs(text, out);
}

static void
put_field(FILE *out, const struct fpm_field *f)
{
	char safe[4 * FPM_URI_MAX];
	int len = fprintf(out, "%s:", label(f->name));

	fprintf(out, "%*s", len < 22 ? 22 - len : 1, "");
	switch (f->kind) {
	case FPM_TEXT:
		(void)escape_line(safe, sizeof(safe), f->text, strlen(f->text));
		fputs(safe, out);
		break;
	case FPM_NUMBER:
		fprintf(out, "%llu", (unsigned long long)f->number);
		break;
	case FPM_TIME:
		put_time(out, f->number);
		break;
	case FPM_REAL:
		fprintf(out, "%.2f", f->real);
		break;
	}
	fputc('\n', out);
}

static void
put_counters(FILE *out, const struct snapshot *s)
{
	static const struct {
		const char *label;
		enum board_counter which;
	} rows[] = {
		{ "completed requests:", BOARD_COMPLETED },
		{ "aborted requests:", BOARD_ABORTED },
		{ "rejected requests:", BOARD_REJECTED },
		{ "timed out requests:", BOARD_TIMED_OUT },
		{ "client gone requests:", BOARD_CLIENT_GONE },
		{ "lost worker requests:", BOARD_LOST_WORKER },
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		fprintf(out, "%-22s%llu\n", rows[i].label,
		    (unsigned long long)s->counters[rows[i].which]);
	fprintf(out, "%-22s%llu\n",
	    "running requests:", (unsigned long long)s->running);
}

static void
put_not_known(FILE *out, const char *const *name)
{
	fprintf(out, "%-22s%s", "not known:", *name);
	while (*++name != NULL)
		fprintf(out, ", %s", *name);
	fputs(" (mode = fastcgi)\n", out);
}

static void
put_process(FILE *out, const struct snapshot *s, const struct snapshot_slot *w)
{
	struct fpm_field fields[FPM_PROCESS];
	char uri[FPM_URI_MAX];
	size_t i;

	fpm_process(s, w, uri, fields);
	fputs("\n************************\n", out);
	for (i = 0; i < FPM_PROCESS; i++)
		put_field(out, &fields[i]);
}

void
fpmtext_put(FILE *out, const struct snapshot *s, bool full)
{
	struct fpm_field fields[FPM_POOL];
	size_t i;

	fpm_pool(s, fields);
	for (i = 0; i < FPM_POOL; i++)
		put_field(out, &fields[i]);
	if (!s->pool.native)
		put_counters(out, s);
	fprintf(out, "%-22s%u\n", "lost listeners:", words_lost(&s->pool));
	if (fpm_not_known(s) != NULL)
		put_not_known(out, fpm_not_known(s));
	for (i = 0; full && i < s->nslots; i++)
		put_process(out, s, &s->slot[i]);
}
