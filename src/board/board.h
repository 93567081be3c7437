/* board.h - the shared map: one slot for each worker of a pool.
 *
 * A file in memory made by the master before it forks; workers inherit the
 * map, others are given its descriptor and may only read.  One writer a
 * slot: the worker in it, or the master while it is empty.  No locks, as any
 * holder may be killed.  Counters belong to the slot, not to the worker, so
 * they never go backwards when workers come and go; the board belongs to the
 * pool, so they outlive its generations and its master's program.
 *
 * The master takes what it reads here for gossip: it may change a status
 * line and a scaling decision, never memory, a pid or a descriptor.
 *
 * Of the other headers pool.h is what the master says of the pool, note.h
 * what workers say of requests, snapshot.h a copy of all for who renders.
 * Layer: board.
 */
#ifndef BOARD_BOARD_H
#define BOARD_BOARD_H

#include <stddef.h>
#include <stdint.h>

#define BOARD_SLOTS_MAX 20032

enum board_state {
	BOARD_EMPTY,
	BOARD_STARTING,
	BOARD_IDLE,
	BOARD_BUSY,
	BOARD_RETIRING,
	BOARD_STATES
};

/* accepted = the sum of the six that follow it, once nothing runs. */
enum board_counter {
	BOARD_ACCEPTED,
	BOARD_COMPLETED,
	BOARD_ABORTED,
	BOARD_REJECTED,
	BOARD_TIMED_OUT,
	BOARD_CLIENT_GONE,
	BOARD_LOST_WORKER, /* counted by the master */
	BOARD_CONNECTIONS,
	BOARD_PROTOCOL_ERRORS,
	BOARD_PARAMS_DROPPED,
	BOARD_STDIN_DROPPED, /* bytes beyond CONTENT_LENGTH or unread */
	BOARD_BYTES_IN,
	BOARD_BYTES_OUT,
	BOARD_PROGRAMS, /* that ran and ended; of them: */
	BOARD_CPU_USER_US,
	BOARD_CPU_SYSTEM_US,
	BOARD_MEMORY_KIB, /* the sum of their peaks */
	BOARD_SLOW,       /* ran longer than request_slowlog_timeout */
	/* Lines that could not be written, in the order of BOARD_LOGS: */
	BOARD_LOG_LOST_ERROR,
	BOARD_LOG_LOST_ACCESS,
	BOARD_LOG_LOST_SLOW,
	BOARD_LOG_LOST_FAILURE,
	BOARD_COUNTERS
};

#define BOARD_LOGS 4

struct board;

/* A board of NSLOTS empty slots, or NULL with errno. */
struct board *board_new(size_t nslots);
void board_free(struct board *b);
/* More slots; those that are there stay where they are, also for processes
 * that know nothing of it.  0, or -1 with errno. */
int board_grow(struct board *b, size_t nslots);
/* Its file: the master's own, to send or to keep across an exec; read-only
 * is what board_fd_reader() opens (the caller's), -1 with errno. */
int board_fd(const struct board *b);
int board_fd_reader(const struct board *b);
/* The master again, after an exec: FD is owned from then on.  NULL, errno;
 * EPROTO: it is no board of this layout. */
struct board *board_adopt(int fd);
/* To read only; FD stays the caller's.  The file is checked: nobody can
 * shrink it, and it is not believed further than its size. */
struct board *board_attach(int fd);
size_t board_nslots(const struct board *b);

/* The worker's side.  SLOT is below board_nslots(). */
void board_enter(struct board *b, size_t slot, int32_t pid);
void board_set_state(struct board *b, size_t slot, enum board_state state);
void board_add(
    struct board *b, size_t slot, enum board_counter which, uint64_t n);
/* Requests under way in the slot right now: for those who look. */
void board_set_running(struct board *b, size_t slot, uint32_t n);
/* So many would be lost beside those that run if the worker died now: of
 * connections that it has taken and read no request from, of answers that
 * are counted and not sent whole. */
void board_set_stake(struct board *b, size_t slot, uint32_t n);

/* The master's side: every value is clamped to its type's range. */
enum board_state board_get_state(const struct board *b, size_t slot);
int32_t board_get_pid(const struct board *b, size_t slot); /* 0: empty */
uint32_t board_get_running(const struct board *b, size_t slot);
uint32_t board_get_stake(const struct board *b, size_t slot);
uint64_t board_get(
    const struct board *b, size_t slot, enum board_counter which);
uint64_t board_sum(const struct board *b, enum board_counter which);
size_t board_count_state(const struct board *b, enum board_state state);
void board_count_states(const struct board *b, size_t n[BOARD_STATES]);
/* The worker of SLOT is gone (reaped): empty it.  Returns the requests that
 * died with it, after adding them to BOARD_LOST_WORKER: those accepted that
 * have no outcome, and what was at stake, which counts as accepted then. */
uint32_t board_bury(struct board *b, size_t slot);

#endif
