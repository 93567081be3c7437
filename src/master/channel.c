#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"
#include "master/channel.h"

int
channel_open(int fds[2])
{
	return socketpair(
	    AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds);
}

/* Only these two go from a worker to the master with or without one
 * descriptor; the rest is not for us. */
static bool
is_ours(enum chan_kind kind)
{
	switch (kind) {
	case CHAN_READY:
	case CHAN_PARK:
	case CHAN_FULL:
	case CHAN_FAILED:
	case CHAN_KEEP:
	case CHAN_PASS:
	case CHAN_MORE:
	case CHAN_CLOSING:
		return true;
	case CHAN_RETIRE:
	case CHAN_STOP:
	case CHAN_LOG:
	case CHAN_CONN:
	case CHAN_LOOK:
	case CHAN_PING:
		return false;
	}
	return false;
}

/* IN came with N descriptors. */
static enum channel_got
judge(struct span in, struct chan_msg *msg, size_t n)
{
	if (chan_get(in, msg) == -1 || !is_ours(msg->kind) ||
	    chan_fds(msg->kind) < n)
		return CHANNEL_GARBAGE;
	return chan_fds(msg->kind) == n ? CHANNEL_MESSAGE : CHANNEL_LOST;
}

enum channel_got
channel_get(int channel_fd, struct chan_msg *msg, int *fd)
{
	uint8_t buf[CHAN_LEN];
	int fds[CHAN_FDS_MAX];
	struct span in = { .at = buf };
	enum channel_got got;
	ssize_t len;
	size_t n = 0;

	*fd = -1;
	len = io_recv_fds(channel_fd, buf, sizeof(buf), fds, CHAN_FDS_MAX, &n);
	/* The other end was closed with unread messages of ours: said once,
	 * and before what is still to be read, such as its last connection. */
	if (len == -1 && errno == ECONNRESET)
		len = io_recv_fds(
		    channel_fd, buf, sizeof(buf), fds, CHAN_FDS_MAX, &n);
	if (len == -1 && (errno == EAGAIN || errno == EWOULDBLOCK))
		return CHANNEL_NOTHING;
	if (len == -1 && (errno == ENOMEM || errno == ENOBUFS))
		return CHANNEL_SHORT;
	if (len == -1)
		return errno == EMSGSIZE ? CHANNEL_GARBAGE : CHANNEL_END;
	if (len == 0 && n == 0)
		return CHANNEL_END;
	in.len = (size_t)len;
	got = judge(in, msg, n);
	if (got == CHANNEL_MESSAGE && n == 1)
		*fd = fds[0];
	while (got != CHANNEL_MESSAGE && n > 0)
		(void)close(fds[--n]);
	return got;
}

int
channel_put(
    int channel_fd, const struct chan_msg *msg, const int *fds, size_t n)
{
	uint8_t buf[CHAN_LEN];

	chan_put(buf, msg);
	return io_send_fds(channel_fd, buf, sizeof(buf), fds, n);
}
