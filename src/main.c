/* main.c - the order of start-up; nothing else. */
#include <config.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include "advice.h"
#include "base/activation.h"
#include "base/daemon.h"
#include "base/io.h"
#include "base/log.h"
#include "base/logfile.h"
#include "base/logsink.h"
#include "base/notify.h"
#include "base/sig.h"
#include "base/sock.h"
#include "conf/conf.h"
#include "conf/options.h"
#include "image.h"
#include "keepsake.h"
#include "loader.h"
#include "master/fdstore.h"
#include "master/heirs.h"
#include "master/master.h"
#include "master/service.h"
#include "worker/native.h"
#include "worker/worker.h"

/* One line, whatever a name or a value in it contains. */
static int
say(int code, const char *text)
{
	char line[sizeof(((struct conf_error *)NULL)->text)];
	size_t i;

	(void)snprintf(line, sizeof(line), "%s", text);
	for (i = 0; line[i] != '\0'; i++)
		if (iscntrl((unsigned char)line[i]))
			line[i] = '?';
	if (logsink_is_journal(STDERR_FILENO))
		fprintf(stderr, "<%d>", code == EX_OK ? LOG_WARNING : LOG_ERR);
	fprintf(stderr, "cgi-fpm: %s\n", line);
	return code;
}

/* The same, where a service manager shows it. */
static int
fail(const struct notify *manager, int code, const char *text)
{
	service_failed(manager, code, text);
	return say(code, text);
}

/* What this process was started with. */
struct given {
	struct conf_source *source;
	struct activation listeners;
	struct notify manager;
	struct image image;
	int state_fd;        /* what the program before us left, -1 */
	struct heirs *heirs; /* the same, read; NULL: we are the first */
	struct keepsake kept;
	char misread[512];  /* why KEPT's settings serve, not the sources */
	struct conf served; /* KEPT's settings, for single pools */
	bool has_served;
};

/* The listeners this process was started with.  One on descriptor 0 moves
 * out of the way: 0 stays what programs and daemons expect there. */
static int
inherit(struct given *given, struct sock_error *err)
{
	struct conf_source *source = given->source;
	struct activation *activation = &given->listeners;
	struct sock_addr addr;
	struct sock_error none;
	int null_fd;

	if (activation_take(activation, fdstore_is_conn, err) == -1)
		return -1;
	source->inherited = activation->fds;
	source->inherited_names = activation->names;
	source->ninherited = activation->n;
	if (sock_inherit(STDIN_FILENO, &addr, &none) == -1)
		return 0;
	source->stdin_fd = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
	null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (source->stdin_fd == -1 || null_fd == -1 ||
	    dup2(null_fd, STDIN_FILENO) == -1) {
		(void)snprintf(err->text, sizeof(err->text), "descriptor 0: %s",
		    strerror(errno));
		return -1;
	}
	return close(null_fd);
}

static void
warn_root(const struct conf *conf)
{
	size_t i;

	for (i = 0; geteuid() == 0 && i < conf->master.npools; i++) {
		const struct pool_conf *pool = &conf->master.pools[i];
		const struct worker_conf *worker = pool->run_arg;

		if (!worker->privs.change_ids || worker->privs.uid == 0)
			log_warn("pool %s: its programs run as root; set user",
			    pool->name);
	}
}

/* The start went well, or it did not: whoever waits for it learns it. */
static void
tell(void *arg, int code, const char *why)
{
	struct daemon *d = arg;

	if (why != NULL && code == EX_OK) /* told to stop before it was up */
		code = EX_OSERR;
	if (d->fd == -1 && why != NULL)
		(void)say(code, why);
	daemon_ready(d, why == NULL ? EX_OK : code, why);
}

/* Nobody sees stderr any more. */
static void
tell_successor(const struct given *given, const char *text)
{
	if (given->heirs != NULL)
		log_alert("upgrade: the new program cannot start: %s", text);
}

/* Nor is it known otherwise that the files do not count. */
static void
tell_misread(const struct given *given)
{
	if (given->misread[0] != '\0')
		log_alert("upgrade: %s; going on with the settings that served",
		    given->misread);
}

#define TRIES 6       /* one that lives is still there after that */
#define TRIES_LEFT 60 /* who is left on a busy machine may need as many */

