#include "view/running.h"

#include <stdlib.h>

static int
older(const void *a, const void *b)
{
	const struct running *x = a, *y = b;
	int64_t s = x->request->begun_us, t = y->request->begun_us;

	return (s > t) - (s < t);
}

static size_t
add_pool(struct running *rows, const struct snapshot *s)
{
	size_t i, n = 0;
	unsigned k;

	for (i = 0; i < s->nslots; i++)
		for (k = 0; k < BOARD_REQUESTS; k++)
			if (s->slot[i].request[k].stage != BOARD_OVER)
				rows[n++] = (struct running){ s, &s->slot[i],
					&s->slot[i].request[k] };
	return n;
}

struct running *
running_list(struct snapshot *const *pools, size_t npools, size_t *n)
{
	struct running *rows;
	size_t i, most = 1;

	for (i = 0; i < npools; i++)
		most += pools[i]->nslots * BOARD_REQUESTS;
	rows = calloc(most, sizeof(*rows));
	*n = 0;
	for (i = 0; rows != NULL && i < npools; i++)
		*n += add_pool(rows + *n, pools[i]);
	if (rows != NULL)
		qsort(rows, *n, sizeof(*rows), older);
	return rows;
}
