/* journal.h - entries for systemd's journal, in its own protocol: a datagram
 * of fields for each.
 *
 *   NAME=value\n              or, for a value with newlines,
 *   NAME\n  <length, 8 bytes, little endian>  value\n
 *
 * Layer: base.  Nothing here waits for the journal.
 */
#ifndef BASE_JOURNAL_H
#define BASE_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

struct journal { /* an entry being made */
	char *at;
	size_t cap, len;
};

/* An empty entry in the CAP bytes at AT, the caller's. */
void journal_begin(struct journal *j, char *at, size_t cap);
/* Add a field.  NAME is of capitals, digits and underscores, the value any
 * bytes.  False: there is no room, and nothing was added. */
bool journal_put(
    struct journal *j, const char *name, const char *value, size_t len);
bool journal_put_number(struct journal *j, const char *name, long n);

/* Send the LEN bytes of an entry at AT to FD, a connected socket; one that is
 * too large for a datagram as a sealed file.  0, or -1 with errno (EAGAIN:
 * the journal is slow). */
int journal_send(int fd, const char *at, size_t len);

#endif
