#include "ctl/verbs.h"

#include <string.h>

#include "ctl/get.h"

static const struct verb verbs[] = {
	{ "get", get_main, "send a request to a FastCGI application" },
};

const struct verb *
verb_at(size_t i)
{
	return i < sizeof(verbs) / sizeof(verbs[0]) ? &verbs[i] : NULL;
}

const struct verb *
verb_find(const char *name)
{
	const struct verb *verb;

	for (size_t i = 0; (verb = verb_at(i)) != NULL; i++)
		if (strcmp(verb->name, name) == 0)
			break;
	return verb;
}
