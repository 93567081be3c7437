/* parking.c - one array of entries, and each entry in one of six lists:
 * free, ready, looked at, cut, or the watched ones of its kind, soonest due
 * first. */
#include <stdlib.h>

#include "base/clock.h"
#include "master/parking.h"

#define NONE (-1)

enum list {
	LIST_KEPT,
	LIST_SILENT,
	LIST_READY,
	LIST_CUT,
	LIST_LOOKED,
	LIST_FREE,
	LISTS
};

struct entry {
	struct parked parked;
	enum list list;
	int next;
	int prev;
};

struct parking {
	int first[LISTS];
	int last[LISTS];
	size_t max[PARKING_KINDS];
	size_t count[PARKING_KINDS];
	size_t waiting;
	size_t n;
	struct entry entries[];
};

/* Put entry I behind entry AFTER (NONE: in front) of LIST. */
static void
insert(struct parking *p, enum list list, int i, int after)
{
	struct entry *e = &p->entries[i];

	e->list = list;
	e->prev = after;
	e->next = after == NONE ? p->first[list] : p->entries[after].next;
	if (e->prev == NONE)
		p->first[list] = i;
	else
		p->entries[e->prev].next = i;
	if (e->next == NONE)
		p->last[list] = i;
	else
		p->entries[e->next].prev = i;
}

static void
take_out(struct parking *p, int i)
{
	struct entry *e = &p->entries[i];

	if (e->prev == NONE)
		p->first[e->list] = e->next;
	else
		p->entries[e->prev].next = e->next;
	if (e->next == NONE)
		p->last[e->list] = e->prev;
	else
		p->entries[e->next].prev = e->prev;
}

struct parking *
parking_new(size_t kept_max, size_t silent_max)
{
	size_t i, n = kept_max + silent_max;
	struct parking *p;

	if (n < kept_max || n > INT32_MAX)
		return NULL;
	p = calloc(1, sizeof(*p) + n * sizeof(p->entries[0]));
	if (p == NULL)
		return NULL;
	for (i = 0; i < LISTS; i++)
		p->first[i] = p->last[i] = NONE;
	p->max[PARKING_KEPT] = kept_max;
	p->max[PARKING_SILENT] = silent_max;
	p->n = n;
	for (i = 0; i < n; i++)
		insert(p, LIST_FREE, (int)i, p->last[LIST_FREE]);
	return p;
}

static size_t
most(size_t a, size_t b)
{
	return a > b ? a : b;
}

int
parking_reserve(struct parking **p, size_t kept_max, size_t silent_max)
{
	struct parking *old = *p, *grown;
	/* Those that are there may stay beyond a smaller room. */
	size_t kept = most(
	    kept_max, most(old->max[PARKING_KEPT], old->count[PARKING_KEPT]));
	size_t silent = most(silent_max,
	    most(old->max[PARKING_SILENT], old->count[PARKING_SILENT]));
	size_t n = kept + silent;

	if (n < kept || n > INT32_MAX)
		return -1;
	if (n <= old->n)
		return 0;
	grown = realloc(old, sizeof(*old) + n * sizeof(old->entries[0]));
	if (grown == NULL)
		return -1;
	for (; grown->n < n; grown->n++)
		insert(grown, LIST_FREE, (int)grown->n, grown->last[LIST_FREE]);
	*p = grown;
	return 0;
}

void
parking_set_room(struct parking *p, size_t kept_max, size_t silent_max)
{
	p->max[PARKING_KEPT] = kept_max;
	p->max[PARKING_SILENT] = silent_max;
}

void
parking_free(struct parking *p)
{
	free(p);
}

bool
parking_has_room(const struct parking *p, enum parking_kind kind)
{
	return p->count[kind] < p->max[kind];
}

int
parking_add(struct parking *p, const struct parked *what)
{
	enum list list = what->kind == PARKING_KEPT ? LIST_KEPT : LIST_SILENT;
	int after = p->last[list], i = p->first[LIST_FREE];

	if (!parking_has_room(p, what->kind) || i == NONE)
		return NONE;
	/* They come nearly in order, so this is short. */
	while (after != NONE && p->entries[after].parked.due_ms > what->due_ms)
		after = p->entries[after].prev;
	take_out(p, i);
	insert(p, list, i, after);
	p->entries[i].parked = *what;
	p->entries[i].parked.ready = false;
	p->count[what->kind]++;
	return i;
}

