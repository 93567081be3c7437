#include <stddef.h>
#include <sysexits.h>

#include "master/askers.h"

void
askers_add(struct askers *a, master_verdict *done, void *arg)
{
	int i;

	if (done == NULL)
		return;
	for (i = 0; i < ASKERS_MAX; i++) {
		if (a->at[i].done != NULL)
			continue;
		a->at[i].done = done;
		a->at[i].arg = arg;
		a->at[i].served = false;
		return;
	}
	done(arg, EX_TEMPFAIL, "too many clients wait for that already");
}

void
askers_forget(struct askers *a, const void *arg)
{
	int i;

	for (i = 0; i < ASKERS_MAX; i++)
		if (a->at[i].arg == arg)
			a->at[i].done = NULL;
}

void
askers_serve(struct askers *a)
{
	int i;

	for (i = 0; i < ASKERS_MAX; i++)
		a->at[i].served = a->at[i].done != NULL;
}

void
askers_tell(struct askers *a, bool all, int code, const char *text)
{
	int i;

	for (i = 0; i < ASKERS_MAX; i++) {
		master_verdict *done = a->at[i].done;

		if (done == NULL || (!a->at[i].served && !all))
			continue;
		a->at[i].done = NULL;
		done(a->at[i].arg, code, text);
	}
}
