#include "rig.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "master/master.h"
#include "proto/chan.h"
#include "scribble.h"

#define SILENT_MS 10 /* then a connection without a byte is parked */
#define LATE_MS 300  /* with LATE */

/* The worker */

const enum fate rig_fates[] = { SERVE, EXIT_1, EXIT_78, SAY_FAILED, DEAF,
	DIE_READY, SCRIBBLE, LATE };

static void
say(int sock, enum chan_kind kind, int32_t value, int64_t since, int fd)
{
	const struct chan_msg msg = {
		.kind = kind, .value = value, .since_ms = since
	};
	uint8_t buf[CHAN_LEN];

	chan_put(buf, &msg);
	(void)io_send_fds(sock, buf, sizeof(buf), &fd, fd == -1 ? 0 : 1);
}

static int
count_fds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = -1; /* the folder itself */

	while (readdir(dir) != NULL)
		n++;
	(void)closedir(dir);
	return n - 2; /* . and .. */
}

/* SINCE: when the connection was accepted or kept. */
static void
answer(const struct place *place, enum fate fate, int fd, int64_t since)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int32_t number = (int32_t)getpid();
	char letter;

	if (poll(&p, 1, fate == LATE ? LATE_MS : SILENT_MS) == 0) {
		say(place->channel_fd, CHAN_PARK, 1, since, fd);
		return;
	}
	if (read(fd, &letter, 1) != 1)
		return;
	board_add(place->board, place->slot, BOARD_ACCEPTED, 1);
	if (letter == 'x')
		_exit(3);
	if (letter == 's')
		(void)poll(NULL, 0, 400);
	while (letter == 'l')
		(void)send(place->channel_fd, "gossip", 6, 0);
	if (letter == 'h')
		(void)poll(NULL, 0, 60000);
	if (letter == 'w')
		(void)!read(fd, &letter, 1);
	if (letter == 'f')
		number = count_fds();
	if (letter == 'g') {
		(void)send(place->channel_fd, "gossip", 6, 0);
		say(place->channel_fd, CHAN_STOP, 0, 0, -1);
		say(place->channel_fd, CHAN_READY, 0, 0, fd);
	}
	board_add(place->board, place->slot, BOARD_COMPLETED, 1);
	(void)send(fd, &number, sizeof(number), MSG_NOSIGNAL);
	if (letter == 'k')
		say(place->channel_fd, CHAN_PARK, 0, clock_ms(), fd);
}

static void
serve(const struct place *place, enum fate fate, int fd, int64_t since)
{
	board_set_state(place->board, place->slot, BOARD_BUSY);
	if (board_count_state(place->board, BOARD_IDLE) == 0)
		say(place->channel_fd, CHAN_FULL, 0, 0, -1);
	answer(place, fate, fd, since);
	(void)close(fd);
	board_set_state(place->board, place->slot, BOARD_IDLE);
}

static bool
take_handed(const struct place *place, enum fate fate)
{
	struct chan_msg msg = { .kind = CHAN_CONN };
	uint8_t buf[CHAN_LEN];
	ssize_t len;
	size_t n;
	int fd;

	len = io_recv_fds(place->handoff_fd, buf, sizeof(buf), &fd, 1, &n);
	if (len != CHAN_LEN || n != 1 ||
	    chan_get((struct span){ .at = buf, .len = CHAN_LEN }, &msg) == -1)
		return false;
	serve(place, fate, fd, msg.since_ms);
	return true;
}

/* False: told to go, or the master died.  *LAST: take what is handed over
 * only, and all of it. */
static bool
told_to_stay(const struct place *place, enum fate fate, bool *last)
{
	struct chan_msg msg;
	uint8_t buf[CHAN_LEN];
	int fds[2];
	ssize_t len;
	size_t n;

	len = io_recv_fds(place->channel_fd, buf, sizeof(buf), fds, 2, &n);
	if (len != CHAN_LEN)
		return len == -1;
	if (chan_get((struct span){ .at = buf, .len = CHAN_LEN }, &msg) == -1)
		return true;
	if (msg.kind == CHAN_LOG && n == 1) {
		if (msg.value == PLACE_LOG_VALUE(PLACE_LOG_ACCESS))
			(void)dprintf(fds[0], "value %d\n", (int)msg.value);
		(void)close(fds[0]);
		return true;
	}
	if (msg.kind == CHAN_CLOSING) {
		*last = true;
		say(place->channel_fd, CHAN_CLOSING, 0, 0, -1);
	}
	return fate == DEAF || msg.kind == CHAN_CLOSING;
}

