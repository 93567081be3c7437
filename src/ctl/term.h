/* term.h - can a screen be drawn on the terminal?  Apart, as the names of
 * <term.h> are everywhere.
 *
 * Layer: ctl.  Called by: top.c.
 */
#ifndef CTL_TERM_H
#define CTL_TERM_H

#include <stdbool.h>

/* Standard output is a terminal that is known, and whose cursor can be
 * placed. */
bool term_can_draw(void);

#endif
