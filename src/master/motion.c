#include "master/motion.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "master/kin.h"

struct sum {
	uint64_t marks;
	bool known;
};

/* Bits spread so that sums of what differs do differ: the last steps of
 * SplitMix64 (Steele, Lea and Flood, 2014). */
static uint64_t
spread(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

uint64_t
motion_mark(uint64_t tid, const char *text)
{
	unsigned long long ran_ns, times;
	uint64_t mark;

	/* How long it ran, how long it waited for a processor, how often it
	 * got one; kernels that do not count write zeros. */
	if (sscanf(text, "%llu %*u %llu", &ran_ns, &times) != 2 || times == 0)
		return 0;
	mark = spread(spread(spread(tid) + ran_ns) + times);
	return mark != 0 ? mark : 1;
}

static void
take_thread(void *arg, int task, const char *tid)
{
	struct sum *sum = arg;
	char name[32], text[128];
	uint64_t mark = 0;

	(void)snprintf(name, sizeof(name), "%.16s/schedstat", tid);
	if (kin_read(task, name, text, sizeof(text)) > 0)
		mark = motion_mark(strtoull(tid, NULL, 10), text);
	sum->known = sum->known && mark != 0;
	sum->marks += mark;
}

uint64_t
motion_of(pid_t pid)
{
	struct sum sum = { .known = true };
	const struct kin_visitor v = { .thread = take_thread, .arg = &sum };

	if (kin_visit(pid, &v) != KIN_ALL || !sum.known)
		return 0;
	return sum.marks != 0 ? sum.marks : 1;
}
