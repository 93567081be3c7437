#include <stdlib.h>
#include <string.h>

#include "base/io.h"
#include "master/slots.h"

int
slots_open(struct slots *s, size_t n)
{
	size_t i;

	s->n = 0;
	s->at = calloc(n, sizeof(s->at[0]));
	if (s->at == NULL)
		return -1;
	s->n = n;
	for (i = 0; i < n; i++)
		s->at[i].channel_fd = -1;
	return 0;
}

void
slots_close(struct slots *s)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		io_close(&s->at[i].channel_fd);
	free(s->at);
	s->at = NULL;
	s->n = 0;
}

int
slots_reserve(struct slots *s, size_t n)
{
	struct slot *at;

	if (n <= s->n)
		return 0;
	at = realloc(s->at, n * sizeof(s->at[0]));
	if (at == NULL)
		return -1;
	for (s->at = at; s->n < n; s->n++)
		s->at[s->n] = (struct slot){ .channel_fd = -1 };
	return 0;
}

struct slot *
slots_empty(const struct slots *s)
{
	return slots_find(s, 0);
}

struct slot *
slots_find(const struct slots *s, pid_t pid)
{
	size_t i;

	for (i = 0; i < s->n; i++)
		if (s->at[i].pid == pid)
			return &s->at[i];
	return NULL;
}

size_t
slots_index(const struct slots *s, const struct slot *slot)
{
	return (size_t)(slot - s->at);
}

size_t
slots_taken(const struct slots *s)
{
	size_t i, n = 0;

	for (i = 0; i < s->n; i++)
		if (s->at[i].pid != 0)
			n++;
	return n;
}

size_t
slots_aides(const struct slots *s)
{
	size_t i, n = 0;

	for (i = 0; i < s->n; i++)
		if (s->at[i].pid != 0 && s->at[i].aide)
			n++;
	return n;
}

uint64_t
slots_served(const struct board *b, size_t i)
{
	uint64_t n = 0;
	int which;

	for (which = BOARD_COMPLETED; which < BOARD_LOST_WORKER; which++)
		n += board_get(b, i, (enum board_counter)which);
	return n;
}

void
slots_look(struct slots *s, const struct board *b, int64_t now)
{
	size_t i;

	for (i = 0; i < s->n; i++) {
		struct slot *slot = &s->at[i];
		uint64_t moved;

		if (slot->pid == 0)
			continue;
		moved = board_get(b, i, BOARD_ACCEPTED) +
		    board_get(b, i, BOARD_CONNECTIONS);
		if (moved != slot->moved || board_get_state(b, i) != BOARD_IDLE)
			slot->moved_ms = now;
		slot->moved = moved;
	}
}

static bool
is_idle(const struct slots *s, size_t i, const struct board *b)
{
	return s->at[i].ready && board_get_state(b, i) == BOARD_IDLE;
}

void
slots_view(const struct slots *s, const struct board *b, int64_t idle_since_ms,
    struct scale_view *view)
{
	size_t i;

	memset(view, 0, sizeof(*view));
	for (i = 0; i < s->n; i++) {
		const struct slot *slot = &s->at[i];

		if (slot->pid == 0 || slot->retiring || slot->old || slot->aide)
			continue;
		view->have++;
		if (!slot->ready)
			view->starting++;
		if (!is_idle(s, i, b))
			continue;
		view->idle++;
		if (slot->moved_ms <= idle_since_ms)
			view->overdue++;
	}
}

struct slot *
slots_surplus(const struct slots *s, const struct board *b)
{
	struct slot *idlest = NULL, *youngest = NULL;
	size_t i;

	for (i = 0; i < s->n; i++) {
		struct slot *slot = &s->at[i];

		if (slot->pid == 0 || slot->retiring || slot->old || slot->aide)
			continue;
		if (youngest == NULL || slot->born_ms >= youngest->born_ms)
			youngest = slot;
		if (is_idle(s, i, b) &&
		    (idlest == NULL || slot->moved_ms <= idlest->moved_ms))
			idlest = slot;
	}
	return idlest != NULL ? idlest : youngest;
}
