/* main.c - the order of start-up; nothing else. */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/io.h"
#include "base/log.h"
#include "base/sig.h"
#include "conf.h"
#include "master/master.h"
#include "options.h"
#include "worker/worker.h"

static int
say(int code, const char *text)
{
	fprintf(stderr, "cgi-fpm: %s\n", text);
	return code;
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

static void
ready(void *arg, const char *why)
{
	(void)arg;
	if (why != NULL)
		(void)say(EX_OSERR, why);
}

/* From valid settings to the end of the last worker. */
static int
run(const struct conf *conf)
{
	struct master_error err = { 0 };
	struct master *master;
	int code;

	if (log_open(&conf->log) == -1) {
		fprintf(stderr, "cgi-fpm: error_log '%s': %s\n",
		    conf->log.target, strerror(errno));
		return EX_OSERR;
	}
	warn_root(conf);
	master = master_open(&conf->master, &err);
	if (master == NULL)
		return say(err.code, err.text);
	code = master_run(master, ready, NULL);
	master_close(master);
	return code;
}

static int
tell_test(const struct conf_source *source, const struct conf *conf, bool dump)
{
	if (dump)
		conf_print(conf, stdout);
	fprintf(stderr, "cgi-fpm: configuration %s test is successful\n",
	    source->file == NULL ? "of the command line" : source->file);
	return fflush(stdout) == 0 ? EX_OK : say(EX_IOERR, strerror(errno));
}

/* What the verb asks for, with settings that have been loaded. */
static int
act(const struct options *options, const struct conf *conf)
{
	switch (options->verb) {
	case OPTIONS_TEST:
		return tell_test(&options->source, conf, false);
	case OPTIONS_DUMP:
		return tell_test(&options->source, conf, true);
	case OPTIONS_RUN:
	case OPTIONS_HELP:
	case OPTIONS_VERSION:
		break;
	}
	return run(conf);
}

int
main(int argc, char **argv)
{
	struct options options;
	struct conf_error err;
	struct conf conf;
	int code;

	if (io_fill_std() == -1 || io_cloexec_from(3) == -1)
		return say(EX_OSERR, strerror(errno));
	sig_reset();
	if (options_parse(argc, argv, &options) == -1) {
		code = say(EX_USAGE, options.text);
	} else if (options.verb == OPTIONS_HELP) {
		options_help(stdout);
		code = EX_OK;
	} else if (options.verb == OPTIONS_VERSION) {
		printf("cgi-fpm %s\n", PACKAGE_VERSION);
		code = EX_OK;
	} else if (conf_load(&options.source, worker_run, &conf, &err) == -1) {
		code = say(err.code, err.text);
	} else {
		code = act(&options, &conf);
		conf_clear(&conf);
	}
	options_free(&options);
	return code;
}
