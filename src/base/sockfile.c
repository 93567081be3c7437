#include "base/sockfile.h"

#include <errno.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sockaddr.h"

const char *
sockfile_path(const struct sock_addr *addr)
{
	const char *path = sockaddr_unix_path(addr);

	return sock_is_unix(addr) && path[0] != '\0' ? path : NULL;
}

int
sockfile_note(struct sockfile *f, const struct sock_addr *addr)
{
	const char *path = sockfile_path(addr);
	struct stat st;

	if (path == NULL)
		return 0;
	if (lstat(path, &st) == -1)
		return -1;
	f->made = true;
	f->dev = st.st_dev;
	f->ino = st.st_ino;
	return 0;
}

bool
sockfile_is_ours(const struct sockfile *f, const struct sock_addr *addr)
{
	const char *path = sockfile_path(addr);
	struct stat st;

	return f->made && path != NULL && lstat(path, &st) == 0 &&
	    st.st_dev == f->dev && st.st_ino == f->ino;
}

bool
sockfile_is_gone(const struct sockfile *f, const struct sock_addr *addr)
{
	const char *path = sockfile_path(addr);
	struct stat st;

	return f->made && path != NULL && lstat(path, &st) == -1 &&
	    errno == ENOENT;
}

void
sockfile_remove(struct sockfile *f, const struct sock_addr *addr)
{
	if (sockfile_is_ours(f, addr))
		(void)unlink(sockfile_path(addr));
	f->made = false;
}
