/* state.h - what a master leaves to the program that follows it in its
 * process: lines of text, one thing each.
 *
 *   cgi-fpm-state VERSION
 *   master GENERATION DRAINED SOFT HARD PIDFILE
 *   control FD MADE DEV INO PATH
 *   asker FD                          of the control socket, not heard yet
 *   pool NATIVE RETIRED REFUSING SCALE BOARD IN OUT NAME
 *   listener FD NATIVE OWN MADE DEV INO ADDRESS   of the pool before it
 *   slot INDEX PID CHANNEL OUTPUT BORN AIDE
 *   parked FD SILENT SINCE
 *   end LINES
 *
 * Numbers are decimal, those of descriptors may be -1, SCALE is 0 where the
 * settings decide, ADDRESS is a struct sockaddr in hexadecimal digits.
 * "listener" means the same in every version, so that a program that knows
 * nothing else of it goes on listening.
 *
 * Pure.  Layer: master.  Called by: upgrade.c (writes), heirs.c (reads).
 */
#ifndef MASTER_STATE_H
#define MASTER_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/sock.h"

#define STATE_VERSION 2
#define STATE_NAME_MAX 64
#define STATE_PATH_MAX 4096
#define STATE_LINE_MAX (STATE_PATH_MAX + 256)

enum state_kind {
	STATE_MASTER,
	STATE_CONTROL,
	STATE_ASKER,
	STATE_POOL,
	STATE_LISTENER,
	STATE_SLOT,
	STATE_PARKED,
	STATE_KINDS
};

struct state_item {
	enum state_kind kind;
	union {
		struct {
			unsigned generation;
			bool drained;
			uint64_t soft, hard;           /* RLIMIT_NOFILE */
			char pid_file[STATE_PATH_MAX]; /* "": none */
		} master;
		struct {
			int fd;
			bool made;
			uint64_t dev, ino;
			char path[STATE_PATH_MAX];
		} control;
		struct {
			int fd;
		} asker;
		struct {
			bool native, retired, refusing;
			int scale; /* pm.max_children by order, 0: none */
			int board_fd, in_fd, out_fd;
			char name[STATE_NAME_MAX + 1];
		} pool;
		struct {
			int fd;
			bool native, own, made;
			uint64_t dev, ino;
			struct sock_addr addr; /* its name stays empty */
		} listener;
		struct {
			unsigned index;
			int pid, channel_fd, output_fd;
			int64_t born_ms;
			bool aide;
		} slot;
		struct {
			int fd;
			bool silent;
			int64_t since_ms;
		} parked;
	} u;
};

enum state_got {
	STATE_ITEM,
	STATE_END,    /* all of it was read */
	STATE_OTHER,  /* another version: only listeners will come */
	STATE_BROKEN, /* cut off, or no state at all */
};

/* Each writes a line to AT, with a NUL behind it, and returns its length; 0:
 * it does not fit into CAP or cannot be said. */
size_t state_put_head(char *at, size_t cap);
size_t state_put(char *at, size_t cap, const struct state_item *item);
size_t state_put_end(char *at, size_t cap, size_t lines);

struct state_reader {   /* zeroed, but for AT */
	const char *at; /* NUL-terminated */
	bool begun, other;
	size_t lines;
};

/* The next thing.  After STATE_OTHER, which comes once, it goes on with the
 * listeners, and then STATE_END; STATE_BROKEN is for good. */
enum state_got state_get(struct state_reader *r, struct state_item *out);

#endif
