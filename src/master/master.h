/* master.h - the only long-lived process: opens, forks, supervises.
 *
 * Parses no request byte, waits for nobody.  After master_open() nothing that
 * a worker, a program, a peer or a full table does may end master_run(); it
 * ends when it was told to stop and all workers are gone.
 *
 * Layer: master.  Called by: main.c.
 */
#ifndef MASTER_MASTER_H
#define MASTER_MASTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/activation.h"
#include "base/log.h"
#include "base/notify.h"
#include "master/emergency.h"
#include "master/error.h"
#include "master/pool.h"
#include "master/self.h"

#define MASTER_READ_MS 10000 /* for settings to be read, as for an upgrade */

struct master_conf {
	int64_t control_timeout_ms; /* process_control_timeout */
	int64_t systemd_interval_ms;
	int64_t idle_exit_ms; /* 0: never */
	int process_max;      /* workers of all pools, 0: no bound */
	struct emergency_conf emergency;
	struct self_conf self;
	const char *pid_file;       /* NULL: none */
	const char *control_listen; /* path, NULL: none */
	bool control_default;       /* it is the built-in one: to go without
				       it is no reason not to start */
	struct sock_perm control_perm;
	const struct log_conf *log; /* for a reload; NULL: stays as it is */
	struct pool_conf *pools;
	size_t npools;
};

/* What is to be set on a pool. */
struct master_set {
	const struct master_conf *now; /* what serves */
	const char *pool;
	const char *const *lines; /* "NAME=VALUE" each */
	size_t n;
};

/* Where settings come from, and go to when nobody uses them any more. */
struct master_loader {
	void *arg;
	/* Read and check the same sources again; NULL with ERR. */
	const struct master_conf *(*load)(void *arg, struct master_error *err);
	void (*release)(void *arg, const struct master_conf *conf);
	/* The rest may be NULL.  Before that: a child that reads them, as it
	 * may not survive that (its pid, 0: none), and, once it was reaped or
	 * LATE, killed after MASTER_READ_MS, whether they can be read. */
	pid_t (*rehearse)(void *arg);
	int (*rehearsed)(
	    void *arg, int status, bool late, struct master_error *err);
	/* The next load has SET on top, and TEXT what that changes; or, with
	 * forget(), nothing of what was set before.  settle() then keeps it
	 * for all further loads or goes back to what was before. */
	int (*change)(void *arg, const struct master_set *set, char *text,
	    size_t cap, struct master_error *err);
	void (*settle)(void *arg, bool keep);
	void (*forget)(void *arg);
	/* What is kept for POOL, a line each. */
	void (*tell)(void *arg, const char *pool, char *text, size_t cap);
	/* The file that SET's pool has its first line's name in; -1 with ERR:
	 * none. */
	int (*file)(void *arg, const struct master_set *set, char *path,
	    size_t cap, struct master_error *err);
	/* The file has the first line of SET now: it is kept no more.  -1 with
	 * ERR: the file does not say what is in effect. */
	int (*saved)(
	    void *arg, const struct master_set *set, struct master_error *err);
	/* Before an upgrade: have the next program find what was kept, and NOW
	 * itself.  0, or -1 with errno.  And back, when there is none. */
	int (*leave)(void *arg, const struct master_conf *now);
	void (*take_back)(void *arg);
};

/* What became of what was asked for: 0, or one of sysexits, and a line. */
typedef void master_verdict(void *arg, int code, const char *text);

/* This program, as it was started. */
struct master_image {
	const char *path;
	char *const *argv;
	char *const *try_argv; /* with the option that only tries it */
	void *arg;
	/* Folder, environment and inherited listeners as they were at the
	 * start; STATE_FD (-1: none) is for the new program to find.  0, or
	 * -1 with errno.  And back. */
	int (*prepare)(void *arg, int state_fd);
	void (*undo)(void *arg);
};

struct master;
struct heirs;

/* Allocate all and open the listeners and logs; starts nothing.  CONF must
 * outlive the master (or its next reload).  NULL with ERR. */
struct master *master_open(
    const struct master_conf *conf, struct master_error *err);

/* The same, with what an earlier program left, which is owned from then on.
 * A pool that cannot be opened is left out: the others serve already. */
struct master *master_inherit(const struct master_conf *conf,
    struct heirs *heirs, struct master_error *err);

/* Tell the service manager how it goes, from master_run() on, and let it keep
 * our listeners.  Connections among what it GAVE us are taken over. */
void master_report_to(
    struct master *m, const struct notify *to, const struct activation *gave);

/* Before master_run().  The settings of master_open() are given back, too. */
void master_set_image(struct master *m, const struct master_image *image);
void master_set_loader(struct master *m, const struct master_loader *loader);

/* For who controls it, signals included; each returns at once.  DONE (NULL:
 * nobody waits) is called once, with ARG, when it is over; never from
 * here but for a refusal at once.  Questions that come while a reload is
 * under way are answered by one more. */
void master_reload(struct master *m, master_verdict *done, void *arg);
/* Execute the program again, which may be another by now.  The verdict comes
 * before that, as nobody is here afterwards. */
void master_upgrade(struct master *m, master_verdict *done, void *arg);
/* Whoever gave ARG does not wait any more. */
void master_forget(struct master *m, const void *arg);

/* Fork the first workers and supervise until stopped.  Once every pool
 * listens and its first workers were executed, or it became certain that
 * they cannot be, READY(ARG, exit code, NULL or the reason) is called, once.
 * Returns the process' exit code. */
int master_run(struct master *m,
    void (*ready)(void *arg, int code, const char *why), void *arg);

/* Remove what was created (sockets, pid file) and free. */
void master_close(struct master *m);

#endif
