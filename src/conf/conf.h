/* conf.h - the settings, checked and typed.
 *
 * conf.c is the only file that includes <confuse.h>; what leaves it is plain
 * data: for each module the struct that the module itself defines.  A struct
 * conf is either complete and valid or was never filled, so a reload is:
 * load into a second one, and swap only on success.
 *
 * Layer: conf.  Called by: main.c and loader.c.
 */
#ifndef CONF_H
#define CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/log.h"
#include "master/master.h"
#include "worker/worker.h"

struct conf_data; /* what the strings and arrays below live in */

struct conf {
	struct master_conf master; /* its pools' run_arg is a worker_conf */
	struct log_conf log;
	bool daemonize;
	char *const *remarks; /* to be said when they take effect; NULL: none */
	struct conf_data *data;
};

/* What was set on a living pool. */
struct conf_change {
	const char *pool;
	const char *line; /* "NAME=VALUE", a global one, too */
};

/* Where settings come from: a file, or the command line, or a file with
 * single settings of the command line on top. */
struct conf_source {
	const char *file;       /* -y FILE; NULL: one pool of the line */
	const char *pool_name;  /* --name; NULL: after program or root */
	char *const *command;   /* PROGRAM [ARG...]; NULL: none */
	const char *const *set; /* "NAME=VALUE" (-o and the letters that
				   stand for a directive), in order */
	size_t nset;
	bool foreground; /* -n: daemonize = no */
	bool test;       /* -t: only look, so privileges are not needed */
	bool serves;     /* it does already: a program that is missing now was
			    there when it was looked for */
	/* Listeners that were inherited: LISTEN_FDS with their names.  One
	 * belongs to the pool of that name, or that has its address, or
	 * that is alone. */
	const int *inherited;
	char *const *inherited_names; /* LISTEN_FDNAMES; may be NULL */
	size_t ninherited;
	int stdin_fd; /* a duplicate of descriptor 0 for a single pool that
			 has no other listener, if it is one; -1: none.
			 Not taken over when it is not used. */

	const struct conf_change *changes; /* on top of all that */
	size_t nchanges;

	place_run *native; /* what a pool of mode fastcgi runs */
};

/* Names the setting and the file: "git.conf: pool 'git': pm.max_children:
 * ..." or "command line: ...".  There is no line number, as libconfuse 3.3
 * miscounts them. */
struct conf_error {
	int code; /* sysexits: 66 no input, 77 not allowed to run as
		     that user, 78 configuration */
	char text[512];
};

/* 0, or -1 with ERR filled and OUT untouched.  Logs nothing.  RUN is what a
 * pool of mode cgi runs. */
int conf_load(const struct conf_source *src, place_run *run, struct conf *out,
    struct conf_error *err);
/* The effective settings as a file that could be read again (-tt). */
void conf_print(const struct conf *c, FILE *out);
/* What NAME is in POOL, or for all where it is a global directive, as it
 * would be written; NULL: there is no such pool or directive.  To be
 * freed. */
char *conf_value(const struct conf *c, const char *pool, const char *name);
/* The file that POOL's section is in; NULL: the command line.  To be freed. */
char *conf_file(const struct conf *c, const char *pool);
/* Is NAME a directive of pools' sections (env.X is none)? */
bool conf_is_of_pools(const char *name);
void conf_clear(struct conf *c);

#endif
