#include "view/fpmjson.h"

#include "view/fpm.h"
#include "view/json.h"

static json_t *
value(const struct fpm_field *f)
{
	switch (f->kind) {
	case FPM_TEXT:
		return json_text(f->text);
	case FPM_NUMBER:
	case FPM_TIME:
		return json_integer(
		    f->number <= INT64_MAX ? (json_int_t)f->number : INT64_MAX);
	case FPM_REAL:
		break;
	}
	/* Two digits, as in php-fpm. */
	return json_real((double)(int64_t)(f->real * 100 + 0.5) / 100);
}

static json_t *
object(const struct fpm_field *fields, size_t n)
{
	json_t *o = json_object();
	size_t i;

	for (i = 0; i < n; i++)
		if (json_object_set_new(o, fields[i].name, value(&fields[i])) ==
		    -1) {
			json_decref(o);
			return NULL;
		}
	return o;
}

/* What php-fpm has no name for stands behind what it has one for. */
static json_t *
process(const struct snapshot *s, size_t i, json_t *more)
{
	struct fpm_field fields[FPM_PROCESS];
	char uri[FPM_URI_MAX];
	json_t *o;

	fpm_process(s, &s->slot[i], uri, fields);
	o = object(fields, FPM_PROCESS);
	(void)json_object_update_missing(o, json_array_get(more, i));
	return o;
}

static json_t *
processes(const struct snapshot *s, json_t *more)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < s->nslots; i++)
		(void)json_array_append_new(list, process(s, i, more));
	return list;
}

static json_t *
not_known(const char *const *name)
{
	json_t *list = json_array();

	for (; *name != NULL; name++)
		(void)json_array_append_new(list, json_string(*name));
	return list;
}

json_t *
fpmjson_new(const struct snapshot *s, bool full)
{
	json_t *o, *more = json_pool(s, full);
	struct fpm_field fields[FPM_POOL];

	fpm_pool(s, fields);
	o = object(fields, FPM_POOL);
	(void)json_object_set_new(o, "now", json_real((double)s->now_us / 1e6));
	if (full)
		(void)json_object_set_new(o, "processes",
		    processes(s, json_object_get(more, "processes")));
	if (fpm_not_known(s) != NULL)
		(void)json_object_set_new(
		    o, "not_known", not_known(fpm_not_known(s)));
	(void)json_object_update_missing(o, more);
	json_decref(more);
	return o;
}

json_t *
fpmjson_history(const struct snapshot *s)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < s->nhistory; i++) {
		const struct board_sample *h = &s->history[i];

		(void)json_array_append_new(list,
		    json_pack("[fIIIIf]", (double)h->at_us / 1e6,
			(json_int_t)h->busy, (json_int_t)h->queue,
			(json_int_t)h->ended, (json_int_t)h->count,
			(double)h->sum_us / 1e6));
	}
	return list;
}