const struct parked *
parking_get(const struct parking *p, int place)
{
	if (place < 0 || (size_t)place >= p->n ||
	    p->entries[place].list == LIST_FREE)
		return NULL;
	return &p->entries[place].parked;
}

void
parking_set_ready(struct parking *p, int place)
{
	struct entry *e = &p->entries[place];

	if (e->list != LIST_KEPT && e->list != LIST_SILENT)
		return;
	take_out(p, place);
	insert(p, LIST_READY, place, p->last[LIST_READY]);
	e->parked.ready = true;
	p->waiting++;
}

void
parking_remove(struct parking *p, int place)
{
	struct entry *e = &p->entries[place];

	if (e->list == LIST_FREE)
		return;
	take_out(p, place);
	insert(p, LIST_FREE, place, NONE);
	p->count[e->parked.kind]--;
	if (e->parked.ready)
		p->waiting--;
}

void
parking_look(struct parking *p, int place, const struct parking_look *how)
{
	struct entry *e = &p->entries[place];

	if (e->list != LIST_READY)
		return;
	take_out(p, place);
	insert(p, LIST_LOOKED, place, p->last[LIST_LOOKED]);
	e->parked.looked = true;
	e->parked.look = *how;
	e->parked.looks++;
}

void
parking_pass(struct parking *p, int place)
{
	struct entry *e = &p->entries[place];

	if (e->list != LIST_LOOKED)
		return;
	take_out(p, place);
	insert(p, LIST_READY, place, p->last[LIST_READY]);
	e->parked.looked = false;
	e->parked.seen = true;
}

void
parking_pass_all(struct parking *p, unsigned who)
{
	int i = p->first[LIST_LOOKED], next;

	for (; i != NONE; i = next) {
		next = p->entries[i].next;
		if (p->entries[i].parked.look.who == who)
			parking_pass(p, i);
	}
}

void
parking_cut(struct parking *p, int place, int64_t until_ms)
{
	struct entry *e = &p->entries[place];
	int after = p->last[LIST_CUT];

	if (e->list != LIST_LOOKED)
		return;
	if (e->parked.cut_ms == 0)
		e->parked.cut_ms = until_ms;
	while (
	    after != NONE && p->entries[after].parked.cut_ms > e->parked.cut_ms)
		after = p->entries[after].prev;
	take_out(p, place);
	insert(p, LIST_CUT, place, after);
	e->parked.looked = false;
	e->parked.cut = true;
}

void
parking_again(struct parking *p, int place, bool seen)
{
	struct entry *e = &p->entries[place];

	if (e->list != LIST_CUT)
		return;
	take_out(p, place);
	insert(p, LIST_READY, place, p->last[LIST_READY]);
	e->parked.cut = false;
	e->parked.seen = seen;
}

int
parking_first_cut(const struct parking *p)
{
	return p->first[LIST_CUT];
}

bool
parking_is_looking(const struct parking *p, unsigned who)
{
	int i = p->first[LIST_LOOKED];

	for (; i != NONE; i = p->entries[i].next)
		if (p->entries[i].parked.look.who == who)
			return true;
	return false;
}

int
parking_first_looked(const struct parking *p)
{
	return p->first[LIST_LOOKED];
}

int
parking_places(const struct parking *p)
{
	return (int)p->n;
}

int
parking_first_ready(const struct parking *p)
{
	return p->first[LIST_READY];
}

int
parking_overdue(const struct parking *p, int64_t now)
{
	int list;

	for (list = LIST_KEPT; list <= LIST_SILENT; list++) {
		int i = p->first[list];

		if (i != NONE && p->entries[i].parked.due_ms <= now)
			return i;
	}
	return NONE;
}

int
parking_any(const struct parking *p)
{
	int list;

	for (list = LIST_KEPT; list <= LIST_LOOKED; list++)
		if (p->first[list] != NONE)
			return p->first[list];
	return NONE;
}

int64_t
parking_due(const struct parking *p)
{
	int64_t due = CLOCK_NEVER;
	int list;

	for (list = LIST_KEPT; list <= LIST_SILENT; list++) {
		int i = p->first[list];

		if (i != NONE && p->entries[i].parked.due_ms < due)
			due = p->entries[i].parked.due_ms;
	}
	return due;
}

size_t
parking_count(const struct parking *p, enum parking_kind kind)
{
	return p->count[kind];
}

size_t
parking_waiting(const struct parking *p)
{
	return p->waiting;
}
