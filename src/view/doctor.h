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
#include <sys/stat.h>

#include "base/asuser.h"

/* May USER execute PATH, or search it where it is a FOLDER: the folders on the
 * way, ACLs and a script's interpreter included?  Else WHY says what is in
 * the way.  By the modes of files alone where we cannot become USER. */
bool doctor_can_execute(const char *path, const struct asuser *user,
    bool folder, char *why, size_t cap);

/* A word in the program's file that one finds in programs that speak FastCGI
 * themselves ("libfcgi.so"), or NULL. */
const char *doctor_speaks_fastcgi(const char *path);

/* What people call the user UID: into NAME, which is returned. */
const char *doctor_user(uid_t uid, char *name, size_t cap);

/* Can one of the users that web servers run as on this host connect to the
 * unix socket at PATH?  True too when there is none of these users.  WHY:
 * which of them, or what to set. */
bool doctor_reachable(const char *path, char *why, size_t cap);
/* The same of one that is to be made at PATH, with mode, owner and group of
 * ST. */
bool doctor_will_reach(
    const char *path, const struct stat *st, char *why, size_t cap);

/* The I-th web server that is installed here, or NULL. */
const char *doctor_server(size_t i);

/* The lines that such a SERVER needs for a pool at LISTEN; ROOT is the
 * pool's cgi.root, NULL for a fixed program. */
void doctor_snippet(
    FILE *out, const char *server, const char *listen, const char *root);

#endif
