/* fpmtext.h - the status page as text, as php-fpm has it.
 *
 * What came from outside is escaped, so a line stays a line.  Layer: view.
 */
#ifndef VIEW_FPMTEXT_H
#define VIEW_FPMTEXT_H

#include <stdbool.h>
#include <stdio.h>

#include "board/snapshot.h"

/* FULL: the workers as well. */
void fpmtext_put(FILE *out, const struct snapshot *s, bool full);

#endif
