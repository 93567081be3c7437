/* edit.h - one setting changed in the text of a configuration file.
 *
 * Everything else stays as it is: comments, order, spaces.
 * Layer: ctl.  Pure but for memory.  Used by: set.
 */
#ifndef CTL_EDIT_H
#define CTL_EDIT_H

/* TEXT with NAME = VALUE in the section of POOL: where it stands already
 * (the last one of several) or as a line at the section's end.  VALUE is as
 * for -o.  To be freed; NULL with *WHY (static). */
char *edit_set(const char *text, const char *pool, const char *name,
    const char *value, const char **why);

#endif
