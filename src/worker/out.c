#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "worker/out.h"

void
out_reset(struct out *o)
{
	o->at = 0;
	o->end = 0;
	o->probed = false;
	o->sent = 0;
}

size_t
out_pending(const struct out *o)
{
	return o->end - o->at;
}

bool
out_has_room(const struct out *o)
{
	return OUT_LEN - o->end >= 4 * OUT_SMALL;
}

bool
out_has_data_room(const struct out *o)
{
	return OUT_LEN - o->end > OUT_KEPT_BACK + FCGI_HEAD_LEN;
}

uint8_t *
out_reserve(struct out *o, size_t *cap)
{
	size_t room;

	*cap = 0;
	if (!out_has_data_room(o))
		return NULL;
	room = OUT_LEN - o->end - OUT_KEPT_BACK - FCGI_HEAD_LEN;
	*cap = room < FCGI_BODY_MAX ? room : FCGI_BODY_MAX;
	return o->buf + o->end + FCGI_HEAD_LEN;
}

/* HAProxy 2.6 (Debian 12) crashes of a STDERR record that ends its buffer
 * and has no padding; with padding it does not. */
static uint8_t
padding_for(uint8_t type, size_t len)
{
	if (type != FCGI_STDERR || len == 0)
		return 0;
	return (uint8_t)(FCGI_HEAD_LEN - len % FCGI_HEAD_LEN);
}

void
out_commit(struct out *o, uint8_t type, uint16_t id, size_t len)
{
	struct fcgi_head head = {
		.type = type,
		.id = id,
		.body_len = (uint16_t)len,
		.pad_len = padding_for(type, len),
	};

	o->end += fcgi_put_head(o->buf + o->end, &head) + len;
	memset(o->buf + o->end, 0, head.pad_len);
	o->end += head.pad_len;
}

void
out_put(struct out *o, uint8_t type, uint16_t id, const void *body, size_t len)
{
	if (len > 0)
		memcpy(o->buf + o->end + FCGI_HEAD_LEN, body, len);
	out_commit(o, type, id, len);
}

void
out_put_end(
    struct out *o, uint16_t id, uint32_t app_status, enum fcgi_end status)
{
	o->end += fcgi_put_end(o->buf + o->end, id, app_status, status);
}

uint8_t *
out_small(struct out *o)
{
	return o->buf + o->end;
}

void
out_small_commit(struct out *o, size_t len)
{
	o->end += len;
}

int
out_flush(struct out *o, int fd)
{
	while (o->at < o->end) {
		size_t skip = o->probed ? 1 : 0;
		ssize_t n = send(fd, o->buf + o->at + skip,
		    o->end - o->at - skip, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return errno == EAGAIN ? 1 : -1;
		o->at += (size_t)n + skip;
		o->sent += (size_t)n + skip;
		o->probed = false;
	}
	o->at = 0;
	o->end = 0;
	return 0;
}

int
out_probe(struct out *o, int fd)
{
	static const uint8_t version = 1;

	if (o->probed || o->at != o->end)
		return 0;
	if (send(fd, &version, 1, MSG_NOSIGNAL | MSG_DONTWAIT) == 1)
		o->probed = true;
	else if (errno != EAGAIN && errno != EINTR)
		return -1;
	return 0;
}
