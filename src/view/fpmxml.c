#include "view/fpmxml.h"

#include "view/fpm.h"
#include "view/markup.h"
#include "view/words.h"

/* An element's name has a dash where ours has a blank or a line. */
static void
put_dashed(FILE *out, const char *name)
{
	for (; *name != '\0'; name++)
		fputc(*name == ' ' || *name == '_' ? '-' : *name, out);
}

static void
put_tag(FILE *out, const char *open, const char *name)
{
	fputs(open, out);
	put_dashed(out, name);
	fputc('>', out);
}

static void
put_field(FILE *out, const struct fpm_field *f)
{
	put_tag(out, "<", f->name);
	switch (f->kind) {
	case FPM_TEXT:
		markup_put(out, f->text);
		break;
	case FPM_NUMBER:
	case FPM_TIME:
		fprintf(out, "%llu", (unsigned long long)f->number);
		break;
	case FPM_REAL:
		fprintf(out, "%.2f", f->real);
		break;
	}
	put_tag(out, "</", f->name);
}

static void
put_number(FILE *out, const char *name, uint64_t n)
{
	const struct fpm_field f = {
		.name = name, .kind = FPM_NUMBER, .number = n
	};

	put_field(out, &f);
}

static void
put_requests(FILE *out, const struct snapshot *s)
{
	int which;

	fputs("<requests>", out);
	for (which = BOARD_ACCEPTED; which <= BOARD_LOST_WORKER; which++)
		put_number(out, words_counter((enum board_counter)which),
		    s->counters[which]);
	put_number(out, "running", s->running);
	fputs("</requests>\n", out);
}

/* The names of elements. */
static void
put_not_known(FILE *out, const char *const *name)
{
	fputs("<not-known>", out);
	put_dashed(out, *name);
	while (*++name != NULL) {
		fputc(' ', out);
		put_dashed(out, *name);
	}
	fputs("</not-known>\n", out);
}

static void
put_process(FILE *out, const struct snapshot *s, const struct snapshot_slot *w)
{
	struct fpm_field fields[FPM_PROCESS];
	char uri[FPM_URI_MAX];
	size_t i;

	fpm_process(s, w, uri, fields);
	fputs("<process>", out);
	for (i = 0; i < FPM_PROCESS; i++)
		put_field(out, &fields[i]);
	fputs("</process>\n", out);
}

void
fpmxml_put(FILE *out, const struct snapshot *s, bool full)
{
	struct fpm_field fields[FPM_POOL];
	size_t i;

	fputs("<?xml version=\"1.0\" ?>\n<status>\n", out);
	fpm_pool(s, fields);
	for (i = 0; i < FPM_POOL; i++) {
		put_field(out, &fields[i]);
		fputc('\n', out);
	}
	if (!s->pool.native)
		put_requests(out, s);
	put_number(out, "lost listeners", words_lost(&s->pool));
	fputc('\n', out);
	if (fpm_not_known(s) != NULL)
		put_not_known(out, fpm_not_known(s));
	if (full)
		fputs("<processes>\n", out);
	for (i = 0; full && i < s->nslots; i++)
		put_process(out, s, &s->slot[i]);
	if (full)
		fputs("</processes>\n", out);
	fputs("</status>\n", out);
}
