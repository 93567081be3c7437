#include "worker/native.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"
#include "base/privs.h"
#include "base/sig.h"
#include "board/step.h"
#include "proto/chan.h"
#include "worker/environ.h"
#include "worker/tell.h"
#include "worker/worker.h"

#define FOLDER_MAX 4096

static const char *
limit_all(const struct worker_conf *conf)
{
	unsigned i;

	for (i = 0; i < conf->nrlimits; i++) {
		const struct rlimit limit = { conf->rlimits[i].value,
			conf->rlimits[i].value };

		if (setrlimit((unsigned)conf->rlimits[i].resource, &limit) ==
		    -1)
			return "setrlimit";
	}
	return NULL;
}

/* The one that is set, or the program's own. */
static const char *
enter_folder(const struct worker_conf *conf)
{
	const char *path = conf->command[0], *slash = strrchr(path, '/');
	char folder[FOLDER_MAX];
	size_t len = slash == NULL ? 0 : (size_t)(slash - path);

	if (conf->chdir != NULL)
		return chdir(conf->chdir) == -1 ? "chdir" : NULL;
	if (slash == path)
		len = 1;
	if (len == 0 || len >= sizeof(folder))
		return NULL;
	memcpy(folder, path, len);
	folder[len] = '\0';
	return chdir(folder) == -1 ? "chdir" : NULL;
}

/* Killed when the master dies, and not orphaned if it just has: it cannot
 * hear the channel's end of file as our own worker does. */
static const char *
bind_to_master(int channel_fd)
{
	char byte;

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) == -1)
		return "prctl";
	if (recv(channel_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0) {
		errno = ESRCH;
		return "master";
	}
	return NULL;
}

/* Descriptors 0, 1 and 2 of the program; all others are close-on-exec. */
static const char *
stand_in(const struct place *place)
{
	if (io_nonblock(place->listen_fds[0], false) == -1)
		return "listener";
	if (dup2(place->listen_fds[0], STDIN_FILENO) == -1 ||
	    dup2(place->output_fd, STDOUT_FILENO) == -1 ||
	    dup2(place->output_fd, STDERR_FILENO) == -1)
		return "dup2";
	return NULL;
}

/* Everything up to the program's start, or the step that failed. */
static const char *
prepare(const struct worker_conf *conf, const struct place *place)
{
	const char *step;

	/* A group of its own: it is stopped with all it started. */
	if (setpgid(0, 0) == -1)
		return "setpgid";
	/* While root may still raise them. */
	if ((step = limit_all(conf)) != NULL ||
	    (step = privs_apply(&conf->privs)) != NULL ||
	    (step = enter_folder(conf)) != NULL)
		return step;
	/* After the ids: their change would clear it. */
	if ((step = bind_to_master(place->channel_fd)) != NULL)
		return step;
	return stand_in(place);
}

static const char *
execute(const struct worker_conf *conf)
{
	const struct environ_rule rule = { .fixed = conf->env,
		.inherit = conf->clear_env ? NULL : environ };
	const struct environ_extra extra = { .n = 0 };
	const char *envp[ENVIRON_MAX];
	struct params none;

	params_reset(&none, NULL, 0);
	if (environ_build(&rule, &none, &extra, envp) == -1) {
		errno = E2BIG;
		return "environment";
	}
	sig_reset();
	(void)execve(
	    conf->command[0], conf->command, (char *const *)(uintptr_t)envp);
	return "execve";
}

static void
complain(const struct worker_conf *conf, const struct place *place,
    const char *step, int error)
{
	const struct chan_msg msg = {
		.kind = CHAN_FAILED, .value = error, .since_ms = step_code(step)
	};
	uint8_t buf[CHAN_LEN];

	tell(place, BOARD_RATE_SCRIPTS, LOG_LEVEL_ERROR,
	    &(struct log_about){ .pool = conf->pool, .worker = getpid() },
	    "%s cannot be executed: %s: %s", conf->command[0], step,
	    strerror(error));
	chan_put(buf, &msg);
	(void)io_send_fds(place->channel_fd, buf, sizeof(buf), NULL, 0);
}

/* May the next try, a moment later, do better? */
static int
code_for(int error)
{
	switch (error) {
	case EAGAIN:
	case ENOMEM:
	case EMFILE:
	case ENFILE:
	case ETXTBSY:
	case EIO:
	case ESRCH:
		return PLACE_FAILED;
	default:
		return PLACE_CONFIG;
	}
}

int
native_run(const void *arg, const struct place *place)
{
	const struct worker_conf *conf = arg;
	int log_stderr = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
	const char *step;
	int error;

	log_tag(conf->pool);
	step = prepare(conf, place);
	if (step == NULL)
		step = execute(conf);
	error = errno;
	/* Our own words go to our own log. */
	if (log_stderr != -1)
		(void)dup2(log_stderr, STDERR_FILENO);
	complain(conf, place, step, error);
	return code_for(error);
}
