#include "conf/allow.h"

#include <string.h>
#include <sysexits.h>

#include "base/allow.h"

static int
add_all(struct allow *a, struct conf_pool *p, struct conf_error *err)
{
	const char *at = p->allowed_clients + strspn(p->allowed_clients, ", ");

	while (*at != '\0') {
		size_t len = strcspn(at, ", ");

		if (allow_add(a, at, len) == -1)
			return conf_fail(err, EX_CONFIG, p->where,
			    "listen.allowed_clients: '%.*s' is not an address "
			    "or a network; write \"192.0.2.1, 2001:db8::/32\", "
			    "or \"any\"",
			    (int)len, at);
		at += len;
		at += strspn(at, ", ");
	}
	return 0;
}

/* Can somebody else than this machine reach one of the listeners? */
static bool
is_reachable(const struct conf_pool *p)
{
	struct allow here = { .n = 0 };
	size_t i;

	allow_add_loopback(&here);
	for (i = 0; i < p->pool.nlisten; i++) {
		const struct sock_addr *a = &p->pool.listen[i].addr;

		if (!sock_is_unix(a) &&
		    !allow_matches(
			&here, (const struct sockaddr *)(const void *)&a->sa))
			return true;
	}
	return false;
}

int
conf_check_allow(
    struct conf_data *data, struct conf_pool *p, struct conf_error *err)
{
	const char *text = p->allowed_clients;
	struct allow *a;

	p->worker.allow = NULL;
	if (p->pool.native || (text != NULL && strcmp(text, "any") == 0) ||
	    (text == NULL && !is_reachable(p)))
		return 0;
	a = conf_alloc(&data->mem, sizeof(*a));
	if (text == NULL)
		allow_add_loopback(a);
	else if (add_all(a, p, err) == -1)
		return -1;
	p->worker.allow = a;
	p->worker.allow_default = text == NULL;
	return 0;
}
