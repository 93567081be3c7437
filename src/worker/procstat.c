#include "worker/procstat.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/escape.h"

struct text {
	char *at;
	size_t cap, len;
	int processes;
};

__attribute__((format(printf, 2, 3))) static void
add(struct text *t, const char *fmt, ...)
{
	size_t room = t->cap - t->len;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(t->at + t->len, room, fmt, ap);
	va_end(ap);
	if (n > 0)
		t->len += (size_t)n < room ? (size_t)n : room - 1;
}

/* The beginning of /proc/PID/NAME, NUL-terminated; its length, 0 if it
 * cannot be read. */
static size_t
slurp(pid_t pid, const char *name, char *buf, size_t cap)
{
	char path[64];
	ssize_t n = -1;
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd != -1) {
		n = read(fd, buf, cap - 1);
		(void)close(fd);
	}
	buf[n > 0 ? n : 0] = '\0';
	return n > 0 ? (size_t)n : 0;
}

/* "1234 (na) me) S ...": the name ends at the last parenthesis. */
static void
add_name(struct text *t, pid_t pid)
{
	char stat[512], name[128];
	char *open, *close;

	(void)slurp(pid, "stat", stat, sizeof(stat));
	open = strchr(stat, '(');
	close = strrchr(stat, ')');
	if (open == NULL || close == NULL || close[1] != ' ')
		return;
	(void)escape_line(
	    name, sizeof(name), open + 1, (size_t)(close - open - 1));
	add(t, " (%s): state %c", name, close[2]);
}

static void
add_word(struct text *t, pid_t pid, const char *file, const char *title)
{
	char buf[128];

	if (slurp(pid, file, buf, sizeof(buf)) == 0)
		return;
	buf[strcspn(buf, " \n")] = '\0';
	if (strcmp(buf, "0") != 0)
		add(t, ", %s %s", title, buf);
}

static void
add_stack(struct text *t, pid_t pid, int depth)
{
	char buf[2048], *line, *rest;

	(void)slurp(pid, "stack", buf, sizeof(buf));
	for (line = strtok_r(buf, "\n", &rest); line != NULL;
	     line = strtok_r(NULL, "\n", &rest))
		add(t, "%*s    %s\n", 2 * depth, "", line);
}

static void
walk(struct text *t, pid_t pid, int depth)
{
	char name[64], buf[1024], *at = buf, *end;

	if (t->processes++ >= PROCSTAT_MAX || depth > PROCSTAT_MAX)
		return;
	add(t, "%*s%s %d", 2 * depth, "", depth == 0 ? "program" : "child",
	    (int)pid);
	add_name(t, pid);
	add_word(t, pid, "wchan", "waits in");
	add_word(t, pid, "syscall", "system call");
	add(t, "\n");
	add_stack(t, pid, depth);
	(void)snprintf(name, sizeof(name), "task/%d/children", (int)pid);
	(void)slurp(pid, name, buf, sizeof(buf));
	for (;;) {
		long child = strtol(at, &end, 10);

		if (end == at || child <= 0)
			return;
		walk(t, (pid_t)child, depth + 1);
		at = end;
	}
}

size_t
procstat_tree(pid_t pid, char *out, size_t cap)
{
	struct text t = { out, cap, 0, 0 };

	out[0] = '\0';
	walk(&t, pid, 0);
	return t.len;
}
