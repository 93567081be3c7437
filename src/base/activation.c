/* activation.c - see activation.h. */
#include "base/activation.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/num.h"
#include "base/sockaddr.h"

#define FIRST_FD 3 /* the protocol's */
/* Ours: "5,3,9", where they are when they are not where they began. */
#define PLACES "CGI_FPM_LISTEN_FDS"

/* How many descriptors are meant for this process; -1 with ERR. */
static int
count(size_t *n, struct sock_error *err)
{
	const char *pid = getenv("LISTEN_PID");
	const char *fds = getenv("LISTEN_FDS");
	int64_t whose, many;

	*n = 0;
	if (pid == NULL || fds == NULL)
		return 0;
	if (num_int(pid, 1, INT32_MAX, &whose) == -1)
		return sockaddr_fail(
		    err, "LISTEN_PID is not a process id: %.64s", pid);
	if (whose != (int64_t)getpid())
		return 0;
	if (num_int(fds, 0, ACTIVATION_MAX, &many) == -1)
		return sockaddr_fail(err,
		    "LISTEN_FDS is not a number up to %d: %.64s",
		    ACTIVATION_MAX, fds);
	*n = (size_t)many;
	return 0;
}

/* As many names as descriptors, or none at all. */
static int
take_names(struct activation *a, struct sock_error *err)
{
	const char *list = getenv("LISTEN_FDNAMES");
	size_t i;
	char *p = a->text;

	if (list == NULL) {
		(void)strcpy(a->text, "unknown");
		for (i = 0; i < a->n; i++)
			a->names[i] = a->text;
		return 0;
	}
	if (strlen(list) >= sizeof(a->text))
		return sockaddr_fail(err, "LISTEN_FDNAMES is too long");
	(void)strcpy(a->text, list);
	for (i = 0; i < a->n && p != NULL; i++)
		a->names[i] = strsep(&p, ":");
	if (i < a->n || p != NULL)
		return sockaddr_fail(err,
		    "LISTEN_FDNAMES does not have %zu names: %.64s", a->n,
		    list);
	return 0;
}

static int
next_place(const char **places)
{
	char *end;
	long fd = strtol(*places, &end, 10);

	*places = *end == ',' ? end + 1 : end;
	return fd > 2 && fd <= INT32_MAX ? (int)fd : -1;
}

/* Only what can be accepted from may go on to a pool. */
static int
take_fds(struct activation *a, bool (*is_other)(const char *name),
    struct sock_error *err)
{
	const char *places = getenv(PLACES);
	struct sock_addr addr;
	size_t i;

	for (i = 0; i < a->n; i++) {
		int fd = FIRST_FD + (int)i;

		if (places != NULL)
			fd = next_place(&places);
		if ((is_other == NULL || !is_other(a->names[i])) &&
		    sock_inherit(fd, &addr, err) == -1)
			return -1;
		(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
		a->fds[i] = fd;
	}
	return 0;
}

int
activation_take(struct activation *a, bool (*is_other)(const char *name),
    struct sock_error *err)
{
	int code;

	code = count(&a->n, err);
	if (code == 0 && a->n > 0) {
		code = take_names(a, err);
		if (code == 0)
			code = take_fds(a, is_other, err);
	}
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	(void)unsetenv("LISTEN_PIDFDID");
	(void)unsetenv(PLACES);
	if (code == -1)
		a->n = 0;
	return code;
}

static int
export_number(const char *name, long value)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%ld", value);
	return setenv(name, text, 1);
}

int
activation_export(const struct activation *a)
{
	char places[12 * ACTIVATION_MAX], names[sizeof(a->text)];
	size_t i, at = 0, len = 0;

	for (i = 0; i < a->n; i++) {
		if (fcntl(a->fds[i], F_SETFD, 0) == -1)
			return -1;
		at += (size_t)snprintf(places + at, sizeof(places) - at, "%s%d",
		    i == 0 ? "" : ",", a->fds[i]);
		len += (size_t)snprintf(names + len, sizeof(names) - len,
		    "%s%s", i == 0 ? "" : ":", a->names[i]);
		if (len >= sizeof(names)) {
			errno = EOVERFLOW;
			return -1;
		}
	}
	if (a->n == 0)
		return 0;
	if (export_number("LISTEN_PID", (long)getpid()) == -1 ||
	    export_number("LISTEN_FDS", (long)a->n) == -1 ||
	    setenv("LISTEN_FDNAMES", names, 1) == -1)
		return -1;
	return setenv(PLACES, places, 1);
}

void
activation_hide(const struct activation *a)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		(void)fcntl(a->fds[i], F_SETFD, FD_CLOEXEC);
	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	(void)unsetenv(PLACES);
}

void
activation_drop(struct activation *a, bool (*is_one)(const char *name))
{
	size_t i, n = 0;

	for (i = 0; i < a->n; i++) {
		if (is_one(a->names[i])) {
			(void)close(a->fds[i]);
			continue;
		}
		a->fds[n] = a->fds[i];
		a->names[n++] = a->names[i];
	}
	a->n = n;
}
