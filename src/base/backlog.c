/* backlog.c - TCP_INFO for TCP, sock_diag(7) for unix sockets. */
#include "base/backlog.h"

#include <errno.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int
look_tcp(int fd, uint32_t *waiting, uint32_t *room)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len) == -1)
		return -1;
	/* Of a listener these two mean the queue. */
	*waiting = info.tcpi_unacked;
	*room = info.tcpi_sacked;
	return 0;
}

static int
ask(int netlink_fd, ino_t inode)
{
	struct {
		struct nlmsghdr head;
		struct unix_diag_req body;
	} msg = {
		.head = { .nlmsg_len = sizeof(msg),
		    .nlmsg_type = SOCK_DIAG_BY_FAMILY,
		    .nlmsg_flags = NLM_F_REQUEST },
		.body = { .sdiag_family = AF_UNIX,
		    .udiag_states = ~0U,
		    .udiag_ino = (uint32_t)inode,
		    .udiag_show = UDIAG_SHOW_RQLEN,
		    .udiag_cookie = { ~0U, ~0U } },
	};

	return send(netlink_fd, &msg, sizeof(msg), MSG_DONTWAIT) == -1 ? -1 : 0;
}

/* The attribute with the queue's lengths in an answer. */
static int
find(struct nlmsghdr *head, uint32_t *waiting, uint32_t *room)
{
	struct unix_diag_msg *msg = NLMSG_DATA(head);
	/* Not const: the macros cast it. */
	struct rtattr *attr = (struct rtattr *)(msg + 1);
	size_t left;

	if (head->nlmsg_type != SOCK_DIAG_BY_FAMILY ||
	    head->nlmsg_len < NLMSG_LENGTH(sizeof(*msg)))
		return -1;
	left = head->nlmsg_len - NLMSG_LENGTH(sizeof(*msg));
	for (; RTA_OK(attr, left); attr = RTA_NEXT(attr, left)) {
		struct unix_diag_rqlen len;

		if (attr->rta_type != UNIX_DIAG_RQLEN ||
		    RTA_PAYLOAD(attr) < sizeof(len))
			continue;
		memcpy(&len, RTA_DATA(attr), sizeof(len));
		*waiting = len.udiag_rqueue;
		*room = len.udiag_wqueue;
		return 0;
	}
	return -1;
}

static int
hear(int netlink_fd, uint32_t *waiting, uint32_t *room)
{
	union {
		struct nlmsghdr head;
		char bytes[1024];
	} buf;
	ssize_t n = recv(netlink_fd, &buf, sizeof(buf), MSG_DONTWAIT);

	if (n == -1)
		return -1;
	if (NLMSG_OK(&buf.head, (size_t)n) &&
	    find(&buf.head, waiting, room) == 0)
		return 0;
	errno = ENODATA;
	return -1;
}

static int
look_unix(int fd, uint32_t *waiting, uint32_t *room)
{
	struct stat st;
	int netlink_fd, rc, error;

	if (fstat(fd, &st) == -1)
		return -1;
	netlink_fd =
	    socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
	if (netlink_fd == -1)
		return -1;
	rc = ask(netlink_fd, st.st_ino);
	if (rc == 0)
		rc = hear(netlink_fd, waiting, room);
	error = errno;
	(void)close(netlink_fd);
	errno = error;
	return rc;
}

int
backlog_look(int fd, uint32_t *waiting, uint32_t *room)
{
	int domain = 0;
	socklen_t len = sizeof(domain);

	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len) == -1)
		return -1;
	if (domain == AF_UNIX)
		return look_unix(fd, waiting, room);
	return look_tcp(fd, waiting, room);
}
