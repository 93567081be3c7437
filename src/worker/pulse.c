#include "worker/pulse.h"

#include <time.h>

#include "base/backlog.h"
#include "base/clock.h"
#include "board/history.h"
#include "board/pool.h"
#include "board/snapshot.h"

void
pulse_look(const struct place *place)
{
	size_t n = place->aide ? place->nothers : place->nlisten, i;
	uint32_t waiting = 0, room = 0, w, r;

	for (i = 0; i < n; i++) {
		if (backlog_look(place->listen_fds[i], &w, &r) == -1)
			continue;
		waiting += w;
		room += r;
	}
	board_set_queue(place->board, waiting, room);
}

static void
take(const struct place *place)
{
	struct board *b = place->board;
	struct board_sample sample;
	struct snapshot *s;

	pulse_look(place);
	s = snapshot_take(b, clock_us(), (int64_t)time(NULL));
	if (s == NULL)
		return;
	sample = (struct board_sample){
		.at_us = s->now_us,
		.busy = (uint32_t)(s->workers[BOARD_BUSY] +
		    s->workers[BOARD_RETIRING]),
		.queue = s->queue,
		.ended = s->counters[BOARD_ACCEPTED] - s->running,
		.count = histogram_count(&s->histogram[BOARD_DURATION]),
		.sum_us = s->histogram[BOARD_DURATION].sum_us,
	};
	board_history_add(b, &sample);
	snapshot_free(s);
}

int
pulse_turn(struct pulse *p, const struct place *place, int64_t now)
{
	if (now >= p->due_ms) {
		take(place);
		p->due_ms = now + BOARD_HISTORY_MS;
	}
	return (int)(p->due_ms - now);
}
