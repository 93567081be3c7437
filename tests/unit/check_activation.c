/* The protocol puts listeners on 3, 4, ...: each test runs in a process of
 * its own, where these are free to be taken. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/activation.h"
#include "unit.h"

enum kind { NONE, LISTENER, IDLE, DATAGRAM, FILE_, CLOSED };

static const struct row {
	const char *what;
	const char *pid; /* "self": ours; NULL: unset */
	const char *fds;
	const char *names;
	enum kind kinds[2];
	int code;
	size_t n;
	const char *first, *second; /* names expected; NULL: do not look */
	const char *text;           /* a part of the error */
} rows[] = {
	{ .what = "one",
	    .pid = "self",
	    .fds = "1",
	    .kinds = { LISTENER },
	    .n = 1,
	    .first = "unknown" },
	{ .what = "two with names",
	    .pid = "self",
	    .fds = "2",
	    .names = "git:hg",
	    .kinds = { LISTENER, LISTENER },
	    .n = 2,
	    .first = "git",
	    .second = "hg" },
	{ .what = "an empty name",
	    .pid = "self",
	    .fds = "2",
	    .names = ":hg",
	    .kinds = { LISTENER, LISTENER },
	    .n = 2,
	    .first = "",
	    .second = "hg" },
	{ .what = "nothing", .n = 0 },
	{ .what = "no pid", .fds = "1", .kinds = { LISTENER }, .n = 0 },
	{ .what = "none", .pid = "self", .fds = "0", .n = 0 },
	{ .what = "another's",
	    .pid = "1",
	    .fds = "1",
	    .kinds = { LISTENER },
	    .n = 0 },
	{ .what = "another's bad number", .pid = "1", .fds = "x", .n = 0 },
	{ .what = "bad pid",
	    .pid = "x",
	    .fds = "1",
	    .kinds = { LISTENER },
	    .code = -1,
	    .text = "LISTEN_PID" },
	{ .what = "bad number",
	    .pid = "self",
	    .fds = "x",
	    .code = -1,
	    .text = "LISTEN_FDS" },
	{ .what = "negative",
	    .pid = "self",
	    .fds = "-1",
	    .code = -1,
	    .text = "LISTEN_FDS" },
	{ .what = "too many",
	    .pid = "self",
	    .fds = "1025",
	    .code = -1,
	    .text = "LISTEN_FDS" },
	{ .what = "one name too few",
	    .pid = "self",
	    .fds = "2",
	    .names = "git",
	    .kinds = { LISTENER, LISTENER },
	    .code = -1,
	    .text = "LISTEN_FDNAMES" },
	{ .what = "one name too many",
	    .pid = "self",
	    .fds = "1",
	    .names = "git:hg",
	    .kinds = { LISTENER },
	    .code = -1,
	    .text = "LISTEN_FDNAMES" },
	{ .what = "a file",
	    .pid = "self",
	    .fds = "1",
	    .kinds = { FILE_ },
	    .code = -1,
	    .text = "descriptor 3 is not a socket" },
	{ .what = "the second is closed",
	    .pid = "self",
	    .fds = "2",
	    .kinds = { LISTENER, CLOSED },
	    .code = -1,
	    .text = "descriptor 4 is not a socket" },
	{ .what = "a datagram socket",
	    .pid = "self",
	    .fds = "1",
	    .kinds = { DATAGRAM },
	    .code = -1,
	    .text = "not a stream" },
	{ .what = "a socket that is not listening",
	    .pid = "self",
	    .fds = "1",
	    .kinds = { IDLE },
	    .code = -1,
	    .text = "is not listening" },
};

/* A descriptor of KIND becomes FD, not close-on-exec. */
static void
put(enum kind kind, int fd)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	int made = -1;

	(void)close(fd);
	if (kind == FILE_)
		made = open("/dev/null", O_RDONLY);
	else if (kind != NONE && kind != CLOSED)
		made = socket(
		    AF_UNIX, kind == DATAGRAM ? SOCK_DGRAM : SOCK_STREAM, 0);
	if (kind == LISTENER) {
		(void)bind(made, (struct sockaddr *)&sun,
		    sizeof(sa_family_t)); /* the kernel finds a name */
		(void)listen(made, 1);
	}
	if (made != -1 && made != fd) {
		(void)dup2(made, fd);
		(void)close(made);
	}
}

static void
set(const char *name, const char *value)
{
	char self[16];

	(void)snprintf(self, sizeof(self), "%d", getpid());
	if (value == NULL)
		(void)unsetenv(name);
	else
		(void)setenv(
		    name, strcmp(value, "self") == 0 ? self : value, 1);
}

/* Take what ROW gives; the number of the first thing that is wrong. */
static int
run(const struct row *row)
{
	static struct activation a;
	struct sock_error err = { 0 };
	size_t i;

	put(row->kinds[0], 3);
	put(row->kinds[1], 4);
	set("LISTEN_PID", row->pid);
	set("LISTEN_FDS", row->fds);
	set("LISTEN_FDNAMES", row->names);
	if (activation_take(&a, NULL, &err) != row->code || a.n != row->n)
		return 1;
	if (getenv("LISTEN_PID") || getenv("LISTEN_FDS") ||
	    getenv("LISTEN_FDNAMES"))
		return 2;
	for (i = 0; i < a.n; i++) {
		if (a.fds[i] != 3 + (int)i ||
		    fcntl(a.fds[i], F_GETFD) != FD_CLOEXEC)
			return 3;
	}
	if (row->first != NULL && strcmp(a.names[0], row->first) != 0)
		return 4;
	if (row->second != NULL && strcmp(a.names[1], row->second) != 0)
		return 5;
	if (row->text != NULL && strstr(err.text, row->text) == NULL)
		return 6;
	return 0;
}

START_TEST(listeners_are_taken_over_or_refused)
{
	pid_t pid = fork();
	int code;

	if (pid == 0)
		_exit(run(&rows[_i]));
	code = unit_exit_code(pid);
	ck_assert_msg(code == 0, "%s: %d", rows[_i].what, code);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("activation");
	TCase *tc = tcase_create("environment");

	suite_add_tcase(s, tc);
	tcase_add_loop_test(tc, listeners_are_taken_over_or_refused, 0,
	    sizeof(rows) / sizeof(rows[0]));
	return unit_run(s);
}
