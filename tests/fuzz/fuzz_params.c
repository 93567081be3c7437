/* Parameters: the first two bytes choose the arena's size, the third how the
 * rest is cut; whole and in pieces the outcome is the same. */
#include <string.h>

#include "fuzz.h"
#include "proto/params.h"

static bool
plain(const char *name, size_t len)
{
	static const char first[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz_";

	if (len == 0 || strchr(first, name[0]) == NULL)
		return false;
	for (size_t i = 1; i < len; i++)
		if (strchr(first, name[i]) == NULL &&
		    (name[i] < '0' || name[i] > '9'))
			return false;
	return true;
}

static void
check(const struct params *p)
{
	MUST(p->used <= p->fed && p->fed <= p->cap);
	MUST(p->count <= PARAMS_COUNT_MAX);
	for (unsigned i = 0; i < p->count; i++) {
		size_t len;
		const char *entry = params_entry(p, i, &len);
		char name[4096];

		MUST(strlen(entry) == len + 1 + p->entry[i].value_len);
		MUST(plain(entry, len) && entry[len] == '=');
		MUST(strlen(entry) <= PARAMS_ENTRY_MAX);
		if (len >= sizeof(name))
			continue;
		memcpy(name, entry, len);
		name[len] = '\0';
		/* Found by its name, and so there is no second one. */
		MUST(params_get(p, name) == entry + len + 1);
	}
}

static void
run(struct params *p, char *arena, size_t cap, struct span in, size_t piece)
{
	params_reset(p, arena, cap);
	while (in.len > 0) {
		size_t n = in.len < piece ? in.len : piece;

		(void)params_feed(p, (struct span){ in.at, n });
		in.at += n;
		in.len -= n;
	}
	(void)params_finish(p);
	check(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct params *p = malloc(2 * sizeof(*p));
	size_t cap;
	char *arenas[2];

	MUST(p != NULL);
	if (len >= 3) {
		cap = (size_t)data[0] << 8 | data[1];
		arenas[0] = malloc(cap + 1);
		arenas[1] = malloc(cap + 1);
		MUST(arenas[0] != NULL && arenas[1] != NULL);
		run(&p[0], arenas[0] + 1, cap,
		    (struct span){ data + 3, len - 3 }, len);
		run(&p[1], arenas[1] + 1, cap,
		    (struct span){ data + 3, len - 3 }, data[2] + 1U);
		MUST(p[0].err == p[1].err);
		MUST(p[0].count == p[1].count && p[0].used == p[1].used);
		for (unsigned i = 0; i < p[0].count; i++)
			MUST(strcmp(params_entry(&p[0], i, NULL),
				 params_entry(&p[1], i, NULL)) == 0);
		free(arenas[0]);
		free(arenas[1]);
	}
	free(p);
	return 0;
}
