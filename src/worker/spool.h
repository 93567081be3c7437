/* spool.h - a body that its program does not take yet, in an unlinked file.
 *
 * Used only while other requests on the connection have to go on (or might
 * be waiting behind this body).  The file has no name from the start.
 *
 * Layer: worker.
 */
#ifndef WORKER_SPOOL_H
#define WORKER_SPOOL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "proto/span.h"

struct spool {
	int fd; /* -1: none yet; owned */
	off_t start, end;
};

void spool_init(struct spool *s);
size_t spool_len(const struct spool *s);
/* Append all of IN; the file is made in DIR when needed.  -1 with errno. */
int spool_put(struct spool *s, const char *dir, struct span in);
/* Look at the next bytes: fills BUF, returns their number or -1. */
ssize_t spool_peek(const struct spool *s, uint8_t *buf, size_t cap);
/* N of them are done with; an empty file is cut back to nothing. */
void spool_drop(struct spool *s, size_t n);
void spool_close(struct spool *s);

#endif
