/* map.c - the file behind a board: made, grown, opened by others.
 *
 * The struct board itself is private memory, copied into each worker by the
 * fork; only the file behind it is shared.  So nothing that a worker can
 * write is ever used as a size, an index or a pointer.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "board/layout.h"

#define COLD_AT \
	(sizeof(struct board_head) + BOARD_SLOTS_MAX * sizeof(struct board_hot))

static size_t
length_for(size_t nslots)
{
	return COLD_AT + nslots * sizeof(struct board_cold);
}

static void
point(struct board *b, void *at, size_t len)
{
	b->map_len = len;
	b->head = at;
	b->hot = (struct board_hot *)(void *)((char *)at +
	    sizeof(struct board_head));
	b->cold = (struct board_cold *)(void *)((char *)at + COLD_AT);
}

/* FD's ownership goes into the board only when that succeeds. */
static struct board *
map(int fd, size_t nslots, int protection)
{
	struct board *b = malloc(sizeof(*b));
	size_t len = length_for(nslots);
	void *at;

	if (b == NULL)
		return NULL;
	at = mmap(NULL, len, protection, MAP_SHARED, fd, 0);
	if (at == MAP_FAILED) {
		free(b);
		return NULL;
	}
	point(b, at, len);
	b->nslots = nslots;
	b->fd = fd;
	return b;
}

static struct board *
fail(int fd, int error)
{
	(void)close(fd);
	errno = error;
	return NULL;
}

void
board_sign(struct board *b)
{
	b->head->magic = BOARD_MAGIC;
	b->head->layout = BOARD_LAYOUT;
	b->head->head_len = sizeof(struct board_head);
	b->head->hot_len = sizeof(struct board_hot);
	b->head->cold_len = sizeof(struct board_cold);
	atomic_store(&b->head->nslots, (uint32_t)b->nslots);
}

struct board *
board_new(size_t nslots)
{
	struct board *b;
	int fd;

	if (nslots > BOARD_SLOTS_MAX) {
		errno = ENOMEM;
		return NULL;
	}
	fd = memfd_create("cgi-fpm-board", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	if (fd == -1)
		return NULL;
	/* Zeroed by the kernel: every slot is BOARD_EMPTY.  It may grow, and
	 * never shrink under those who look at it; who finds it in /proc can
	 * change neither. */
	if (ftruncate(fd, (off_t)length_for(nslots)) == -1 ||
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_SEAL) == -1 ||
	    (b = map(fd, nslots, PROT_READ | PROT_WRITE)) == NULL)
		return fail(fd, errno);
	board_sign(b);
	return b;
}

void
board_free(struct board *b)
{
	if (b == NULL)
		return;
	(void)munmap(b->head, b->map_len);
	if (b->fd != -1)
		(void)close(b->fd);
	free(b);
}

int
board_grow(struct board *b, size_t nslots)
{
	size_t len = length_for(nslots);
	void *at;

	if (nslots <= b->nslots)
		return 0;
	if (nslots > BOARD_SLOTS_MAX) {
		errno = ENOMEM;
		return -1;
	}
	if (ftruncate(b->fd, (off_t)len) == -1)
		return -1;
	at = mremap(b->head, b->map_len, len, MREMAP_MAYMOVE);
	if (at == MAP_FAILED)
		return -1;
	point(b, at, len);
	b->nslots = nslots;
	atomic_store(&b->head->nslots, (uint32_t)nslots);
	return 0;
}

int
board_fd(const struct board *b)
{
	return b->fd;
}

int
board_fd_reader(const struct board *b)
{
	char path[40];

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", b->fd);
	return open(path, O_RDONLY | O_CLOEXEC);
}

static bool
is_board(const struct board_head *head)
{
	return head->magic == BOARD_MAGIC && head->layout == BOARD_LAYOUT &&
	    head->head_len == sizeof(struct board_head) &&
	    head->hot_len == sizeof(struct board_hot) &&
	    head->cold_len == sizeof(struct board_cold);
}

/* As many slots as FD's size allows and its head admits to. */
static struct board *
open_file(int fd, int protection)
{
	int seals = fcntl(fd, F_GET_SEALS);
	struct board *b;
	struct stat st;
	size_t fits;

	if (fstat(fd, &st) == -1)
		return NULL;
	if (seals == -1 || (seals & F_SEAL_SHRINK) == 0 ||
	    st.st_size < (off_t)COLD_AT) {
		errno = EPROTO;
		return NULL;
	}
	fits = ((size_t)st.st_size - COLD_AT) / sizeof(struct board_cold);
	if (fits > BOARD_SLOTS_MAX)
		fits = BOARD_SLOTS_MAX;
	b = map(fd, fits, protection);
	if (b == NULL)
		return NULL;
	if (atomic_load(&b->head->nslots) < fits)
		b->nslots = atomic_load(&b->head->nslots);
	if (is_board(b->head))
		return b;
	b->fd = -1;
	board_free(b);
	errno = EPROTO;
	return NULL;
}

struct board *
board_adopt(int fd)
{
	struct board *b = open_file(fd, PROT_READ | PROT_WRITE);

	if (b == NULL)
		return fail(fd, errno);
	(void)fcntl(fd, F_SETFD, FD_CLOEXEC);
	return b;
}

struct board *
board_attach(int fd)
{
	struct board *b = open_file(fd, PROT_READ);

	if (b != NULL)
		b->fd = -1;
	return b;
}
