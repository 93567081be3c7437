#include "master/kin.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define DEPTH_MAX 4        /* of processes that the program started */
#define CHILDREN_MAX 12288 /* bytes of their numbers, of one thread */

ssize_t
kin_read(int dir, const char *name, char *buf, size_t cap)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC);
	size_t len = 0;
	ssize_t n;

	if (fd == -1)
		return -1;
	/* The kernel gives a page at a time. */
	while ((n = read(fd, buf + len, cap - len)) > 0)
		len += (size_t)n;
	(void)close(fd);
	if (len == cap)
		errno = EFBIG;
	if (n == -1 || len == cap)
		return -1;
	buf[len] = '\0';
	return (ssize_t)len;
}

struct walk {
	const struct kin_visitor *v;
	enum kin_seen seen;
	size_t tasks; /* threads looked at */
	bool enough;
};

static void visit(struct walk *w, pid_t pid, int depth);

static void
missed(struct walk *w, enum kin_seen how)
{
	if (how > w->seen)
		w->seen = how;
}

/* Those that the thread TID of PID started. */
static void
visit_children(struct walk *w, pid_t pid, int task, const char *tid, int depth)
{
	char name[32], text[CHILDREN_MAX], *at = text;
	int child, len;

	(void)snprintf(name, sizeof(name), "%.16s/children", tid);
	if (kin_read(task, name, text, sizeof(text)) == -1) {
		/* Not every kernel has it. */
		missed(w,
		    errno == ENOENT && atoi(tid) == pid ? KIN_BARE : KIN_SOME);
		return;
	}
	for (; !w->enough && sscanf(at, "%d %n", &child, &len) == 1; at += len)
		visit(w, child, depth + 1);
}

static void
visit_threads(struct walk *w, pid_t pid, int task, int depth)
{
	_Alignas(struct dirent64) char buf[4096];
	ssize_t len, at;

	while ((len = getdents64(task, buf, sizeof(buf))) > 0) {
		for (at = 0; at < len && !w->enough;) {
			const void *entry = buf + at;
			const struct dirent64 *d = entry;

			at += d->d_reclen;
			if (d->d_name[0] == '.')
				continue;
			if (w->tasks++ == KIN_TASKS_MAX) {
				missed(w, KIN_SOME);
				w->enough = true;
				return;
			}
			if (w->v->thread != NULL)
				w->v->thread(w->v->arg, task, d->d_name);
			visit_children(w, pid, task, d->d_name, depth);
		}
	}
	if (len == -1)
		missed(w, KIN_SOME);
}

static void
visit(struct walk *w, pid_t pid, int depth)
{
	char path[64];
	int task;

	if (w->v->process != NULL && !w->v->process(w->v->arg, pid)) {
		w->enough = true;
		return;
	}
	(void)snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	task = depth == DEPTH_MAX
	    ? -1
	    : open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (task == -1) {
		missed(w, KIN_SOME);
		return;
	}
	visit_threads(w, pid, task, depth);
	(void)close(task);
}

enum kin_seen
kin_visit(pid_t pid, const struct kin_visitor *v)
{
	struct walk w = { .v = v, .seen = KIN_ALL };

	visit(&w, pid, 0);
	return w.seen;
}