static int
fake_run(const void *arg, const struct place *place)
{
	const enum fate fate = *(const enum fate *)arg;
	struct pollfd p[3] = { { .fd = place->channel_fd, .events = POLLIN },
		{ .fd = place->handoff_fd, .events = POLLIN },
		{ .fd = place->listen_fds[0], .events = POLLIN } };
	bool last = false;
	int fd;

	board_enter(place->board, place->slot, (int32_t)getpid());
	if (fate == EXIT_1 || fate == EXIT_78)
		return fate == EXIT_1 ? PLACE_FAILED : PLACE_CONFIG;
	if (fate == SAY_FAILED) {
		say(place->channel_fd, CHAN_FAILED, ENOENT, 0, -1);
		return PLACE_FAILED;
	}
	board_set_state(place->board, place->slot, BOARD_IDLE);
	say(place->channel_fd, CHAN_READY, 0, 0, -1);
	if (fate == DIE_READY)
		return PLACE_FAILED;
	for (;;) {
		if (fate == SCRIBBLE)
			scribble(place);
		(void)poll(p, 3, fate == SCRIBBLE ? 1 : -1);
		if (p[0].revents != 0 && !told_to_stay(place, fate, &last))
			break;
		p[2].fd = last ? -1 : place->listen_fds[0];
		if (p[1].revents != 0)
			(void)take_handed(place, fate);
		if (p[2].revents == 0 || last)
			continue;
		fd = accept4(place->listen_fds[0], NULL, NULL, SOCK_CLOEXEC);
		if (fd != -1)
			serve(place, fate, fd, clock_ms());
	}
	while (last && take_handed(place, fate))
		;
	return PLACE_RETIRED;
}

/* The master, in a process of its own */

struct rig rig;

static void
on_ready(void *arg, int code, const char *why)
{
	const char *text = why == NULL ? "up" : why;

	(void)code;
	(void)!write(*(int *)arg, text, strlen(text));
}

static int
run_master(int report_fd)
{
	const struct log_conf log = { .target = rig.log_path,
		.level = LOG_LEVEL_DEBUG };
	struct master_error err;
	struct master *m;
	int code;

	if (rig.nofile > 0)
		(void)setrlimit(
		    RLIMIT_NOFILE, &(struct rlimit){ rig.nofile, rig.nofile });
	if (log_open(&log) == -1)
		return 99;
	m = master_open(&rig.conf, &err);
	if (m == NULL) {
		on_ready(&report_fd, err.code, err.text);
		return err.code;
	}
	if (rig.with_stranger && fork() == 0)
		_exit(poll(NULL, 0, 100));
	code = master_run(m, on_ready, &report_fd);
	master_close(m);
	return code;
}

void
start_master(void)
{
	int fds[2];

	io_close(&rig.ready_fd);
	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	rig.master_pid = fork();
	if (rig.master_pid == 0)
		_exit(run_master(fds[1]));
	(void)close(fds[1]);
	rig.ready_fd = fds[0];
}

/* What the master says of its start. */
const char *
heard(void)
{
	static char text[600];
	struct pollfd p = { .fd = rig.ready_fd, .events = POLLIN };
	ssize_t n;

	ck_assert_int_eq(poll(&p, 1, PATIENCE_MS), 1);
	n = read(rig.ready_fd, text, sizeof(text) - 1);
	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	return text;
}

void
start_up(void)
{
	start_master();
	ck_assert_str_eq(heard(), "up");
}

