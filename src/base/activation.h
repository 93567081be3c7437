/* activation.h - listeners that the service manager opened: LISTEN_FDS.
 *
 * Layer: base.  Called by: main.c, before anything forks, as they are meant
 * for one pid.
 */
#ifndef BASE_ACTIVATION_H
#define BASE_ACTIVATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/sock.h"

#define ACTIVATION_MAX 1024

struct activation {
	size_t n;
	int fds[ACTIVATION_MAX];     /* close-on-exec; the caller's */
	char *names[ACTIVATION_MAX]; /* "unknown" when none were given; they
					point into TEXT */
	char text[65536];
};

/* Take them out of the environment.  What is meant for another pid, or not
 * there, is no listener: 0 with A->n 0.  -1 with ERR when a number or the
 * list of names is none, or a descriptor is no listening stream socket; what
 * IS_OTHER (NULL: nobody) says is something else by its name is not looked
 * at. */
int activation_take(struct activation *a, bool (*is_other)(const char *name),
    struct sock_error *err);
/* Put them into the environment for another program, which may be tried in a
 * child; the numbers of these need not be in order.  0, or -1, errno. */
int activation_export(const struct activation *a);
/* Take that back. */
void activation_hide(const struct activation *a);
/* Close those whose names IS_ONE says, and forget them. */
void activation_drop(struct activation *a, bool (*is_one)(const char *name));

#endif
