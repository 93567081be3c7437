/* conf_unit.h - what the tests of the settings share. */
#ifndef CONF_UNIT_H
#define CONF_UNIT_H

#include "conf/conf.h"

/* The settings that were loaded last, and the error of the last load. */
struct conf *loaded(void);
struct conf_error *failure(void);

void conf_unit_setup(void);
void conf_unit_teardown(void);

/* What stands for the run of mode fastcgi. */
place_run conf_unit_native;

int load(const struct conf_source *src);
/* A start without a file: /bin/cat on /run/check.sock, and N more LINES. */
int load_lines(const char *const *lines, size_t n);
int load_line(const char *line);
/* A file with TEXT. */
int load_text(const char *text);
/* The same, which must work. */
void must_load_text(const char *text);

const struct worker_conf *worker(size_t i);
/* What conf_print() says, to be freed. */
char *printed(void);
void assert_says(const char *part);

#endif