int
wait_master(void)
{
	int64_t end = clock_ms() + PATIENCE_MS;
	int status;

	while (waitpid(rig.master_pid, &status, WNOHANG) == 0) {
		ck_assert_int_lt(clock_ms(), end);
		(void)poll(NULL, 0, 2);
	}
	rig.master_pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void
rig_setup(void)
{
	struct sock_error err;

	memset(&rig, 0, sizeof(rig));
	rig.ready_fd = -1;
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	(void)snprintf(rig.dir, sizeof(rig.dir), "/tmp/check_master.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(rig.dir));
	(void)snprintf(rig.path, sizeof(rig.path), "%s/s", rig.dir);
	(void)snprintf(rig.log_path, sizeof(rig.log_path), "%s/log", rig.dir);
	(void)snprintf(
	    rig.access_path, sizeof(rig.access_path), "%s/access", rig.dir);
	(void)snprintf(rig.pid_path, sizeof(rig.pid_path), "%s/pid", rig.dir);
	rig.pool = (struct pool_conf){ .name = "p",
		.pm = POOL_STATIC,
		.max_children = 3,
		.max_spawn_rate = 32,
		.idle_timeout_ms = 10000,
		.restart_delay_ms = 100,
		.restart_delay_max_ms = 60000,
		.settled_ms = 1000,
		.control_timeout_ms = 3000,
		.keepalive = true,
		.keepalive_max = 8,
		.keepalive_timeout_ms = 60000,
		.head_timeout_ms = 60000,
		.nlisten = 1,
		.run = fake_run,
		.run_arg = &rig_fates[SERVE] };
	ck_assert_int_eq(
	    sock_parse(rig.path, &rig.pool.listen[0].addr, &err), 0);
	rig.pool.listen[0].backlog = 64;
	rig.pool.listen[0].fd = -1;
	rig.pool.listen[0].perm =
	    (struct sock_perm){ 0600, (uid_t)-1, (gid_t)-1, NULL };
	rig.conf = (struct master_conf){ .control_timeout_ms = 3000,
		.pid_file = rig.pid_path,
		.pools = &rig.pool,
		.npools = 1 };
}

/* Whatever the test did: nobody is left. */
void
rig_teardown(void)
{
	char command[100];
	pid_t pid;

	if (rig.master_pid > 0)
		(void)kill(rig.master_pid, SIGKILL);
	while ((pid = waitpid(-1, NULL, 0)) > 0)
		;
	io_close(&rig.ready_fd);
	(void)snprintf(command, sizeof(command), "rm -rf %s", rig.dir);
	ck_assert_int_eq(system(command), 0);
}

/* A client */

int
dial(void)
{
	int fd = sock_connect(&rig.pool.listen[0].addr, PATIENCE_MS);

	ck_assert_int_ne(fd, -1);
	return fd;
}

/* A number, 0: closed without an answer. */
int
listen_to(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int32_t number = 0;

	ck_assert_int_eq(poll(&p, 1, PATIENCE_MS), 1);
	return recv(fd, &number, sizeof(number), 0) == sizeof(number) ? number
								      : 0;
}

int
ask_on(int fd, char letter)
{
	ck_assert_int_eq(send(fd, &letter, 1, MSG_NOSIGNAL), 1);
	return listen_to(fd);
}

int
ask(char letter)
{
	int fd = dial(), number = ask_on(fd, letter);

	(void)close(fd);
	return number;
}

void
wait_taken(int fd)
{
	int64_t end = clock_ms() + PATIENCE_MS;
	int left = 1;

	while (ioctl(fd, SIOCOUTQ, &left) == 0 && left > 0) {
		ck_assert_int_lt(clock_ms(), end);
		(void)poll(NULL, 0, 1);
	}
	ck_assert_int_eq(left, 0);
}

pid_t
kill_one(void)
{
	pid_t victim = ask('p');

	ck_assert_int_gt(victim, 0); /* 0 would be all of us */
	(void)kill(victim, SIGKILL);
	return victim;
}

/* How many times TEXT is in FILE. */
int
count_in(const char *file, const char *text)
{
	static char buf[1 << 16];
	int fd = open(file, O_RDONLY), n = 0;
	ssize_t len = fd == -1 ? 0 : read(fd, buf, sizeof(buf) - 1);
	char *at = buf;

	if (fd != -1)
		(void)close(fd);
	buf[len > 0 ? len : 0] = '\0';
	while ((at = strstr(at, text)) != NULL) {
		at++;
		n++;
	}
	return n;
}

int
children_of(pid_t pid)
{
	char file[64];
	int n;

	(void)snprintf(file, sizeof(file), "/proc/%d/task/%d/children",
	    (int)pid, (int)pid);
	n = count_in(file, " ");
	return n;
}

int
fds_of(pid_t pid)
{
	char folder[64];
	DIR *dir;
	int n = -2; /* . and .. */

	(void)snprintf(folder, sizeof(folder), "/proc/%d/fd", (int)pid);
	dir = opendir(folder);
	ck_assert_ptr_nonnull(dir);
	while (readdir(dir) != NULL)
		n++;
	(void)closedir(dir);
	return n;
}

void
wait_children(int want)
{
	int64_t end = clock_ms() + PATIENCE_MS;

	while (children_of(rig.master_pid) != want) {
		ck_assert_msg(clock_ms() < end, "%d workers, not %d",
		    children_of(rig.master_pid), want);
		(void)poll(NULL, 0, 1);
	}
}

void
wait_fds(int want)
{
	int64_t end = clock_ms() + PATIENCE_MS;

	while (fds_of(rig.master_pid) != want) {
		ck_assert_msg(clock_ms() < end, "%d descriptors, not %d",
		    fds_of(rig.master_pid), want);
		(void)poll(NULL, 0, 1);
	}
}

void
wait_logged(const char *text, int times)
{
	int64_t end = clock_ms() + PATIENCE_MS;

	while (count_in(rig.log_path, text) < times) {
		ck_assert_msg(clock_ms() < end, "not logged: %s", text);
		(void)poll(NULL, 0, 2);
	}
}

int
stop_with(int signo)
{
	(void)kill(rig.master_pid, signo);
	return wait_master();
}