/* Workers whose master was killed need a moment to see it and to let go of
 * its sockets.  After an upgrade there is one attempt: it takes the heirs,
 * whatever comes of it. */
static struct master *
open_master(
    const struct conf *conf, struct given *given, struct master_error *err)
{
	const struct timespec moment = { 0, 50 * 1000 * 1000 };
	struct master *master;
	int tries = 0;

	for (;;) {
		master = master_inherit(&conf->master, given->heirs, err);
		if (master != NULL || given->heirs != NULL || !err->in_use ||
		    ++tries >= (err->left_over ? TRIES_LEFT : TRIES))
			return master;
		(void)nanosleep(&moment, NULL);
	}
}

static int
run(const struct conf *conf, struct given *given, struct daemon *d)
{
	struct loader *loader;
	struct master_loader sources;
	struct activation *listeners = &given->listeners;
	struct master_error err = { 0 };
	struct master_image image;
	struct master *master;
	int code;

	master = open_master(conf, given, &err);
	if (master == NULL) {
		tell_successor(given, err.text);
		service_failed(&given->manager, err.code, err.text);
		if (d->fd == -1)
			return say(err.code, err.text);
		daemon_ready(d, err.code, err.text);
		return err.code;
	}
	warn_root(conf);
	loader_say_remarks(conf);
	tell_misread(given);
	daemon_detach(d);
	master_report_to(master, &given->manager, listeners);
	/* The master has its own of those it wanted. */
	activation_drop(listeners, fdstore_is_ours);
	given->source->ninherited = listeners->n;
	image_describe(&given->image, &image);
	master_set_image(master, &image);
	loader = loader_new(given->source, conf, &given->kept);
	if (loader != NULL) {
		sources = loader_for_master(loader);
		master_set_loader(master, &sources);
	}
	code = master_run(master, tell, d);
	master_close(master);
	loader_free(loader);
	return code;
}

/* A daemon keeps no descriptor that it was not given on purpose: somebody
 * may wait for the other end to be closed. */
static void
close_strangers(const struct given *given)
{
	int keep[4 + ACTIVATION_MAX] = { 0, 1, 2, given->source->stdin_fd };
	size_t i;

	for (i = 0; i < given->listeners.n; i++)
		keep[4 + i] = given->listeners.fds[i];
	io_close_others(keep, 4 + given->listeners.n);
}

/* From valid settings to the end of the last worker. */
static int
start(const struct conf *conf, struct given *given)
{
	struct daemon d = DAEMON_NONE;
	char why[DAEMON_WHY_MAX];

	if (conf->daemonize && given->heirs == NULL)
		close_strangers(given);
	if (log_open(&conf->log) == -1) {
		(void)snprintf(why, sizeof(why), "error_log: '%.200s': %s",
		    conf->log.target, logfile_strerror(errno));
		return fail(&given->manager, EX_OSERR, why);
	}
	if (!conf->daemonize)
		return run(conf, given, &d);
	if (given->heirs != NULL) { /* it is a daemon already */
		if (chdir("/") == -1)
			log_warn("/: %s", strerror(errno));
		return run(conf, given, &d);
	}
	switch (daemon_begin(&d)) {
	case DAEMON_FAILED:
		return say(EX_OSERR, strerror(errno));
	case DAEMON_PARENT:
		return d.why[0] == '\0' ? d.code : say(d.code, d.why);
	case DAEMON_CHILD:
		break;
	}
	if (chdir("/") == -1)
		return say(EX_OSERR, strerror(errno));
	return run(conf, given, &d);
}

static int
report(const struct conf_source *source, const struct conf *conf, bool dump)
{
	char *const *remark;

	if (dump)
		conf_print(conf, stdout);
	if (fflush(stdout) == EOF)
		return say(EX_IOERR, strerror(errno));
	for (remark = conf->remarks; remark != NULL && *remark != NULL;
	     remark++)
		(void)say(EX_OK, *remark);
	(void)advice_print(conf, stderr);
	fprintf(stderr, "cgi-fpm: configuration %s test is successful\n",
	    source->file == NULL ? "of the command line" : source->file);
	return EX_OK;
}

/* What there is before settings: listeners, and what an earlier program left
 * in this process. */
