#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/sig.h"
#include "master/frame.h"
#include "master/upgrade.h"
#include "master/watch.h"
#include "master/will.h"
#include "master/wstatus.h"

#define TRY_MS 10000
#define EXIT_NO_EXEC 126
#define ANSWERS_MS 1000 /* for answers of the control socket to be sent */

void
master_upgrade(struct master *m, master_verdict *done, void *arg)
{
	m->upgrade.asked = true;
	askers_add(&m->upgrade.askers, done, arg);
}

__attribute__((format(printf, 3, 4))) static void
refuse(struct master *m, int code, const char *fmt, ...)
{
	char text[UPGRADE_TEXT_MAX + 256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	log_error("upgrade: %s; nothing was changed", text);
	askers_tell(&m->upgrade.askers, false, code, text);
}

/* Trying it */

static void
try_in_child(struct master *m, int out_fd)
{
	sig_reset();
	if (dup2(out_fd, STDOUT_FILENO) == -1 ||
	    dup2(out_fd, STDERR_FILENO) == -1)
		_exit(EXIT_NO_EXEC);
	(void)setrlimit(RLIMIT_NOFILE, &m->self.were.files);
	if (m->image.prepare(m->image.arg, -1) == 0)
		(void)execv(m->image.path, m->image.try_argv);
	(void)dprintf(STDOUT_FILENO, "%s\n", strerror(errno));
	_exit(EXIT_NO_EXEC);
}

/* Zeroed when there is none: trying it says why. */
static struct upgrade_file
look_at_file(const struct master *m)
{
	struct stat st;

	if (stat(m->image.path, &st) == -1)
		return (struct upgrade_file){ 0 };
	return (struct upgrade_file){ st.st_dev, st.st_ino, st.st_size,
		st.st_ctim };
}

static bool
is_same_file(const struct upgrade_file *a, const struct upgrade_file *b)
{
	return a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
	    a->changed.tv_sec == b->changed.tv_sec &&
	    a->changed.tv_nsec == b->changed.tv_nsec;
}

static int
begin(struct master *m, int64_t now)
{
	const struct watch w = { .kind = WATCH_PROBE };
	struct upgrade *u = &m->upgrade;
	int fds[2];

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK) == -1)
		return -1;
	u->fd = fds[0];
	u->file = look_at_file(m);
	if (watch_add(m->epoll_fd, u->fd, EPOLLIN, &w) == -1 ||
	    io_nonblock(fds[1], false) == -1 || (u->pid = fork()) == -1) {
		u->pid = 0;
		io_close(&fds[0]);
		io_close(&fds[1]);
		return -1;
	}
	if (u->pid == 0)
		try_in_child(m, fds[1]);
	io_close(&fds[1]);
	u->due_ms = now + TRY_MS;
	u->late = false;
	u->len = 0;
	return 0;
}

/* What does not fit is read and dropped, so that nobody waits for us.  True
 * at its end. */
static bool
listen_to(struct upgrade *u)
{
	char drop[512];
	ssize_t n;

	do {
		size_t room = UPGRADE_TEXT_MAX - u->len;

		n = read(u->fd, room > 0 ? u->text + u->len : drop,
		    room > 0 ? room : sizeof(drop));
		if (n > 0 && room > 0)
			u->len += (size_t)n;
	} while (n > 0 || (n == -1 && errno == EINTR));
	u->text[u->len] = '\0';
	return n == 0;
}

void
upgrade_event(struct master *m)
{
	struct upgrade *u = &m->upgrade;

	if (u->pid == 0 || u->fd == -1)
		return;
	if (!listen_to(u))
		return;
	watch_del(m->epoll_fd, u->fd);
	io_close(&u->fd);
}

/* The line with the word, or NULL. */
static const char *
find_word(const char *text)
{
	while (text != NULL && *text != '\0') {
		if (strncmp(text, UPGRADE_WORD " ", sizeof(UPGRADE_WORD)) == 0)
			return text;
		text = strchr(text, '\n');
		if (text != NULL)
			text++;
	}
	return NULL;
}

static void
judge(struct master *m, int status)
{
	struct upgrade *u = &m->upgrade;
	char end[WSTATUS_TEXT_MAX];
	size_t line = strcspn(u->text, "\n");

	u->passed =
	    !u->late && wstatus_code(status) == 0 && find_word(u->text) != NULL;
	if (u->passed)
		return;
	if (u->late)
		refuse(m, EX_TEMPFAIL, "%s did not answer within %d seconds",
		    m->image.path, TRY_MS / 1000);
	else if (wstatus_code(status) == 0)
		refuse(m, EX_SOFTWARE, "%s is not a cgi-fpm", m->image.path);
	else if (line > 0)
		refuse(m, EX_SOFTWARE, "%s: %.*s", m->image.path, (int)line,
		    u->text);
	else
		refuse(m, EX_SOFTWARE, "%s %s", m->image.path,
		    wstatus_text(status, end, sizeof(end)));
}

bool
upgrade_died(struct master *m, pid_t pid, int status)
{
	struct upgrade *u = &m->upgrade;

	if (pid != u->pid || pid == 0)
		return false;
	if (u->fd != -1) {
		(void)listen_to(u);
		watch_del(m->epoll_fd, u->fd);
		io_close(&u->fd);
	}
	u->pid = 0;
	judge(m, status);
	return true;
}

