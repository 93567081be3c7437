/* parking.h - the table of connections that the master keeps for a pool.
 *
 * Two kinds, each with room of its own: those kept after a request, and those
 * that have not brought a byte yet.  A parked connection is watched until it
 * becomes readable or overdue; a readable one waits (ready) until a worker
 * can be given it.  The table neither reads, watches nor closes anything:
 * handoff.c does.
 *
 * Allocated by parking_new() and parking_reserve() alone.  Layer: master.
 */
#ifndef MASTER_PARKING_H
#define MASTER_PARKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum parking_kind { PARKING_KEPT, PARKING_SILENT, PARKING_KINDS };

struct parking;

/* To the status worker: whose is it? */
struct parking_look {
	unsigned who; /* its slot */
	int64_t token;
	int64_t at_ms;
	int had; /* bytes that were there to look at */
};

struct parked {
	int fd;
	enum parking_kind kind;
	bool ready;
	bool seen;   /* the status worker has looked at it */
	bool looked; /* or does so now */
	bool cut;    /* or did, and more of it has to come first */
	struct parking_look look;
	unsigned looks; /* so far */
	int64_t cut_ms; /* until when that is waited for */
	int64_t since_ms;
	int64_t due_ms; /* CLOCK_NEVER: no limit */
};

struct parking *parking_new(size_t kept_max, size_t silent_max);
void parking_free(struct parking *p);

/* Entries for so many: *P may move, places stay what they are.  0, or -1 with
 * nothing changed. */
int parking_reserve(struct parking **p, size_t kept_max, size_t silent_max);
/* Never more than was reserved.  Those beyond a smaller room stay. */
void parking_set_room(struct parking *p, size_t kept_max, size_t silent_max);

/* Room for one more of KIND? */
bool parking_has_room(const struct parking *p, enum parking_kind kind);
/* The place of WHAT from now on, or -1 when its kind is full. */
int parking_add(struct parking *p, const struct parked *what);
/* NULL: nothing is parked in PLACE. */
const struct parked *parking_get(const struct parking *p, int place);
/* It became readable: it is not overdue any more, and waits its turn. */
void parking_set_ready(struct parking *p, int place);
void parking_remove(struct parking *p, int place);
/* Somebody looks at the ready one in PLACE, so it waits no turn;
 * parking_pass() has it wait again, as one that was seen. */
void parking_look(struct parking *p, int place, const struct parking_look *how);
void parking_pass(struct parking *p, int place);
void parking_pass_all(struct parking *p, unsigned who);
/* Or more of it has to come, until UNTIL_MS at most, whatever is said of it
 * later; then parking_again() has it wait, SEEN or to be looked at again. */
void parking_cut(struct parking *p, int place, int64_t until_ms);
void parking_again(struct parking *p, int place, bool seen);
int parking_first_cut(const struct parking *p);
bool parking_is_looking(const struct parking *p, unsigned who);
/* The one that has been looked at for longest, or -1. */
int parking_first_looked(const struct parking *p);
/* All places are below. */
int parking_places(const struct parking *p);

/* The one that has been ready for longest, or -1. */
int parking_first_ready(const struct parking *p);
/* One that is overdue at NOW, or -1. */
int parking_overdue(const struct parking *p, int64_t now);
/* Any one, or -1. */
int parking_any(const struct parking *p);
/* When the next one is overdue, or CLOCK_NEVER. */
int64_t parking_due(const struct parking *p);
/* Those that are ready, looked at or not. */
size_t parking_waiting(const struct parking *p);
size_t parking_count(const struct parking *p, enum parking_kind kind);

#endif
