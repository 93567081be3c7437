#include <signal.h>
#include <stdio.h>

#include "worker/outcome.h"

#define SIGNAL_BASE 128u

static uint32_t
status_of(const struct outcome_facts *f)
{
	uint32_t code = (uint32_t)f->code;

	return f->signalled ? SIGNAL_BASE + code : code;
}

/* Of a program that we ended: the signal that did it, also where a handler
 * of its own turned TERM into an exit code. */
static uint32_t
killed_status(const struct outcome_facts *f)
{
	return f->signalled ? status_of(f) : SIGNAL_BASE + SIGTERM;
}

static struct outcome
ended_by_itself(const struct outcome_facts *f)
{
	struct outcome o = {
		.end = true,
		.app_status = status_of(f),
		.counter = BOARD_COMPLETED,
	};

	if (!f->output)
		o.answer = 502;
	else if (f->signalled && f->cut_on_crash) {
		o.end = false;
		o.cut = true;
	}
	return o;
}

/* TIME, STALL and SHUTDOWN: an answer if there is still a chance of one,
 * else the torso must look like one. */
static struct outcome
ended_by_limit(const struct outcome_facts *f)
{
	struct outcome o = {
		.counter =
		    f->why == HANDLER_LARGE ? BOARD_REJECTED : BOARD_TIMED_OUT,
	};

	if (f->output) {
		o.cut = true;
		return o;
	}
	o.answer = outcome_answer(f->why);
	o.end = true;
	o.close = f->why == HANDLER_STALL;
	o.app_status = killed_status(f);
	return o;
}

struct outcome
outcome_for(const struct outcome_facts *f)
{
	switch (f->why) {
	case HANDLER_RUNS:
		return ended_by_itself(f);
	case HANDLER_ABORT:
		return (struct outcome){
			.end = true,
			.app_status = status_of(f),
			.counter = BOARD_ABORTED,
		};
	case HANDLER_GONE:
		return (struct outcome){ .counter = BOARD_CLIENT_GONE };
	case HANDLER_TIME:
	case HANDLER_STALL:
	case HANDLER_LARGE:
	case HANDLER_SHUTDOWN:
		return ended_by_limit(f);
	}
	return (struct outcome){ .cut = true, .counter = BOARD_REJECTED };
}

int
outcome_answer(enum handler_why why)
{
	switch (why) {
	case HANDLER_TIME:
		return 504;
	case HANDLER_STALL:
		return 408;
	case HANDLER_LARGE:
		return 413;
	case HANDLER_SHUTDOWN:
		return 503;
	case HANDLER_RUNS:
	case HANDLER_ABORT:
	case HANDLER_GONE:
		return 0;
	}
	return 0;
}

const char *
outcome_text(const struct outcome_facts *f, char *buf, size_t cap)
{
	switch (f->why) {
	case HANDLER_RUNS:
		(void)snprintf(
		    buf, cap, "%s:%d", f->signalled ? "sig" : "exit", f->code);
		return buf;
	case HANDLER_ABORT:
		return "abort";
	case HANDLER_GONE:
		return "gone";
	case HANDLER_TIME:
		return "timeout";
	case HANDLER_STALL:
		return "stall";
	case HANDLER_LARGE:
		return "large";
	case HANDLER_SHUTDOWN:
		return "shutdown";
	}
	return buf;
}
