/* type.h - a directive's text to its value, and back.
 *
 * Layer: conf, used by the conf files only.  Pure but for conf_alloc().
 */
#ifndef CONF_TYPE_H
#define CONF_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "conf/mem.h"
#include "conf/table.h"

/* Set the value of D in BASE (a struct conf_global or conf_pool, as D says)
 * from the N texts of VALUES.  0, or -1 with TEXT saying what is wrong with
 * them ("'many' is not a number from 1 to 10000"); BASE is as it was. */
int conf_type_set(struct conf_mem *mem, const struct conf_directive *d,
    void *base, char *const *values, size_t n, char *text, size_t cap);

/* Is a value of TYPE a list of texts? */
bool conf_type_is_list(enum conf_type type);

/* Set NAME to VALUE in the environment list at *ENV; the same errors. */
int conf_type_setenv(struct conf_mem *mem, char *const **env, const char *name,
    const char *value, char *text, size_t cap);

/* What D has in BASE as it would be written; false when it is not set, or
 * is a string or a list. */
bool conf_type_text(
    const struct conf_directive *d, const void *base, char *text, size_t cap);

#endif
