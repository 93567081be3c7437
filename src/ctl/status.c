#include "ctl/status.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>

#include "base/clock.h"
#include "ctl/orders.h"
#include "view/json.h"
#include "view/text.h"

#define TIMEOUT_MS 5000

static bool
take_next(struct link *l, void (*take)(void *arg, const struct snapshot *s),
    void *arg)
{
	char name[LINK_NAME_MAX];
	struct board *b = link_board(l, name);
	struct snapshot *s;

	if (b == NULL)
		return false;
	s = snapshot_take(b, clock_us(), time(NULL));
	board_free(b);
	if (s == NULL) {
		l->code = EX_OSERR;
		(void)snprintf(
		    l->text, sizeof(l->text), "%s", strerror(ENOMEM));
		return false;
	}
	/* The master's word: a worker can write on the board as well. */
	(void)snprintf(s->pool.name, sizeof(s->pool.name), "%.63s", name);
	take(arg, s);
	snapshot_free(s);
	return true;
}

bool
status_each(struct link *l, const struct opts *opts, const char *pool,
    void (*take)(void *arg, const struct snapshot *s), void *arg)
{
	const char *const words[] = { "status", pool };
	long n;

	if (!link_ask(l, opts->socket, words, pool == NULL ? 1 : 2, TIMEOUT_MS))
		return false;
	for (n = strtol(l->text, NULL, 10); n > 0; n--)
		if (!take_next(l, take, arg))
			return false;
	return true;
}

static int
print(json_t *top)
{
	int rc = top == NULL ? -1 : json_dumpf(top, stdout, JSON_FLAGS);

	(void)putchar('\n');
	json_decref(top);
	return rc == 0 ? 0 : EX_IOERR;
}

int
status_print(const char *name, json_t *all)
{
	return print(json_pack("{s:o}", name, all));
}

/* status */

static void
pool_as_text(void *arg, const struct snapshot *s)
{
	bool *first = arg;

	if (!*first)
		(void)putchar('\n');
	*first = false;
	text_pool(s, stdout);
}

static void
pool_as_json(void *arg, const struct snapshot *s)
{
	(void)json_array_append_new(arg, json_pool(s, true));
}

int
status_main(const struct opts *opts, int argc, char **argv)
{
	struct opts_pool args = { .opts = *opts };
	json_t *all = json_array();
	bool first = true, ok;
	struct link l;
	int code = 0;

	if (!opts_read_pool(&args, argc, argv, "How POOL is, or all pools."))
		return EX_USAGE;
	if (args.opts.json)
		ok = status_each(&l, &args.opts, args.pool, pool_as_json, all);
	else
		ok = status_each(
		    &l, &args.opts, args.pool, pool_as_text, &first);
	if (!ok)
		code = orders_fail(&args.opts, argv[0], l.code, l.text);
	else if (args.opts.json)
		code = status_print("pools", json_incref(all));
	json_decref(all);
	link_close(&l);
	return code;
}

/* requests */

struct pools {
	struct snapshot **at;
	size_t n;
};

/* A copy: the oldest of all pools comes first. */
static void
keep(void *arg, const struct snapshot *s)
{
	struct pools *all = arg;
	size_t size = sizeof(*s) + s->nslots * sizeof(s->slot[0]);
	struct snapshot **more =
	    realloc(all->at, (all->n + 1) * sizeof(struct snapshot *));

	if (more == NULL)
		return;
	all->at = more;
	more[all->n] = malloc(size);
	if (more[all->n] != NULL)
		memcpy(more[all->n++], s, size);
}

static void
drop(struct pools *all)
{
	while (all->n > 0)
		snapshot_free(all->at[--all->n]);
	free(all->at);
}

/* The pools whose programs have them. */
static json_t *
not_known(const struct pools *all)
{
	json_t *names = json_array();
	size_t i;

	for (i = 0; i < all->n; i++)
		if (all->at[i]->pool.native)
			(void)json_array_append_new(
			    names, json_text(all->at[i]->pool.name));
	return names;
}

static int
print_requests(const struct opts *opts, const struct pools *all)
{
	size_t n, i;
	struct running *rows = running_list(all->at, all->n, &n);
	int code = 0;

	if (rows == NULL)
		return EX_OSERR;
	if (opts->json) {
		code = print(json_pack("{s:o, s:o}", "requests",
		    json_requests(rows, n), "not_known", not_known(all)));
	} else {
		text_requests(rows, n, stdout);
		for (i = 0; i < all->n; i++)
			if (all->at[i]->pool.native)
				text_not_known(all->at[i], stdout);
	}
	free(rows);
	return code;
}

int
requests_main(const struct opts *opts, int argc, char **argv)
{
	struct opts_pool args = { .opts = *opts };
	struct pools all = { 0 };
	struct link l;
	int code;

	if (!opts_read_pool(&args, argc, argv,
		"The requests that run now, in POOL or in all pools, the "
		"oldest first."))
		return EX_USAGE;
	if (status_each(&l, &args.opts, args.pool, keep, &all))
		code = print_requests(&args.opts, &all);
	else
		code = orders_fail(&args.opts, argv[0], l.code, l.text);
	drop(&all);
	link_close(&l);
	return code;
}
