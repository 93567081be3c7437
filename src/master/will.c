#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "master/will.h"

static void
fail(struct will *w)
{
	if (w->error == 0)
		w->error = errno;
}

static void
put(struct will *w, const char *line, size_t len)
{
	if (len == 0)
		errno = EOVERFLOW;
	if (len == 0 || write(w->fd, line, len) != (ssize_t)len)
		fail(w);
}

void
will_open(struct will *w)
{
	char line[64];

	*w = (struct will){ .fd = memfd_create("cgi-fpm-state", 0) };
	if (w->fd == -1)
		fail(w);
	else
		put(w, line, state_put_head(line, sizeof(line)));
}

static void
keep(struct will *w, int fd)
{
	if (fd != -1 && fcntl(fd, F_SETFD, 0) == -1)
		fail(w);
}

static void
keep_all(struct will *w, const struct state_item *item)
{
	switch (item->kind) {
	case STATE_CONTROL:
		keep(w, item->u.control.fd);
		break;
	case STATE_ASKER:
		keep(w, item->u.asker.fd);
		break;
	case STATE_POOL:
		keep(w, item->u.pool.board_fd);
		keep(w, item->u.pool.in_fd);
		keep(w, item->u.pool.out_fd);
		break;
	case STATE_LISTENER:
		keep(w, item->u.listener.fd);
		break;
	case STATE_SLOT:
		keep(w, item->u.slot.channel_fd);
		keep(w, item->u.slot.output_fd);
		break;
	case STATE_PARKED:
		keep(w, item->u.parked.fd);
		break;
	case STATE_MASTER:
	case STATE_KINDS:
		break;
	}
}

void
will_add(struct will *w, const struct state_item *item)
{
	char line[STATE_LINE_MAX];

	if (w->error != 0)
		return;
	put(w, line, state_put(line, sizeof(line), item));
	w->lines++;
	keep_all(w, item);
}

int
will_close(struct will *w)
{
	char line[64];
	int fd = w->fd;

	if (w->error == 0)
		put(w, line, state_put_end(line, sizeof(line), w->lines));
	if (w->error == 0)
		return fd;
	io_close(&fd);
	errno = w->error;
	return -1;
}
