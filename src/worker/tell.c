#include "worker/tell.h"

#include <stdarg.h>

#include "base/clock.h"

#define PAUSE_MS 1000

static const char *
kind_name(enum board_rate kind)
{
	static const char *const names[BOARD_RATES] = {
		[BOARD_RATE_BROKEN] = "closed connections",
		[BOARD_RATE_REFUSED] = "refused requests",
		[BOARD_RATE_CLIENTS] = "refused clients",
		[BOARD_RATE_SCRIPTS] = "programs that cannot be run or failed",
		[BOARD_RATE_SLOW] = "slow requests",
		[BOARD_RATE_SYSTEM] = "what the system refused",
		[BOARD_RATE_STDERR] = "what programs said",
	};

	return names[kind];
}

static void
say_left_out(const struct place *place, enum board_rate kind)
{
	uint64_t n = board_take_left_out(place->board, kind);

	if (n > 0)
		log_notice("%llu more lines about %s were dropped",
		    (unsigned long long)n, kind_name(kind));
}

void
tell(const struct place *place, enum board_rate kind, enum log_level level,
    const struct log_about *about, const char *fmt, ...)
{
	va_list ap;

	if (level > log_settings()->level)
		return;
	if (!board_may_log(place->board, kind, clock_us())) {
		board_leave_out(place->board, kind);
		return;
	}
	if (board_has_left_out(place->board, kind))
		say_left_out(place, kind);
	va_start(ap, fmt);
	log_about_v(level, about, fmt, ap);
	va_end(ap);
}

static bool
owes(const struct place *place)
{
	int i;

	for (i = 0; i < BOARD_RATES; i++)
		if (board_has_left_out(place->board, (enum board_rate)i))
			return true;
	return false;
}

/* In lines as others are: if there may be none now, later. */
static void
say_all(const struct place *place)
{
	int i;

	for (i = 0; i < BOARD_RATES; i++) {
		enum board_rate kind = (enum board_rate)i;

		if (board_has_left_out(place->board, kind) &&
		    board_may_log(place->board, kind, clock_us()))
			say_left_out(place, kind);
	}
}

int64_t
tell_turn(const struct place *place, struct tell_due *due, int64_t now)
{
	if (!owes(place)) {
		due->ms = 0;
		return CLOCK_NEVER;
	}
	if (due->ms == 0)
		due->ms = now + PAUSE_MS;
	if (due->ms > now)
		return due->ms;
	say_all(place);
	due->ms = now + PAUSE_MS;
	return owes(place) ? due->ms : CLOCK_NEVER;
}

void
tell_last(const struct place *place)
{
	int i;

	for (i = 0; i < BOARD_RATES; i++)
		if (board_has_left_out(place->board, (enum board_rate)i))
			say_left_out(place, (enum board_rate)i);
}
