/* scribble.h - a worker that somebody took over writes wherever it can. */
#ifndef TESTS_SCRIBBLE_H
#define TESTS_SCRIBBLE_H

#include "board/place.h"

/* Nonsense all over the board, and messages that are none, of any length and
 * with any descriptors beside them, to the master. */
void scribble(const struct place *place);

#endif
