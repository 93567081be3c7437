#include "worker/procstat.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/textbuf.h"

struct tree {
	struct textbuf text;
	int processes;
	unsigned stack; /* lines of each */
};

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
add_name(struct tree *t, pid_t pid)
{
	char stat[512];
	char *open, *close;

	(void)slurp(pid, "stat", stat, sizeof(stat));
	open = strchr(stat, '(');
	close = strrchr(stat, ')');
	if (open == NULL || close == NULL || close[1] != ' ')
		return;
	textbuf_add(&t->text, " (");
	textbuf_add_line(&t->text, open + 1, (size_t)(close - open - 1));
	textbuf_add(&t->text, "): state %c", close[2]);
}

static void
add_word(struct tree *t, pid_t pid, const char *file, const char *title)
{
	char buf[128];

	if (slurp(pid, file, buf, sizeof(buf)) == 0)
		return;
	buf[strcspn(buf, " \n")] = '\0';
	if (strcmp(buf, "0") != 0)
		textbuf_add(&t->text, ", %s %s", title, buf);
}

static void
add_stack(struct tree *t, pid_t pid, int depth)
{
	char buf[8192], *line, *rest;
	unsigned left = t->stack;

	if (left > 0)
		(void)slurp(pid, "stack", buf, sizeof(buf));
	for (line = left > 0 ? strtok_r(buf, "\n", &rest) : NULL;
	     line != NULL && left > 0;
	     line = strtok_r(NULL, "\n", &rest), left--)
		textbuf_add(&t->text, "%*s    %s\n", 2 * depth, "", line);
}

static void
walk(struct tree *t, pid_t pid, int depth)
{
	char name[64], buf[1024], *at = buf, *end;

	if (t->processes++ >= PROCSTAT_MAX || depth > PROCSTAT_MAX)
		return;
	textbuf_add(&t->text, "%*s%s %d", 2 * depth, "",
	    depth == 0 ? "program" : "child", (int)pid);
	add_name(t, pid);
	add_word(t, pid, "wchan", "waits in");
	add_word(t, pid, "syscall", "system call");
	textbuf_add(&t->text, "\n");
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
procstat_tree(pid_t pid, unsigned depth, char *out, size_t cap)
{
	struct tree t = { .stack = depth };

	textbuf_init(&t.text, out, cap);
	walk(&t, pid, 0);
	return t.text.len;
}
