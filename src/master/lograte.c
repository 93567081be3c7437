#include "master/lograte.h"

#include "base/clock.h"
#include "base/log.h"

#define AT_ONCE 10
#define EACH_MS 1000

bool
lograte_allows(struct lograte *l, int64_t now, unsigned *left_out)
{
	int64_t back = (now - l->since_ms) / EACH_MS;

	if (l->used == 0 || back >= l->used) {
		l->used = 0;
		l->since_ms = now;
	} else if (back > 0) {
		l->used -= (int)back;
		l->since_ms += back * EACH_MS;
	}
	if (l->used == AT_ONCE) {
		l->left_out++;
		return false;
	}
	l->used++;
	*left_out = l->left_out;
	l->left_out = 0;
	return true;
}

int64_t
lograte_due(const struct lograte *l)
{
	return l->left_out == 0 ? CLOCK_NEVER : l->since_ms + EACH_MS;
}

void
lograte_tell(const char *pool, const char *what, unsigned n)
{
	if (n == 0)
		return;
	if (pool == NULL)
		log_notice("%u more lines about %s were dropped", n, what);
	else
		log_about(LOG_LEVEL_NOTICE, &(struct log_about){ .pool = pool },
		    "pool %s: %u more lines about %s were dropped", pool, n,
		    what);
}
