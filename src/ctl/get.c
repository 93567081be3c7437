#include "ctl/get.h"

#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/num.h"
#include "base/sock.h"
#include "ctl/client.h"
#include "ctl/query.h"
#include "ctl/target.h"

#define TIMEOUT_MS 60000

enum { OPT_BODY = 256, OPT_TIMEOUT };

struct args {
	const char *name; /* of the program and verb, for messages */
	const char *socket;
	char **given;
	size_t ngiven;
	const char *body; /* NULL: none */
	int64_t timeout_ms;
	bool include;
};

static const struct argp_option options[] = {
	{ "body", OPT_BODY, "FILE", 0,
	    "Send FILE as the request's body; - is standard input", 0 },
	{ "include", 'i', NULL, 0, "Print the head of the answer too", 0 },
	{ "timeout", OPT_TIMEOUT, "TIME", 0,
	    "Give up after TIME (60s, 500ms, 2m; 0: never)", 0 },
	{ NULL, 0, NULL, 0, NULL, 0 },
};

static void
take_arg(struct args *args, char *arg, struct argp_state *state)
{
	const char *equals = strchr(arg, '=');

	if (args->socket == NULL)
		args->socket = arg;
	else if (equals == NULL || equals == arg)
		argp_error(state, "'%s' is not NAME=VALUE", arg);
	else
		args->given[args->ngiven++] = arg;
}

static error_t
parse(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;

	switch (key) {
	case OPT_BODY:
		args->body = arg;
		return 0;
	case OPT_TIMEOUT:
		if (num_duration(arg, &args->timeout_ms) != 0)
			argp_error(state, "'%s' is not a time", arg);
		return 0;
	case 'i':
		args->include = true;
		return 0;
	case ARGP_KEY_ARG:
		take_arg(args, arg, state);
		return 0;
	case ARGP_KEY_NO_ARGS:
		argp_error(state, "which socket?");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const struct argp argp = {
	options,
	parse,
	"SOCKET [NAME=VALUE...]",
	"Send a request to a FastCGI application and print what it answers."
	"\vThe exit status is the application's status; 69: cannot connect, "
	"75: too late or overloaded, 76: protocol error.",
	NULL,
	NULL,
	NULL,
};

/* Open the body.  Its length is known for files alone. */
static int
open_body(const struct args *args, int *fd, int64_t *len)
{
	struct stat st;
	off_t at;

	*fd = -1;
	*len = -1;
	if (args->body == NULL)
		return 0;
	*fd = STDIN_FILENO;
	if (strcmp(args->body, "-") != 0)
		*fd = open(args->body, O_RDONLY | O_CLOEXEC);
	if (*fd == -1 || fstat(*fd, &st) != 0)
		return -1;
	if (S_ISREG(st.st_mode) && (at = lseek(*fd, 0, SEEK_CUR)) != -1)
		*len = st.st_size > at ? st.st_size - at : 0;
	return 0;
}

static int
say(const struct args *args, const char *what, const char *why, int status)
{
	(void)fprintf(stderr, "%s: %s: %s\n", args->name, what, why);
	return status;
}

/* Connect, or say why not; *STATUS is the exit status then. */
static int
reach(const struct args *args, int64_t deadline_ms, int *status)
{
	struct sock_addr addr;
	struct sock_error err;
	int timeout = args->timeout_ms > 0 && args->timeout_ms < INT_MAX
	    ? (int)args->timeout_ms
	    : INT_MAX;
	int fd;

	if (target_parse(args->socket, &addr, &err) != 0) {
		*status = say(args, args->socket, err.text, EX_USAGE);
		return -1;
	}
	fd = sock_connect(&addr, timeout);
	if (fd == -1 && errno == ETIMEDOUT && clock_ms() >= deadline_ms)
		*status = say(
		    args, args->socket, "no connection in time", EX_TEMPFAIL);
	else if (fd == -1)
		*status =
		    say(args, args->socket, strerror(errno), EX_UNAVAILABLE);
	return fd;
}

static int
tell(const struct args *args, const struct client_result *result)
{
	const char *what = args->socket;
	const char *why = client_strerror(result);

	if (result->err == CLIENT_EBODY)
		what = args->body;
	if (result->err == CLIENT_EOUT)
		what = "output";
	return why != NULL ? say(args, what, why, client_exit(result))
			   : client_exit(result);
}

static int
ask(const struct args *args, struct client_job *job)
{
	struct client_result result;
	int status = EX_SOFTWARE;
	int sock = reach(args, job->deadline_ms, &status);

	if (sock == -1)
		return status;
	client_run(sock, job, &result);
	(void)close(sock);
	return tell(args, &result);
}

static int
get(const struct args *args)
{
	struct client_job job = {
		.id = QUERY_ID,
		.out_fd = STDOUT_FILENO,
		.err_fd = STDERR_FILENO,
		.with_head = args->include,
		.deadline_ms = args->timeout_ms > 0
		    ? clock_ms() + args->timeout_ms
		    : CLOCK_NEVER,
	};
	struct query query = { args->given, args->ngiven, args->body != NULL,
		-1 };
	uint8_t *head;
	int status;

	if (open_body(args, &job.body_fd, &query.body_len) != 0)
		return say(args, args->body, strerror(errno), EX_NOINPUT);
	head = query_encode(&query, &job.head.len);
	if (head == NULL)
		return say(args, "get", strerror(ENOMEM), EX_OSERR);
	job.head.at = head;
	status = ask(args, &job);
	free(head);
	return status;
}

int
get_main(const struct opts *opts, int argc, char **argv)
{
	struct args args = { .name = argv[0], .timeout_ms = TIMEOUT_MS };
	int status = EX_USAGE;

	(void)opts; /* no master is asked */
	args.given = calloc((size_t)argc, sizeof(*args.given));
	if (args.given == NULL)
		return say(&args, "get", strerror(ENOMEM), EX_OSERR);
	if (argp_parse(&argp, argc, argv, 0, NULL, &args) == 0)
		status = get(&args);
	free(args.given);
	return status;
}