/* Handing over */

static void
leave_seats(const struct master *m, struct will *w, enum seat_role role)
{
	size_t i;

	for (i = 0; i < m->nseats; i++)
		if (m->seats[i].crew != NULL && m->seats[i].role == role)
			crew_bequeath(m->seats[i].crew, w);
}

/* Those that serve come first: of two with a name one is going. */
static int
write_will(const struct master *m, int64_t now)
{
	struct state_item item = { .kind = STATE_MASTER };
	struct will w;

	will_open(&w);
	item.u.master.generation = m->generation;
	item.u.master.drained = m->drained;
	item.u.master.soft = m->self.were.files.rlim_cur;
	item.u.master.hard = m->self.were.files.rlim_max;
	if (m->has_pidfile && strchr(m->conf->pid_file, '\n') == NULL)
		(void)snprintf(item.u.master.pid_file,
		    sizeof(item.u.master.pid_file), "%s", m->conf->pid_file);
	will_add(&w, &item);
	if (m->control != NULL)
		control_bequeath(m->control, &w, now);
	leave_seats(m, &w, SEAT_SERVES);
	leave_seats(m, &w, SEAT_GOES);
	return will_close(&w);
}

static int
leave_settings(const struct master *m)
{
	if (m->loader.leave == NULL)
		return 0;
	return m->loader.leave(m->loader.arg, m->conf);
}

/* Returns only when it could not be done. */
static void
hand_over(struct master *m, int64_t now)
{
	struct master_error err;
	char text[UPGRADE_TEXT_MAX + 64];
	int fd, error;

	m->upgrade.passed = false;
	m->upgrade.hand_ms = 0;
	fd = write_will(m, now);
	if (fd != -1 && leave_settings(m) == 0 &&
	    m->image.prepare(m->image.arg, fd) == 0) {
		(void)snprintf(text, sizeof(text), "%.*s takes over",
		    (int)strcspn(m->upgrade.text, "\n"), m->upgrade.text);
		log_notice("upgrade: %s", text);
		service_reloading(&m->service, clock_us());
		(void)manager_report(m, true, now);
		askers_tell(&m->upgrade.askers, false, 0, text);
		self_restore(&m->self);
		(void)execv(m->image.path, m->image.argv);
	}
	error = errno;
	(void)self_apply(&m->self, &m->conf->self, &err);
	if (m->loader.take_back != NULL)
		m->loader.take_back(m->loader.arg);
	m->image.undo(m->image.arg);
	(void)io_cloexec_from(3);
	io_close(&fd);
	service_reloaded(&m->service);
	refuse(m, EX_OSERR, "%s: %s", m->image.path, strerror(error));
}

/* Is nobody left in the middle of anything?  Who is being answered does not
 * take long, but others may come. */
static bool
is_time(struct master *m, int64_t now)
{
	struct upgrade *u = &m->upgrade;

	if (reload_is_under_way(m) || m->swap.crew != NULL) {
		u->hand_ms = 0;
		return false;
	}
	if (u->hand_ms == 0)
		u->hand_ms = now + ANSWERS_MS;
	return now >= u->hand_ms || m->control == NULL ||
	    !control_owes(m->control);
}

/* Somebody may have put yet another file there since it was tried. */
static void
hand_over_tried(struct master *m, int64_t now)
{
	struct upgrade_file file = look_at_file(m);

	if (is_same_file(&file, &m->upgrade.file)) {
		hand_over(m, now);
		return;
	}
	log_notice("upgrade: %s was replaced meanwhile", m->image.path);
	m->upgrade.passed = false;
	m->upgrade.hand_ms = 0;
	if (begin(m, now) == -1)
		refuse(m, EX_OSERR, "%s", strerror(errno));
}

int64_t
upgrade_turn(struct master *m, int64_t now)
{
	struct upgrade *u = &m->upgrade;

	if (m->stop.said)
		return CLOCK_NEVER;
	if (u->pid != 0) {
		if (now < u->due_ms)
			return u->due_ms;
		u->late = true;
		(void)kill(u->pid, SIGKILL);
		return CLOCK_NEVER;
	}
	if (u->passed && is_time(m, now))
		hand_over_tried(m, now);
	if (u->pid != 0)
		return u->due_ms;
	if (u->passed && u->hand_ms != 0)
		return u->hand_ms;
	if (!u->asked || u->passed || m->ready != NULL)
		return CLOCK_NEVER;
	u->asked = false;
	askers_serve(&u->askers);
	if (m->image.path == NULL)
		refuse(m, EX_UNAVAILABLE, "there is no program to execute");
	else if (begin(m, now) == -1)
		refuse(m, EX_OSERR, "%s", strerror(errno));
	return u->pid != 0 ? u->due_ms : CLOCK_NEVER;
}

void
upgrade_drop(struct master *m)
{
	struct upgrade *u = &m->upgrade;

	u->asked = u->passed = false;
	if (u->pid != 0)
		(void)kill(u->pid, SIGKILL);
	askers_tell(&u->askers, true, EX_UNAVAILABLE, "the master stops");
}
