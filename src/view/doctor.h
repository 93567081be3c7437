/* doctor.h - what is allowed and yet will not work: a look at the host.
 *
 * Used by cgi-fpm -t and cgi-fpmctl check.  Looks at files, users and groups
 * and changes nothing; answers are texts for people.
 *
 * Layer: view.
 */
#ifndef VIEW_DOCTOR_H
#define VIEW_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/types.h>

struct doctor_user {
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t ngroups;
};

/* May USER execute PATH, all folders on the way included?  By the modes of
 * files alone.  Else WHY says what is in the way. */
bool doctor_can_execute(
    const char *path, const struct doctor_user *user, char *why, size_t cap);

/* A word in the program's file that one finds in programs that speak FastCGI
 * themselves ("libfcgi.so"), or NULL. */
const char *doctor_speaks_fastcgi(const char *path);

/* Can one of the users that web servers run as on this host connect to the
 * unix socket at PATH?  True too when there is none of these users.  WHY:
 * what to set. */
bool doctor_reachable(const char *path, char *why, size_t cap);

/* The I-th web server that is installed here, or NULL. */
const char *doctor_server(size_t i);

/* The lines that such a SERVER needs for a pool at LISTEN; ROOT is the
 * pool's cgi.root, NULL for a fixed program. */
void doctor_snippet(
    FILE *out, const char *server, const char *listen, const char *root);

#endif
