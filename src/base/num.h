/* num.h - durations, sizes and numbers as people write them.
 *
 * Layer: base.  Pure.  0, or -1 when the text is not one or does not fit.
 */
#ifndef BASE_NUM_H
#define BASE_NUM_H

#include <stdbool.h>
#include <stdint.h>

/* "10" and "10s" seconds, "100ms", "5m", "1h", "2d": milliseconds. */
int num_duration(const char *text, int64_t *ms);
/* "65536", "64K", "1M", "2G", case ignored: bytes. */
int num_size(const char *text, uint64_t *bytes);
int num_int(const char *text, int64_t min, int64_t max, int64_t *out);
/* "0660": octal, at most 0777. */
int num_mode(const char *text, unsigned *out);
/* yes/no, on/off, true/false. */
int num_bool(const char *text, bool *out);

#endif
