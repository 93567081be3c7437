#include <string.h>

#include "master/plan.h"

void
plan_pools(const char *const *names, size_t n, const struct master_conf *next,
    size_t *to)
{
	size_t i, j;

	for (i = 0; i < next->npools; i++) {
		to[i] = PLAN_NEW;
		for (j = 0; j < n && to[i] == PLAN_NEW; j++)
			if (names[j] != NULL &&
			    strcmp(names[j], next->pools[i].name) == 0)
				to[i] = j;
	}
}

static bool
same(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

const char *
plan_refuses(const struct master_conf *now, const struct master_conf *next)
{
	if (!same(now->control_listen, next->control_listen))
		return "control.listen";
	if (now->control_perm.mode != next->control_perm.mode)
		return "control.mode";
	if (now->control_perm.uid != next->control_perm.uid)
		return "control.owner";
	if (now->control_perm.gid != next->control_perm.gid)
		return "control.group";
	return NULL;
}

bool
plan_keeps_pid_file(
    const struct master_conf *now, const struct master_conf *next)
{
	return same(now->pid_file, next->pid_file);
}
