/* allocshim.c - a machine that runs out of memory when a test wants it to:
 * LD_PRELOAD this, and the file named by ALLOC_SHIM holds four numbers: whose
 * allocations fail (a process, and what it forks), from which one on, counted
 * from the moment the third number changes, and how many did. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *at, size_t size);

struct shared {
	volatile int pid; /* 0: nobody's */
	volatile int after;
	volatile int serial;
	volatile int failed;
};

static struct shared *shared;
static int serial, left;

__attribute__((constructor)) static void
open_shared(void)
{
	const char *path = getenv("ALLOC_SHIM");
	int fd = path == NULL ? -1 : open(path, O_RDWR | O_CLOEXEC);
	void *at;

	if (fd == -1)
		return;
	at = mmap(
	    NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (at != MAP_FAILED)
		shared = at;
}

/* What is forked goes on with what is left to its parent. */
static int
is_meant(void)
{
	return shared != NULL && shared->pid != 0 &&
	    (shared->pid == getpid() || shared->pid == getppid());
}

static int
fails(void)
{
	if (!is_meant())
		return 0;
	if (serial != shared->serial) {
		serial = shared->serial;
		left = shared->after;
	}
	if (left > 0) {
		left--;
		return 0;
	}
	shared->failed++;
	errno = ENOMEM;
	return 1;
}

void *
malloc(size_t size)
{
	return fails() ? NULL : __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	return fails() ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *at, size_t size)
{
	return fails() ? NULL : __libc_realloc(at, size);
}
