/* text.h - a configuration file's bytes.
 *
 * Layer: conf, used by the conf files only.
 */
#ifndef CONF_TEXT_H
#define CONF_TEXT_H

#include "conf/conf.h"

/* All of the file, NUL-terminated, to be freed; or NULL with ERR (66 when it
 * cannot be read, 78 when it is not a text).  A scanner is never given a
 * descriptor: its read errors end the process. */
char *conf_text_read(const char *path, struct conf_error *err);

/* Where TEXT has a star that is neither in quotes nor in a comment, or NULL.
 * libconfuse drops it without a word, and {SECRET*} is not {SECRET}. */
const char *conf_text_star(const char *text);

#endif
