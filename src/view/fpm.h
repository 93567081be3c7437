/* fpm.h - a pool in the words of php-fpm's status page.
 *
 * Names, order, states and units are those of php-fpm 8, so that exporters
 * and plugins made for it read ours unchanged; each format prints the same
 * fields.  Texts are as they came: who prints them escapes them.
 *
 * Layer: view.  Pure.
 */
#ifndef VIEW_FPM_H
#define VIEW_FPM_H

#include <stdint.h>

#include "board/snapshot.h"

#define FPM_POOL 14
#define FPM_PROCESS 13
#define FPM_URI_MAX 1024

enum fpm_kind {
	FPM_TEXT,
	FPM_NUMBER,
	FPM_TIME, /* seconds since 1970, in .number */
	FPM_REAL  /* two digits behind the point */
};

struct fpm_field {
	const char *name;
	enum fpm_kind kind;
	const char *text; /* points into the snapshot, or constant */
	uint64_t number;
	double real;
};

/* The fields that are 0 because nobody here can know them: of native
 * programs, which have the requests.  NULL behind the last, or NULL. */
const char *const *fpm_not_known(const struct snapshot *s);
void fpm_pool(const struct snapshot *s, struct fpm_field out[FPM_POOL]);
/* URI: room for the request's URI with its query string. */
void fpm_process(const struct snapshot *s, const struct snapshot_slot *w,
    char uri[FPM_URI_MAX], struct fpm_field out[FPM_PROCESS]);

#endif
