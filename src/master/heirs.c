#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/sockaddr.h"
#include "master/heirs.h"

/* One more element of SIZE at the end of *AT, zeroed. */
static void *
grow(void *at, size_t n, size_t size)
{
	void **array = at;
	char *grown = realloc(*array, (n + 1) * size);

	if (grown == NULL)
		return NULL;
	*array = grown;
	return memset(grown + n * size, 0, size);
}

static struct heir *
add_heir(struct heirs *h, const struct state_item *item)
{
	struct heir *heir = grow(&h->at, h->n, sizeof(h->at[0]));

	if (heir == NULL)
		return NULL;
	h->n++;
	heir->board_fd = heir->in_fd = heir->out_fd = -1;
	if (item == NULL)
		return heir;
	(void)strcpy(heir->name, item->u.pool.name);
	heir->native = item->u.pool.native;
	heir->retired = item->u.pool.retired;
	heir->refusing = item->u.pool.refusing;
	heir->scale = item->u.pool.scale;
	heir->board_fd = item->u.pool.board_fd;
	heir->in_fd = item->u.pool.in_fd;
	heir->out_fd = item->u.pool.out_fd;
	return heir;
}

/* To the last of H, or to a new one when that is full. */
static int
add_listener(struct heirs *h, const struct state_item *item)
{
	struct heir *heir = h->n == 0 ? NULL : &h->at[h->n - 1];
	struct listeners *l;
	size_t i;

	if (heir == NULL || heir->listeners.n == POOL_LISTEN_MAX)
		heir = add_heir(h, NULL);
	if (heir == NULL)
		return -1;
	l = &heir->listeners;
	i = l->n++;
	l->native = item->u.listener.native;
	l->own[i] = item->u.listener.own;
	l->fds[i] = item->u.listener.fd;
	l->addrs[i] = item->u.listener.addr;
	if (sockaddr_name(&l->addrs[i]) == -1)
		(void)strcpy(l->addrs[i].name, "?");
	l->files[i] = (struct sockfile){ .made = item->u.listener.made,
		.dev = (dev_t)item->u.listener.dev,
		.ino = (ino_t)item->u.listener.ino };
	return 0;
}

static int
add_worker(struct heir *heir, const struct state_item *item)
{
	struct heir_worker *w =
	    grow(&heir->workers, heir->nworkers, sizeof(*w));

	if (w == NULL)
		return -1;
	heir->nworkers++;
	*w = (struct heir_worker){ .index = item->u.slot.index,
		.pid = item->u.slot.pid,
		.channel_fd = item->u.slot.channel_fd,
		.output_fd = item->u.slot.output_fd,
		.born_ms = item->u.slot.born_ms,
		.aide = item->u.slot.aide };
	return 0;
}

static int
add_parked(struct heir *heir, const struct state_item *item)
{
	struct heir_parked *p = grow(&heir->parked, heir->nparked, sizeof(*p));

	if (p == NULL)
		return -1;
	heir->nparked++;
	*p = (struct heir_parked){ .fd = item->u.parked.fd,
		.silent = item->u.parked.silent,
		.since_ms = item->u.parked.since_ms };
	return 0;
}

static void
take_master(struct heirs *h, const struct state_item *item)
{
	h->generation = item->u.master.generation;
	h->drained = item->u.master.drained;
	h->has_nofile = true;
	h->nofile.rlim_cur = (rlim_t)item->u.master.soft;
	h->nofile.rlim_max = (rlim_t)item->u.master.hard;
	(void)strcpy(h->pid_file, item->u.master.pid_file);
}

static void
take_control(struct heir_control *c, const struct state_item *item)
{
	io_close(&c->fd);
	c->fd = item->u.control.fd;
	c->file = (struct sockfile){ .made = item->u.control.made,
		.dev = (dev_t)item->u.control.dev,
		.ino = (ino_t)item->u.control.ino };
	(void)strcpy(c->path, item->u.control.path);
}

static void
take_asker(struct heir_control *c, int fd)
{
	if (c->naskers < HEIRS_ASKERS_MAX)
		c->askers[c->naskers++] = fd;
	else
		io_close(&fd);
}

