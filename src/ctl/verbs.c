#include "ctl/verbs.h"

#include <string.h>

#include "ctl/advise.h"
#include "ctl/check.h"
#include "ctl/get.h"
#include "ctl/orders.h"
#include "ctl/set.h"
#include "ctl/status.h"
#include "ctl/top.h"

static const struct verb verbs[] = {
	{ "status", status_main, "how the pools are" },
	{ "requests", requests_main, "the requests that run now" },
	{ "reload", orders_main, "read the configuration again" },
	{ "top", top_main, "pools and requests, live" },
	{ "advise", advise_main, "how many workers a pool needs" },
	{ "set", set_main, "change directives of a living pool" },
	{ "scale", orders_main, "more workers for a pool, or fewer" },
	{ "restart", orders_main, "new workers for a pool, nothing is lost" },
	{ "drain", orders_main, "let what runs end, take nothing new" },
	{ "resume", orders_main, "take connections again" },
	{ "kill", orders_main, "kill a worker" },
	{ "reopen-logs", orders_main, "open the log files again" },
	{ "stop", orders_main, "stop cgi-fpm" },
	{ "ping", orders_main, "is it there?" },
	{ "check", check_main, "does a pool do what it is for?" },
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