static int
look_around(struct given *given)
{
	struct sock_error why;

	if (notify_open(&given->manager) == -1)
		(void)say(EX_OK, "NOTIFY_SOCKET is neither a path nor @NAME");
	if (inherit(given, &why) == -1)
		return fail(&given->manager, EX_CONFIG, why.text);
	given->image.manager = &given->manager;
	given->image.activation = &given->listeners;
	given->image.stdin_fd = given->source->stdin_fd;
	if (given->state_fd == -1)
		return EX_OK;
	given->heirs = heirs_read(
	    given->state_fd, &given->listeners, given->source->stdin_fd);
	return given->heirs != NULL ? EX_OK : say(EX_OSERR, strerror(errno));
}

/* They were readable a moment ago, when this program was tried: whoever
 * broke them meanwhile is not to end what serves. */
static int
load_kept(const struct given *given, struct conf *conf, struct conf_error *err)
{
	struct conf_source source = *given->source;
	int fd = keepsake_file(&given->kept), code;
	char path[32];

	if (fd == -1)
		return -1;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	source.file = path;
	source.pool_name = NULL;
	source.command = NULL;
	source.nset = source.nchanges = 0;
	source.serves = true;
	code = conf_load(&source, worker_run, conf, err);
	(void)close(fd);
	return code;
}

static int
load(struct given *given, struct conf *conf, struct conf_error *err)
{
	struct conf_change changes[KEEPSAKE_MAX];
	struct conf_source source = *given->source;
	size_t i;

	for (i = 0; i < given->kept.n; i++)
		changes[i] = (struct conf_change){ given->kept.at[i].pool,
			given->kept.at[i].line };
	source.changes = changes;
	source.nchanges = given->kept.n;
	if (conf_load(&source, worker_run, conf, err) == 0)
		return 0;
	if (given->heirs == NULL || given->kept.settings == NULL)
		return -1;
	(void)snprintf(given->misread, sizeof(given->misread), "%s", err->text);
	return load_kept(given, conf, err);
}

/* For a pool whose settings are right and yet cannot be had (struct heirs). */
static const struct master_conf *
served(void *arg)
{
	struct given *given = arg;
	struct conf_error none;

	if (!given->has_served && given->kept.settings != NULL)
		given->has_served =
		    load_kept(given, &given->served, &none) == 0;
	return given->has_served ? &given->served.master : NULL;
}

/* What the verb asks for, with settings to load. */
static int
act(struct options *options, struct given *given)
{
	struct conf_error err;
	struct conf conf;
	int code;

	given->source = &options->source;
	code = look_around(given);
	if (code != EX_OK)
		return code;
	options->source.native = native_run;
	if (load(given, &conf, &err) == -1) {
		tell_successor(given, err.text);
		heirs_free(given->heirs);
		return fail(&given->manager, err.code, err.text);
	}
	conf.master.log = &conf.log;
	if (given->heirs != NULL) {
		given->heirs->kept = served;
		given->heirs->kept_arg = given;
	}
	if (options->only_try)
		code = image_say(PACKAGE_VERSION) == -1 ? EX_IOERR : EX_OK;
	else if (options->verb == OPTIONS_RUN)
		code = start(&conf, given);
	else
		code = report(
		    &options->source, &conf, options->verb == OPTIONS_DUMP);
	conf_clear(&conf);
	if (given->has_served)
		conf_clear(&given->served);
	return code;
}

int
main(int argc, char **argv)
{
	struct given given = { 0 };
	struct options options;
	int code = EX_OK;

	if (io_fill_std() == -1 || io_cloexec_from(3) == -1 ||
	    image_take(&given.image, argv) == -1)
		return say(EX_OSERR, strerror(errno));
	given.state_fd = image_state();
	keepsake_read(&given.kept);
	/* After another program signals stay blocked until they can be
	 * taken: one that came between the two must not end us. */
	if (given.state_fd == -1)
		sig_reset();
	else
		sig_reset_blocked();
	if (options_parse(argc, argv, &options) == -1)
		code = say(EX_USAGE, options.text);
	else if (options.verb == OPTIONS_HELP)
		options_help(stdout);
	else if (options.verb == OPTIONS_VERSION)
		printf("cgi-fpm %s\n", PACKAGE_VERSION);
	else
		code = act(&options, &given);
	options_free(&options);
	keepsake_free(&given.kept);
	image_free(&given.image);
	return code;
}
