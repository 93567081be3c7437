/* mem.h - memory that lives and dies with one set of settings.
 *
 * Only settings are allocated here, at start or for a reload, never for a
 * request.  Running out of memory there ends the process, with a line and
 * EX_OSERR: nothing could be loaded anyway, and libconfuse ends it in the same
 * place, in whatever way.  A master that serves has somebody else try it
 * (rehearsal.h).
 *
 * Layer: conf, used by the conf files only.
 */
#ifndef CONF_MEM_H
#define CONF_MEM_H

#include <stddef.h>

struct conf_block;

struct conf_mem {
	struct conf_block *blocks;
};

/* Zeroed and aligned for anything; freed by conf_mem_free() alone. */
void *conf_alloc(struct conf_mem *mem, size_t size);
char *conf_strdup(struct conf_mem *mem, const char *text);
char *conf_printf(struct conf_mem *mem, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* A NULL-terminated copy of the N strings of LIST and of the list itself. */
char **conf_copy_list(struct conf_mem *mem, char *const *list, size_t n);
/* A copy of LIST (NULL: empty) with TEXT behind it. */
char **conf_append_list(
    struct conf_mem *mem, char *const *list, const char *text);
size_t conf_count_list(char *const *list);
void conf_mem_free(struct conf_mem *mem);

#endif
