/* heirs.h - what an earlier program left to this one, pool by pool.
 *
 * Owns every descriptor in it until somebody takes it over (and sets it to
 * -1).  Allocated once, at the start.
 * Layer: master.  Called by: setup.c, inherit.c, control.c and, through struct heir,
 * adopt.c; main.c reads it first of all.
 */
#ifndef MASTER_HEIRS_H
#define MASTER_HEIRS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "base/activation.h"
#include "base/sockfile.h"
#include "master/listeners.h"
#include "master/state.h"

#define HEIRS_ASKERS_MAX 16

struct master_conf;

struct heir_worker {
	size_t index; /* its slot */
	pid_t pid;
	int channel_fd, output_fd;
	int64_t born_ms;
	bool aide; /* the status worker */
};

struct heir_parked {
	int fd;
	bool silent;
	int64_t since_ms;
};

struct heir {
	char name[STATE_NAME_MAX + 1]; /* "": nothing is known but listeners */
	bool native, retired, refusing;
	int scale;  /* workers at most, by order; 0: as the settings say */
	bool taken; /* by a pool of this program */
	int board_fd, in_fd, out_fd;
	struct listeners listeners;
	struct heir_worker *workers;
	size_t nworkers;
	struct heir_parked *parked;
	size_t nparked;
};

/* The control socket, and who came to it and was not heard yet. */
struct heir_control {
	int fd; /* -1: there is none */
	struct sockfile file;
	char path[STATE_PATH_MAX];
	int askers[HEIRS_ASKERS_MAX];
	size_t naskers;
};

struct heirs {
	struct heir_control control;
	struct heir *at;
	size_t n;
	unsigned generation;
	bool drained;
	bool has_nofile;
	struct rlimit nofile;
	char pid_file[STATE_PATH_MAX];
	/* The settings that served, for a pool whose new ones cannot be had,
	 * or NULL; they outlive the master.  main.c sets it. */
	const struct master_conf *(*kept)(void *arg);
	void *kept_arg;
};

/* Read and close FD.  Of what cannot be understood the listeners are kept,
 * and all other descriptors but those of A, STDIN_FD and 0 to 2 are closed:
 * who holds their other ends learns that nobody is there any more.  NULL: out
 * of memory. */
struct heirs *heirs_read(int fd, const struct activation *a, int stdin_fd);
/* Closes what nobody has taken. */
void heirs_free(struct heirs *h);

/* The one for the pool NAME that nobody has taken, or NULL. */
struct heir *heirs_find(struct heirs *h, const char *name, bool native);

#endif
