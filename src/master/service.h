/* service.h - what the service manager is told, and when.
 *
 * READY once everything is up, a status line that changes calmly, the
 * watchdog's food, and the beginnings and ends of reloads and stops.  What to
 * say is decided by service_next(), which is pure; what could not be sent is
 * said again a little later.  Nobody who listens, nothing to do: all of it is
 * free then.
 *
 * Layer: master.  Called by: the files of the master (frame.h), and main.c for what
 * ends a start.
 */
#ifndef MASTER_SERVICE_H
#define MASTER_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/notify.h"

#define SERVICE_TEXT_MAX 512

/* What the master sees; all of it may change a line of text, no more. */
struct service_view {
	bool up; /* every pool listens, its first workers are ready */
	size_t pools;
	size_t workers;
	size_t busy;
	bool uncounted; /* no pool counts its requests */
	uint64_t requests;
	int64_t interval_ms; /* of the status line; 0: none after READY */
};

enum service_state {
	SERVICE_STARTING,
	SERVICE_UP,
	SERVICE_RELOADING,
	SERVICE_STOPPING
};

struct service {
	struct notify to;
	enum service_state state;
	int64_t status_ms;   /* the next look at its line */
	int64_t watchdog_ms; /* the next WATCHDOG */
	int64_t retry_ms;    /* not before: the last could not be sent */
	bool warned;
	char status[96]; /* as it was sent last */
};

void service_open(struct service *s, const struct notify *to);

/* What is to be said now, into MSG; false: nothing.  S changes as if it had
 * been sent. */
bool service_next(struct service *s, const struct service_view *v, int64_t now,
    char *msg, size_t cap);
/* Say it.  To be called each turn, and before READY in front of anybody else
 * who waits for the start. */
void service_turn(struct service *s, const struct service_view *v, int64_t now);
/* When to come again, or CLOCK_NEVER; UP as in the view. */
int64_t service_due(const struct service *s, bool up);

/* A reload begins (the manager's clock is monotonic too, in microseconds);
 * it ended, and the next turn says READY with the new numbers. */
void service_reloading(struct service *s, int64_t now_us);
void service_reloaded(struct service *s);
/* A stop begins, which may take GRACE_MS. */
void service_stopping(struct service *s, int64_t grace_ms);
/* The start failed: TEXT says why.  CODE is one of sysexits. */
void service_failed(const struct notify *to, int code, const char *text);

#endif
