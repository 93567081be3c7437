/* text.h - boards as text, for people.
 *
 * What comes from outside is escaped.  Layer: view.
 */
#ifndef VIEW_TEXT_H
#define VIEW_TEXT_H

#include <stdio.h>

#include "board/snapshot.h"

/* A pool, then a line for each of its workers. */
void text_pool(const struct snapshot *s, FILE *out);
/* A line for each request that runs, the oldest first. */
void text_requests_head(FILE *out);
void text_requests(const struct snapshot *s, FILE *out);

#endif
