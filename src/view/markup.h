/* markup.h - foreign text in XML and HTML.
 *
 * Layer: view.
 */
#ifndef VIEW_MARKUP_H
#define VIEW_MARKUP_H

#include <stdio.h>

/* TEXT as character data or within quotes of either kind.  Controls and
 * bytes that are no UTF-8, which no document may have, become U+FFFD. */
void markup_put(FILE *out, const char *text);

#endif
