#include "base/shebang.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"

void
shebang_read(const char *path, char head[SHEBANG_MAX])
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd == -1 ? 0 : read(fd, head, SHEBANG_MAX - 1);

	head[n > 0 ? n : 0] = '\0';
	io_close(&fd);
}

bool
shebang_name(const char *head, char name[SHEBANG_MAX])
{
	if (strncmp(head, "#!", 2) != 0)
		return false;
	head += 2 + strspn(head + 2, " \t");
	(void)snprintf(
	    name, SHEBANG_MAX, "%.*s", (int)strcspn(head, " \t\n"), head);
	return name[0] != '\0';
}
