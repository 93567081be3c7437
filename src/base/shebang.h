/* shebang.h - the interpreter that a script's first line names.
 *
 * Layer: base.
 */
#ifndef BASE_SHEBANG_H
#define BASE_SHEBANG_H

#include <stdbool.h>

#define SHEBANG_MAX 256 /* of that line, as in the kernel */

/* How PATH begins, into HEAD; nothing when it cannot be read.  Never waits,
 * whatever PATH is. */
void shebang_read(const char *path, char head[SHEBANG_MAX]);
/* What HEAD names, into NAME, the CR of a line that ends with CR LF included;
 * false: it is no script. */
bool shebang_name(const char *head, char name[SHEBANG_MAX]);

#endif
