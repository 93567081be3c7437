/* asuser.h - may somebody else use a file?  Asked as that user.
 *
 * Modes do not tell all: there are ACLs, links, folders on the way, other
 * roots, file systems without programs.  So a child becomes the user, after
 * it has entered the root, and asks the kernel.  Whoever is not root can ask
 * for itself only.
 *
 * Forks and waits; for programs with one thread.  Layer: base.  Called by:
 * view/doctor.c.
 */
#ifndef BASE_ASUSER_H
#define BASE_ASUSER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define ASUSER_TEXT_MAX 1024

struct asuser {
	uid_t uid;
	gid_t gid;
	const gid_t *groups;
	size_t ngroups;
	const char *chroot; /* NULL: ours */
};

enum asuser_what {
	ASUSER_MAY,
	ASUSER_MISSING,     /* it is not there */
	ASUSER_FOLDER,      /* TEXT, on the way, may not be searched */
	ASUSER_KIND,        /* it is a folder and not a file, or no folder */
	ASUSER_MODE,        /* it itself may not be used so */
	ASUSER_NOEXEC,      /* where it is mounted programs are not executed */
	ASUSER_UNREADABLE,  /* a script that its interpreter may not read */
	ASUSER_INTERPRETER, /* TEXT, which it names, may not be executed */
	ASUSER_UNKNOWN      /* we cannot become that user */
};

struct asuser_answer {
	enum asuser_what what;
	int error;     /* errno, or 0 */
	unsigned mode; /* of the file, 0: not known */
	char text[ASUSER_TEXT_MAX];
};

/* May U execute the file PATH, or search it where it is a FOLDER? */
void asuser_execute(const struct asuser *u, const char *path, bool folder,
    struct asuser_answer *out);
/* May U connect to the socket PATH? */
void asuser_connect(
    const struct asuser *u, const char *path, struct asuser_answer *out);

#endif
