/* load.c - requests to a FastCGI server over a unix socket, and how fast.
 *
 *   load SOCKET IN_FLIGHT REQUESTS KEEP BODY NAME=VALUE...
 *
 * IN_FLIGHT threads send REQUESTS requests in all, each on a connection of
 * its own, or with KEEP = 1 on one connection a thread, with a body of BODY
 * bytes.  Prints requests a second, megabytes of content a second both ways
 * together, the 50th and 99th percentile in microseconds, and how many failed
 * (no END_REQUEST, or a failed system call).
 */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define HEAD 8
#define CHUNK 65528

struct load {
	struct sockaddr_un to;
	uint8_t *request;
	size_t len;
	bool keep;
	long left;
	long failed;
	uint64_t bytes;
	long done;
	double *us; /* of each request */
};

static double
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void
put(struct load *l, uint8_t type, const void *body, size_t len)
{
	uint8_t head[HEAD] = { 1, type, 0, 1, (uint8_t)(len >> 8), (uint8_t)len,
		0, 0 };

	memcpy(l->request + l->len, head, HEAD);
	if (len > 0)
		memcpy(l->request + l->len + HEAD, body, len);
	l->len += HEAD + len;
}

static void
put_params(struct load *l, char **pairs)
{
	uint8_t text[60000];
	size_t at = 0;

	for (; *pairs != NULL; pairs++) {
		char *eq = strchr(*pairs, '=');
		size_t name = (size_t)(eq - *pairs), value = strlen(eq + 1);

		text[at++] = (uint8_t)name;
		if (value >= 128) {
			text[at++] = (uint8_t)(value >> 24 | 0x80);
			text[at++] = (uint8_t)(value >> 16);
			text[at++] = (uint8_t)(value >> 8);
		}
		text[at++] = (uint8_t)value;
		memcpy(text + at, *pairs, name);
		memcpy(text + at + name, eq + 1, value);
		at += name + value;
	}
	put(l, 4, text, at);
	put(l, 4, NULL, 0);
}

static void
build(struct load *l, char **pairs, size_t body)
{
	static uint8_t fill[CHUNK];
	uint8_t begin[8] = { 0, 1, l->keep };

	l->request = malloc(body + body / CHUNK * HEAD + 70000);
	if (l->request == NULL)
		exit(1);
	put(l, 1, begin, sizeof(begin));
	put_params(l, pairs);
	for (; body > 0; body -= body < CHUNK ? body : CHUNK)
		put(l, 5, fill, body < CHUNK ? body : CHUNK);
	put(l, 5, NULL, 0);
}

static int
dial(const struct load *l)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0);

	while (connect(fd, (const struct sockaddr *)&l->to, sizeof(l->to))) {
		if (errno != EAGAIN && errno != EINTR) {
			perror(l->to.sun_path);
			exit(1);
		}
		(void)usleep(500); /* its backlog is full */
	}
	return fd;
}

struct answer {
	uint8_t head[HEAD];
	size_t have, skip;
	uint64_t bytes;
	bool ended;
};

/* Walk over the records in BUF. */
static void
walk(struct answer *a, const uint8_t *buf, size_t len)
{
	while (len > 0) {
		size_t n = a->skip < len ? a->skip : len;

		if (a->skip > 0) {
			a->skip -= n;
			a->bytes += n;
		} else {
			n = HEAD - a->have < len ? HEAD - a->have : len;
			memcpy(a->head + a->have, buf, n);
			a->have += n;
		}
		buf += n;
		len -= n;
		if (a->have == HEAD && a->skip == 0) {
			a->skip =
			    (size_t)(a->head[4] << 8 | a->head[5]) + a->head[6];
			if (a->head[1] == 3)
				a->ended = true;
			a->have = 0;
		}
	}
}

/* 0 once END_REQUEST and its body are here. */
static int
ask(const struct load *l, int fd, struct answer *a)
{
	static __thread uint8_t buf[1 << 17];
	size_t sent = 0;

	while (!(a->ended && a->skip == 0)) {
		struct pollfd p = { fd, POLLIN, 0 };
		ssize_t n;

		if (sent < l->len)
			p.events |= POLLOUT;
		if (poll(&p, 1, 30000) != 1)
			return -1;
		if (p.revents & POLLOUT) {
			n = send(
			    fd, l->request + sent, l->len - sent, MSG_NOSIGNAL);
			if (n > 0)
				sent += (size_t)n;
		}
		if (!(p.revents & (POLLIN | POLLHUP)))
			continue;
		n = read(fd, buf, sizeof(buf));
		if (n <= 0)
			return -1;
		walk(a, buf, (size_t)n);
	}
	return 0;
}

static void *
run(void *arg)
{
	struct load *l = arg;
	int fd = -1;

	while (__sync_sub_and_fetch(&l->left, 1) >= 0) {
		struct answer a = { .have = 0 };
		double began = now_us();
		int bad;

		if (fd == -1)
			fd = dial(l);
		bad = ask(l, fd, &a);
		if (bad || !l->keep) {
			(void)close(fd);
			fd = -1;
		}
		if (bad)
			(void)__sync_add_and_fetch(&l->failed, 1);
		(void)__sync_add_and_fetch(&l->bytes, a.bytes);
		l->us[__sync_fetch_and_add(&l->done, 1)] = now_us() - began;
	}
	return NULL;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	struct load l = { .to.sun_family = AF_UNIX };
	pthread_t threads[1024];
	int n, i;
	long total;
	size_t body;
	double began, took;

	if (argc < 6) {
		(void)fprintf(stderr,
		    "usage: load SOCKET IN_FLIGHT REQUESTS "
		    "KEEP BODY NAME=VALUE...\n");
		return 64;
	}
	(void)snprintf(l.to.sun_path, sizeof(l.to.sun_path), "%s", argv[1]);
	n = atoi(argv[2]);
	l.left = total = atol(argv[3]);
	l.keep = atoi(argv[4]) != 0;
	body = (size_t)atol(argv[5]);
	build(&l, argv + 6, body);
	l.us = calloc((size_t)total, sizeof(*l.us));
	began = now_us();
	for (i = 0; i < n && i < 1024; i++)
		if (pthread_create(&threads[i], NULL, run, &l) != 0)
			return 1;
	for (i = 0; i < n && i < 1024; i++)
		(void)pthread_join(threads[i], NULL);
	took = (now_us() - began) / 1e6;
	qsort(l.us, (size_t)total, sizeof(*l.us), compare);
	(void)printf("%.1f %.1f %.0f %.0f %ld\n", (double)total / took,
	    ((double)l.bytes + (double)body * (double)total) / took / 1e6,
	    l.us[total / 2], l.us[total * 99 / 100], l.failed);
	return l.failed == 0 ? 0 : 1;
}
