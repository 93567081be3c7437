/* lost.c - socket files that somebody has removed or replaced.
 *
 * The pool serves on, and no web server finds it.  So it is looked at every
 * now and then, and whenever somebody asks for the status; a reload makes
 * what is missing again.
 */
#include "base/log.h"
#include "master/members.h"

#define LOOK_MS 2000

void
lost_look(struct crew *c)
{
	uint32_t lost;
	size_t i;

	if (c->trying || c->stopping)
		return;
	lost = listeners_lost(&c->listeners);
	for (i = 0; i < c->listeners.n; i++)
		if (((lost & ~c->lost) >> i & 1) != 0)
			log_about(LOG_LEVEL_ERROR,
			    &(struct log_about){ .pool = c->pool->name },
			    "pool %s: the socket %s was removed or "
			    "replaced, nobody can connect to it: "
			    "cgi-fpmctl reload makes it again",
			    c->pool->name, c->listeners.addrs[i].name);
	c->lost = lost;
}

int64_t
lost_turn(struct crew *c, int64_t now)
{
	if (now >= c->lost_ms) {
		lost_look(c);
		c->lost_ms = now + LOOK_MS;
	}
	return c->lost_ms;
}
