/* line.h - settings of the command line: "NAME=VALUE".
 *
 * A value is read as in a file: {a, b} is a list, quotes quote.  What begins
 * with none of these is one string, spaces and all, as the shell has already
 * taken it apart.
 *
 * Layer: conf, used by the conf files only.
 */
#ifndef CONF_LINE_H
#define CONF_LINE_H

#include "conf/build.h"

/* The pool of a start without a file, its program set and its name NULL. */
void conf_line_pool(struct conf_data *data, const struct conf_source *src);
/* All of SRC->set to the globals or to every pool; then names the pool of
 * the line.  0, or -1 with ERR. */
int conf_line_apply(struct conf_data *data, const struct conf_source *src,
    struct conf_error *err);

/* Then what was set since (cgi-fpmctl set), each for its pool; what is for a
 * pool that is not there any more is passed over. */
int conf_line_change(struct conf_data *data, const struct conf_source *src,
    struct conf_error *err);

/* conf.c does this for line.c: the values that TEXT is, one or a LIST.
 * 0, or -1 with the loader's error set, for a line that stands WHERE. */
int conf_line_values(
    const char *text, bool list, const char *where, struct conf_values *out);

#endif
