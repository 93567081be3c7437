/* script.h - the program that a request names, beneath cgi.root.
 *
 * The path comes from SCRIPT_FILENAME, else from DOCUMENT_ROOT and
 * SCRIPT_NAME.  What follows the file in it is PATH_INFO.  Links are followed
 * as long as they stay beneath the root; nothing outside it is ever run.
 *
 * Between this look and its execution a file can be exchanged, by whoever
 * may write in the root and so decides what runs there anyway.
 *
 * Layer: worker.  script_candidate() is pure, script_find() looks at files.
 */
#ifndef WORKER_SCRIPT_H
#define WORKER_SCRIPT_H

#include <limits.h>
#include <stddef.h>

#define SCRIPT_PATH_MAX PATH_MAX

struct script_names { /* parameters of the request; NULL: absent */
	const char *script_filename;
	const char *document_root;
	const char *script_name;
};

struct script {
	char path[SCRIPT_PATH_MAX];      /* of the file */
	char path_info[SCRIPT_PATH_MAX]; /* "" or "/..." */
	const char *why;                 /* of a refusal, for the log */
};

/* The path that the request names, not looked at yet: 0 with PATH (of
 * SCRIPT_PATH_MAX bytes) filled; 403 when it is not beneath ROOT; 404 when
 * there is none. */
int script_candidate(const char *root, const struct script_names *names,
    char *path, const char **why);

/* Find the file of the request beneath ROOT, open as ROOT_FD (O_PATH).
 * 0 with OUT filled, or 403, 404, 500, 503 with OUT->why. */
int script_find(int root_fd, const char *root, const struct script_names *names,
    struct script *out);

/* Is its extension one of EXTENSIONS (NULL: all are)?  0, or 403 with
 * SCRIPT->why. */
int script_allowed(struct script *script, char *const *extensions);

#endif
