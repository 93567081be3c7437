#include "master/look.h"

#include <sys/ioctl.h>

#include "base/clock.h"
#include "master/channel.h"
#include "master/watch.h"

#define ANSWER_MS 1000 /* without an answer a status worker is stuck */
/* At a connection.  Whoever sends byte by byte costs no more than this, and
 * does not wait in vain: the kernel takes some hundred pieces that nobody
 * reads, and then no more. */
#define LOOKS_MAX 32

static int
unread(int fd)
{
	int n = 0;

	return ioctl(fd, FIONREAD, &n) == -1 ? 0 : n;
}

bool
look_ask(struct handoff *h, int place, int64_t now)
{
	const struct parked *parked = parking_get(h->parking, place);
	struct chan_msg msg = { .kind = CHAN_LOOK, .value = place };
	struct parking_look how = { .who = h->look.who, .at_ms = now };

	if (parked->seen || h->look.channel_fd == -1)
		return false;
	if (h->look.spare > 0) {
		h->look.spare--;
		return false;
	}
	/* Before it looks: it may see more, never less. */
	how.had = unread(parked->fd);
	msg.since_ms = how.token = ++h->token;
	if (channel_put(h->look.channel_fd, &msg, &parked->fd, 1) == -1)
		return false; /* it is behind: this one goes without */
	parking_look(h->parking, place, &how);
	return true;
}

/* To be told once when more comes.  What came since it was looked at is told
 * at once, as is what was there before; look_event() knows which. */
static void
await(struct handoff *h, int place, int64_t now)
{
	const struct watch w = { .kind = WATCH_PARKED,
		.crew = h->conf.crew,
		.place = (unsigned)place };
	int64_t limit = h->conf.limit_ms[PARKING_SILENT];

	parking_cut(h->parking, place, limit > 0 ? now + limit : CLOCK_NEVER);
	if (watch_add(h->conf.epoll_fd, parking_get(h->parking, place)->fd,
		EPOLLIN | EPOLLRDHUP | EPOLLET, &w) == -1)
		parking_again(h->parking, place, true);
}

void
look_answered(
    struct handoff *h, unsigned who, const struct chan_msg *answer, int64_t now)
{
	const struct parked *parked = parking_get(h->parking, answer->value);

	if (parked == NULL || !parked->looked || parked->look.who != who ||
	    parked->look.token != answer->since_ms)
		return;
	if (answer->kind == CHAN_KEEP)
		handoff_close_one(h, answer->value);
	else if (answer->kind == CHAN_MORE && parked->looks < LOOKS_MAX)
		await(h, answer->value, now);
	else
		parking_pass(h->parking, answer->value);
}

static void
wake(struct handoff *h, int place, bool seen)
{
	watch_del(h->conf.epoll_fd, parking_get(h->parking, place)->fd);
	parking_again(h->parking, place, seen);
}

void
look_event(struct handoff *h, int place, uint32_t events)
{
	const struct parked *parked = parking_get(h->parking, place);

	/* Who has closed sends no more: a worker may find out. */
	if ((events & HANDOFF_CLOSED) != 0)
		wake(h, place, true);
	else if (unread(parked->fd) > parked->look.had)
		wake(h, place, false);
}

void
look_overdue(struct handoff *h, int64_t now)
{
	int place;

	while ((place = parking_first_cut(h->parking)) != -1 &&
	    parking_get(h->parking, place)->cut_ms <= now)
		wake(h, place, true);
}

int
look_release(struct handoff *h)
{
	int place = parking_first_cut(h->parking);

	if (place == -1 || (h->look.channel_fd != -1 && h->look.spare == 0))
		return -1;
	if (h->look.spare > 0)
		h->look.spare--;
	wake(h, place, true);
	return place;
}

bool
look_is_asked(const struct handoff *h, unsigned who)
{
	return parking_is_looking(h->parking, who);
}

void
look_forget(struct handoff *h, unsigned who)
{
	if (h->parking != NULL)
		parking_pass_all(h->parking, who);
}

int64_t
look_answer_due(const struct handoff *h)
{
	int place = h->parking == NULL ? -1 : parking_first_looked(h->parking);

	if (place == -1)
		return CLOCK_NEVER;
	return parking_get(h->parking, place)->look.at_ms + ANSWER_MS;
}

int64_t
look_due(const struct handoff *h)
{
	int place = parking_first_cut(h->parking);

	return place == -1 ? CLOCK_NEVER
			   : parking_get(h->parking, place)->cut_ms;
}
