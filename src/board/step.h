/* step.h - what a worker was at when it could not start.
 *
 * The worker tells its master by a number, so that the master prints none of
 * a worker's bytes; whoever waits for the start reads the text.
 *
 * Layer: board.
 */
#ifndef BOARD_STEP_H
#define BOARD_STEP_H

#include <stdint.h>

/* The number of the step that privs_apply(), worker.c or native.c call NAME;
 * 0: one that has none. */
int64_t step_code(const char *name);
/* For people, in a static string; NULL: no such step. */
const char *step_text(int64_t code);

#endif
