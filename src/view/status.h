/* status.h - the status page: which format was asked for, and that format.
 *
 * Layer: view.  Used by: worker, and whoever has a snapshot.
 */
#ifndef VIEW_STATUS_H
#define VIEW_STATUS_H

#include <stdbool.h>
#include <stdio.h>

#include "board/snapshot.h"

#define STATUS_NONCE_MAX 48

enum status_format {
	STATUS_TEXT,
	STATUS_JSON,
	STATUS_XML,
	STATUS_HTML,
	STATUS_OPENMETRICS,
	STATUS_PROMETHEUS,
	STATUS_FORMATS
};

struct status_ask {
	enum status_format format;
	bool full;                    /* the workers as well */
	char nonce[STATUS_NONCE_MAX]; /* of STATUS_HTML, from the caller */
};

/* QUERY_STRING, or NULL, as php-fpm reads it: "full&json", "json=1". */
struct status_ask status_asked(const char *query);
/* Of Content-Type. */
const char *status_type(enum status_format format);
/* 0, or -1: no memory. */
int status_put(
    FILE *out, const struct snapshot *s, const struct status_ask *ask);

#endif
