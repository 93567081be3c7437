/* text.h - boards as text, for people.
 *
 * What comes from outside is escaped.  Layer: view.
 */
#ifndef VIEW_TEXT_H
#define VIEW_TEXT_H

#include <stdio.h>

#include "board/snapshot.h"
#include "view/running.h"

/* A pool, then a line for each of its workers. */
void text_pool(const struct snapshot *s, FILE *out);
/* A head, and a line for each of N requests that run. */
void text_requests(const struct running *rows, size_t n, FILE *out);
/* Of a pool whose programs alone know their requests. */
void text_not_known(const struct snapshot *s, FILE *out);

#endif
