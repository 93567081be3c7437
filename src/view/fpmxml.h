/* fpmxml.h - the status page as XML, as php-fpm has it.  Layer: view. */
#ifndef VIEW_FPMXML_H
#define VIEW_FPMXML_H

#include <stdbool.h>
#include <stdio.h>

#include "board/snapshot.h"

/* FULL: the workers as well. */
void fpmxml_put(FILE *out, const struct snapshot *s, bool full);

#endif
