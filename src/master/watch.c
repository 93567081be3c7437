#include <stddef.h>
#include <sys/epoll.h>

#include "master/watch.h"

uint64_t
watch_tag(const struct watch *w)
{
	return (uint64_t)w->kind << 56 | (uint64_t)(w->crew & 0xffffff) << 32 |
	    w->place;
}

void
watch_untag(uint64_t tag, struct watch *w)
{
	w->kind = (enum watch_kind)(tag >> 56);
	w->crew = (unsigned)(tag >> 32) & 0xffffff;
	w->place = (unsigned)tag;
}

static int
control(int epoll_fd, int op, int fd, uint32_t events, const struct watch *w)
{
	struct epoll_event ev = { .events = events };

	ev.data.u64 = watch_tag(w);
	return epoll_ctl(epoll_fd, op, fd, &ev);
}

int
watch_add(int epoll_fd, int fd, uint32_t events, const struct watch *w)
{
	return control(epoll_fd, EPOLL_CTL_ADD, fd, events, w);
}

int
watch_change(int epoll_fd, int fd, uint32_t events, const struct watch *w)
{
	return control(epoll_fd, EPOLL_CTL_MOD, fd, events, w);
}

void
watch_del(int epoll_fd, int fd)
{
	(void)epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
}
