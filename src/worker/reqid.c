#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/clock.h"
#include "worker/reqid.h"

uint32_t
reqid_seed(void)
{
	uint32_t seed;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) == sizeof(seed))
		return seed;
	return (uint32_t)getpid() * 2654435761u ^ (uint32_t)clock_us();
}

/* Nothing that could be taken for anything but a name. */
static bool
is_name(const char *text)
{
	size_t len = text == NULL ? 0 : strlen(text);

	return len > 0 && len < REQID_MAX &&
	    strspn(text,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789-_.:@+/=") == len;
}

void
reqid_choose(const struct params *p, uint32_t seed, uint32_t count, char *out)
{
	static const char *const names[] = { "REQUEST_ID", "HTTP_X_REQUEST_ID",
		"UNIQUE_ID" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = params_get(p, names[i]);

		if (!is_name(value))
			continue;
		(void)snprintf(out, REQID_MAX, "%s", value);
		return;
	}
	(void)snprintf(out, REQID_MAX, "%08x%08x", seed, count);
}
