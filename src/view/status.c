#include "view/status.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "view/fpmjson.h"
#include "view/fpmtext.h"
#include "view/fpmxml.h"
#include "view/json.h"
#include "view/metrics.h"
#include "view/page.h"

static const struct {
	const char *name, *type;
} formats[] = {
	[STATUS_TEXT] = { "text", "text/plain;charset=UTF-8" },
	[STATUS_JSON] = { "json", "application/json" },
	[STATUS_XML] = { "xml", "text/xml;charset=UTF-8" },
	[STATUS_HTML] = { "html", "text/html;charset=UTF-8" },
	[STATUS_OPENMETRICS] = { "openmetrics",
	    "application/openmetrics-text; version=1.0.0; charset=utf-8" },
	[STATUS_PROMETHEUS] = { "prometheus",
	    "text/plain; version=0.0.4; charset=utf-8" },
};

/* Is NAME one of the names in QUERY? */
static bool
names(const char *query, const char *name)
{
	size_t len = strlen(name);

	for (;;) {
		size_t n = strcspn(query, "&");
		size_t own = strcspn(query, "&=");

		if (own == len && strncmp(query, name, len) == 0)
			return true;
		if (query[n] == '\0')
			return false;
		query += n + 1;
	}
}

struct status_ask
status_asked(const char *query)
{
	struct status_ask ask = { .format = STATUS_TEXT };
	size_t i;

	if (query == NULL)
		return ask;
	ask.full = names(query, "full");
	for (i = 1; i < STATUS_FORMATS; i++)
		if (names(query, formats[i].name))
			ask.format = (enum status_format)i;
	return ask;
}

const char *
status_type(enum status_format format)
{
	return formats[format].type;
}

static int
put_json(FILE *out, const struct snapshot *s, bool full)
{
	json_t *json = fpmjson_new(s, full);
	int rc = json == NULL ? -1 : json_dumpf(json, out, JSON_FLAGS);

	json_decref(json);
	return rc;
}

static int
put_html(FILE *out, const struct snapshot *s, const char *nonce)
{
	json_t *json = fpmjson_new(s, true);
	char *text = NULL;

	if (json != NULL &&
	    json_object_set_new(json, "history", fpmjson_history(s)) == 0)
		text = json_dumps(json, JSON_FLAGS);
	json_decref(json);
	if (text == NULL)
		return -1;
	page_put(out, s->pool.name, text, nonce);
	free(text);
	return 0;
}

int
status_put(FILE *out, const struct snapshot *s, const struct status_ask *ask)
{
	switch (ask->format) {
	case STATUS_TEXT:
		fpmtext_put(out, s, ask->full);
		return 0;
	case STATUS_JSON:
		return put_json(out, s, ask->full);
	case STATUS_XML:
		fpmxml_put(out, s, ask->full);
		return 0;
	case STATUS_HTML:
		return put_html(out, s, ask->nonce);
	case STATUS_OPENMETRICS:
		metrics_put(out, s, METRICS_OPEN);
		return 0;
	case STATUS_PROMETHEUS:
		metrics_put(out, s, METRICS_TEXT);
		return 0;
	case STATUS_FORMATS:
		break;
	}
	return 0;
}
