/* notify.c - see notify.h.  A socket for each message: they are rare, and a
 * manager that was restarted is found again. */
#include "base/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/io.h"
#include "base/num.h"

/* The watchdog's time, if it is meant for this process. */
static int64_t
watchdog_ms(void)
{
	const char *usec = getenv("WATCHDOG_USEC");
	const char *pid = getenv("WATCHDOG_PID");
	int64_t us, whose;

	if (usec == NULL || num_int(usec, 1, INT64_MAX, &us) == -1)
		return 0;
	if (pid != NULL &&
	    (num_int(pid, 1, INT32_MAX, &whose) == -1 ||
		whose != (int64_t)getpid()))
		return 0;
	return us < 1000 ? 1 : us / 1000;
}

int
notify_open(struct notify *n)
{
	const char *name = getenv("NOTIFY_SOCKET");
	int code = 0;

	memset(n, 0, sizeof(*n));
	n->watchdog_ms = watchdog_ms();
	if (name != NULL) {
		if ((name[0] == '/' || name[0] == '@') && name[1] != '\0' &&
		    strlen(name) < sizeof(n->name))
			(void)strcpy(n->name, name);
		else
			code = -1;
	}
	(void)unsetenv("NOTIFY_SOCKET");
	(void)unsetenv("WATCHDOG_USEC");
	(void)unsetenv("WATCHDOG_PID");
	if (code == -1)
		errno = EINVAL;
	return code;
}

int
notify_export(const struct notify *n)
{
	char usec[32];

	if (n->name[0] != '\0' && setenv("NOTIFY_SOCKET", n->name, 1) == -1)
		return -1;
	if (n->watchdog_ms == 0)
		return 0;
	(void)snprintf(
	    usec, sizeof(usec), "%lld", (long long)n->watchdog_ms * 1000);
	return setenv("WATCHDOG_USEC", usec, 1);
}

static int
connect_to(const char *name)
{
	struct sockaddr_un sun = { .sun_family = AF_UNIX };
	size_t len = strlen(name);
	int fd;

	memcpy(sun.sun_path, name, len);
	if (name[0] == '@')
		sun.sun_path[0] = '\0'; /* an abstract name has no end mark */
	else
		len++;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	len += offsetof(struct sockaddr_un, sun_path);
	if (connect(fd, (struct sockaddr *)&sun, (socklen_t)len) == -1)
		io_close(&fd);
	return fd;
}

int
notify_send(const struct notify *n, const char *msg, int fd)
{
	int sock, code, saved;

	if (n->name[0] == '\0')
		return 0;
	sock = connect_to(n->name);
	if (sock == -1)
		return -1;
	code = io_send_fds(sock, msg, strlen(msg), &fd, fd == -1 ? 0 : 1);
	saved = errno;
	io_close(&sock);
	errno = saved;
	return code;
}
