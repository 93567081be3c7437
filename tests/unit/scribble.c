#include "scribble.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/io.h"
#include "proto/chan.h"

/* The map of the board, which no interface gives to write at will. */
static size_t
find_board(unsigned char **at)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long from, to;
	char line[512];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (strstr(line, "cgi-fpm-board") != NULL &&
		    sscanf(line, "%lx-%lx", &from, &to) == 2) {
			(void)fclose(f);
			memcpy(at, &from, sizeof(*at));
			return to - from;
		}
	abort();
}

/* Something to be sent along; what it is does not matter to the sender. */
static int
some_fd(const struct place *place)
{
	int pair[2];

	switch (random() % 6) {
	case 0:
		return open("/dev/null", O_RDWR | O_CLOEXEC);
	case 1: /* a connection whose other end is gone */
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
			return -1;
		(void)close(pair[0]);
		return pair[1];
	case 2: /* or that always has something */
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == -1)
			return -1;
		(void)send(pair[0], "x", 1, MSG_NOSIGNAL);
		(void)close(pair[0]);
		return pair[1];
	case 3:
		return dup(place->listen_fds[0]);
	case 4:
		return dup(place->channel_fd);
	default:
		return memfd_create("nonsense", 0);
	}
}

/* No message at all, or one of any length with anything beside it; also as
 * many as fit. */
static void
babble(const struct place *place)
{
	int fds[CHAN_FDS_MAX], more = random() % 16 == 0 ? 2000 : 8;
	unsigned char junk[4 * CHAN_LEN];
	size_t i, n;

	for (; more > 0; more--) {
		size_t len = (size_t)random() % sizeof(junk);

		for (i = 0; i < sizeof(junk); i++)
			junk[i] = (unsigned char)random();
		if (random() % 2 == 0)
			junk[0] = (unsigned char)(random() % 20);
		n = (size_t)random() % (CHAN_FDS_MAX + 1);
		for (i = 0; i < n; i++)
			fds[i] = some_fd(place);
		while (n > 0 && fds[n - 1] == -1)
			n--;
		(void)io_send_fds(place->channel_fd, junk,
		    random() % 2 == 0 ? CHAN_LEN : len, fds, n);
		for (i = 0; i < n; i++)
			(void)close(fds[i]);
	}
}

/* A worker that somebody took over: whatever it can write to, it does. */
void
scribble(const struct place *place)
{
	static unsigned char *board;
	static size_t len;
	uint8_t buf[CHAN_LEN];
	struct chan_msg msg;
	size_t i;

	if (board == NULL)
		len = find_board(&board);
	for (i = 0; i < 4096; i++)
		board[(size_t)random() % (i % 2 == 0 ? 65536 : len)] =
		    (unsigned char)random();
	for (i = 0; i < 8; i++) {
		int null_fd = open("/dev/null", O_RDWR | O_CLOEXEC);

		msg = (struct chan_msg){ (enum chan_kind)(random() % 16),
			(int32_t)random(), random() * random() };
		chan_put(buf, &msg);
		(void)io_send_fds(place->channel_fd, buf, sizeof(buf), &null_fd,
		    i % 2 == 0 ? 1 : 0);
		(void)close(null_fd);
	}
	babble(place);
}
