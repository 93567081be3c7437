#include "master/strays.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "master/kin.h"
#include "master/peek.h"

#define CHILDREN_MAX 12288 /* bytes of their numbers */

void
strays_adopt(void)
{
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
}

uint64_t
strays_inode(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && S_ISSOCK(st.st_mode) ? st.st_ino : 0;
}

/* Whatever we start ourselves stays in our session. */
static pid_t
group_of_stray(pid_t pid, const struct peek_conns *listener)
{
	pid_t session = getsid(pid), group = getpgid(pid);

	if (session == -1 || session == getsid(0) || group <= 1 ||
	    peek_busy(pid, listener) != PEEK_BUSY)
		return 0;
	return group;
}

size_t
strays_find(uint64_t inode, pid_t *groups, size_t cap)
{
	const struct peek_conns listener = {
		.known = true, .n = 1, .inode = { inode }
	};
	char name[64], text[CHILDREN_MAX], *at = text;
	size_t n = 0;
	int child, len;

	(void)snprintf(
	    name, sizeof(name), "/proc/self/task/%d/children", (int)getpid());
	if (inode == 0 || kin_read(AT_FDCWD, name, text, sizeof(text)) == -1)
		return 0;
	for (; n < cap && sscanf(at, "%d %n", &child, &len) == 1; at += len) {
		groups[n] = group_of_stray(child, &listener);
		n += groups[n] != 0;
	}
	return n;
}
