#include <string.h>

#include "worker/suppress.h"

static const char *
param(const struct request *r, const char *name)
{
	const char *value = params_get(&r->params, name);

	return value == NULL ? "" : value;
}

/* What %r of the access log's format says. */
static bool
is_named(char *const *paths, const struct request *r)
{
	const char *path = param(r, "SCRIPT_NAME");

	for (; *paths != NULL; paths++)
		if (strcmp(*paths, path) == 0)
			return true;
	return false;
}

static bool
is_plain(const struct request *r)
{
	const char *method = param(r, "REQUEST_METHOD");
	const char *length = param(r, "CONTENT_LENGTH");

	return (strcmp(method, "GET") == 0 || strcmp(method, "HEAD") == 0) &&
	    *param(r, "QUERY_STRING") == '\0' && r->got == 0 &&
	    length[strspn(length, "0")] == '\0';
}

bool
suppress_line(char *const *paths, const struct request *r,
    const struct outcome_facts *facts)
{
	return paths != NULL && is_named(paths, r) && is_plain(r) &&
	    r->head.status >= 200 && r->head.status <= 299 &&
	    facts->why == HANDLER_RUNS && !facts->signalled && facts->code == 0;
}
