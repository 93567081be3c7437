#include "base/logentry.h"

#include <string.h>

#include "base/journal.h"

#define TEXT_MAX 128 /* of a field */

/* Known ones only. */
static void
put_text(struct journal *j, const char *name, const char *text)
{
	size_t len = text == NULL ? 0 : strlen(text);

	if (len > 0)
		(void)journal_put(
		    j, name, text, len < TEXT_MAX ? len : TEXT_MAX);
}

static void
put_number(struct journal *j, const char *name, long n)
{
	if (n > 0)
		(void)journal_put_number(j, name, n);
}

size_t
logentry_write(char *dst, size_t cap, const struct logentry *e)
{
	const struct log_about *about = e->about;
	size_t most = cap - LOGENTRY_FIELDS_MAX;
	struct journal j;

	journal_begin(&j, dst, cap);
	(void)journal_put(
	    &j, "MESSAGE", e->message, e->len < most ? e->len : most);
	(void)journal_put_number(&j, "PRIORITY", e->priority);
	put_text(&j, "SYSLOG_IDENTIFIER", e->conf->ident);
	/* The number of the facility without the priority's bits. */
	(void)journal_put_number(&j, "SYSLOG_FACILITY", e->conf->facility >> 3);
	put_text(&j, "CGIFPM_LOG", e->log);
	put_text(&j, "CGIFPM_POOL", about->pool);
	put_number(&j, "CGIFPM_WORKER", about->worker);
	put_number(&j, "CGIFPM_PROGRAM", about->program);
	put_text(&j, "CGIFPM_REQUEST_ID", about->request);
	put_number(&j, "CGIFPM_STATUS", about->status);
	return j.len;
}
