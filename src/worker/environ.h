/* environ.h - which parameters become a program's environment.
 *
 * cgi.env = safe: every parameter but HTTP_PROXY and the names that steer a
 * loader or an interpreter; strict: RFC 3875 names and HTTP_* only.
 * cgi.env_drop takes more away, cgi.env_keep lets through in spite of the
 * rest.  Names that the configuration sets (env{}, PATH) are never taken
 * from the web server.
 *
 * Layer: worker.  Pure.
 */
#ifndef WORKER_ENVIRON_H
#define WORKER_ENVIRON_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/params.h"

#define ENVIRON_PATH "PATH=/usr/local/bin:/usr/bin:/bin"
#define ENVIRON_EXTRA_MAX 8
#define ENVIRON_MAX 2048 /* entries, the final NULL included */

struct environ_rule {
	bool strict;
	char *const *drop; /* names, or prefixes with a final "*"; NULL ends */
	char *const *keep;
	char *const *fixed;   /* "NAME=VALUE" of the configuration */
	char *const *inherit; /* our own, with clear_env = no; or NULL */
};

/* Entries that replace parameters of the same name ("NAME=VALUE"). */
struct environ_extra {
	const char *entry[ENVIRON_EXTRA_MAX];
	size_t n;
};

/* May a parameter of this name (NAME_LEN bytes) be passed on? */
bool environ_allows(
    const struct environ_rule *rule, const char *name, size_t name_len);

/* Fill ENVP (ENVIRON_MAX entries) with pointers into what was given; 0, or
 * -1 when they are too many.  One entry a name. */
int environ_build(const struct environ_rule *rule, const struct params *p,
    const struct environ_extra *extra, const char **envp);

#endif