static int
take(struct heirs *h, const struct state_item *item)
{
	struct heir *last = h->n == 0 ? NULL : &h->at[h->n - 1];

	switch (item->kind) {
	case STATE_MASTER:
		take_master(h, item);
		return 0;
	case STATE_CONTROL:
		take_control(&h->control, item);
		return 0;
	case STATE_ASKER:
		take_asker(&h->control, item->u.asker.fd);
		return 0;
	case STATE_POOL:
		return add_heir(h, item) == NULL ? -1 : 0;
	case STATE_LISTENER:
		return add_listener(h, item);
	case STATE_SLOT:
		return last == NULL ? 0 : add_worker(last, item);
	case STATE_PARKED:
		return last == NULL ? 0 : add_parked(last, item);
	case STATE_KINDS:
		break;
	}
	return 0;
}

/* All that is open beyond 0 to 2 but for listeners. */
static void
close_strangers(const struct heirs *h, const struct activation *a, int stdin_fd)
{
	size_t i, j, n = 4;
	int *keep = calloc(n + a->n + h->n * POOL_LISTEN_MAX, sizeof(keep[0]));

	if (keep == NULL)
		return;
	keep[0] = stdin_fd;
	for (i = 1; i < n; i++)
		keep[i] = (int)i - 1;
	for (i = 0; i < a->n; i++)
		keep[n++] = a->fds[i];
	for (i = 0; i < h->n; i++)
		for (j = 0; j < h->at[i].listeners.n; j++)
			keep[n++] = h->at[i].listeners.fds[j];
	io_close_others(keep, n);
	free(keep);
}

/* Workers and connections of a master that we do not understand. */
static void
forget_all_but_listeners(struct heirs *h)
{
	size_t i;

	h->control.fd = -1;
	h->control.naskers = 0;
	for (i = 0; i < h->n; i++) {
		struct heir *heir = &h->at[i];

		heir->name[0] = '\0';
		heir->board_fd = heir->in_fd = heir->out_fd = -1;
		heir->nworkers = heir->nparked = 0;
	}
}

struct heirs *
heirs_read(int fd, const struct activation *a, int stdin_fd)
{
	struct heirs *h = calloc(1, sizeof(*h));
	char *text = io_read_file(fd);
	struct state_reader r = { .at = text };
	enum state_got got = STATE_ITEM;
	bool understood = true;
	struct state_item item;

	if (h == NULL) {
		free(text);
		return NULL;
	}
	h->control.fd = -1;
	for (; text != NULL && got != STATE_END && got != STATE_BROKEN;) {
		got = state_get(&r, &item);
		if (got == STATE_OTHER)
			understood = false;
		if (got == STATE_ITEM && take(h, &item) == -1)
			got = STATE_BROKEN;
	}
	free(text);
	io_close(&fd);
	if (got != STATE_END || !understood) {
		forget_all_but_listeners(h);
		close_strangers(h, a, stdin_fd);
	}
	return h;
}

static void
free_heir(struct heir *heir)
{
	size_t i;

	io_close(&heir->board_fd);
	io_close(&heir->in_fd);
	io_close(&heir->out_fd);
	listeners_close(&heir->listeners);
	for (i = 0; i < heir->nworkers; i++) {
		io_close(&heir->workers[i].channel_fd);
		io_close(&heir->workers[i].output_fd);
	}
	for (i = 0; i < heir->nparked; i++)
		io_close(&heir->parked[i].fd);
	free(heir->workers);
	free(heir->parked);
}

void
heirs_free(struct heirs *h)
{
	size_t i;

	if (h == NULL)
		return;
	for (i = 0; i < h->n; i++)
		free_heir(&h->at[i]);
	io_close(&h->control.fd);
	while (h->control.naskers > 0)
		io_close(&h->control.askers[--h->control.naskers]);
	free(h->at);
	free(h);
}

struct heir *
heirs_find(struct heirs *h, const char *name, bool native)
{
	size_t i;

	for (i = 0; i < h->n; i++)
		if (!h->at[i].taken && h->at[i].native == native &&
		    strcmp(h->at[i].name, name) == 0)
			return &h->at[i];
	return NULL;
}
