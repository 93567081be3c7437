/* io.h - descriptors: flags, closing, passing them to other processes.
 *
 * Layer: base.  Functions return -1 with errno; none logs; EINTR is retried.
 */
#ifndef BASE_IO_H
#define BASE_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

int io_nonblock(int fd, bool on);
/* Close *FD if it is one (>= 0) and set it to -1. */
void io_close(int *fd);
/* Make sure that 0, 1 and 2 are open (/dev/null), so that no later
 * descriptor lands there. */
int io_fill_std(void);
/* Everything from FROM on is close-on-exec. */
int io_cloexec_from(int from);
/* Close all descriptors but the N of KEEP, which may hold -1 and numbers
 * twice, and is sorted afterwards. */
void io_close_others(int *keep, size_t n);

/* All of FD's file from its beginning, with a NUL behind it, to be freed by
 * the caller; NULL with errno. */
char *io_read_file(int fd);

/* Send LEN bytes as one datagram with N descriptors (N <= 2; they stay the
 * caller's).  0, or -1 (EAGAIN: the socket is full). */
int io_send_fds(
    int sock, const void *buf, size_t len, const int *fds, size_t n);
/* Receive one datagram and at most MAX descriptors (close-on-exec, the
 * caller's from now on; surplus ones are closed).  Bytes received, 0 at end
 * of file, -1 with errno. *N is the number of descriptors. */
ssize_t io_recv_fds(
    int sock, void *buf, size_t cap, int *fds, size_t max, size_t *n);

#endif
