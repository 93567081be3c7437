/* unit.h - what several unit tests need: a runner, a folder of their own,
 * a wait with an end. */
#ifndef UNIT_H
#define UNIT_H

#include <check.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Run S and free it: the exit code of the test program. */
int unit_run(Suite *s);

/* A new folder; unit_dir_remove() removes it with all that is in it. */
void unit_dir_make(void);
void unit_dir_remove(void);
/* "FOLDER/NAME", good until the eighth call from now. */
const char *unit_path(const char *name);

/* The whole file, NUL-terminated, cut at 64 KiB; "" when there is none. */
const char *unit_read(const char *path);
void unit_write(const char *path, const char *text);
/* How many descriptors this process has open. */
int unit_count_fds(void);
/* Call IS_DONE(ARG) every few ms until it says true; false after 5 s. */
bool unit_wait_for(bool (*is_done)(void *arg), void *arg);
/* Wait for the child PID, and return its exit code, or 128 + signal. */
int unit_exit_code(pid_t pid);

#endif
