/* sig.c - handlers that set a flag and do nothing else. */
#include "base/sig.h"

#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static volatile sig_atomic_t seen[NSIG];

static void
on_signal(int signo)
{
	seen[signo] = 1;
}

/* No SA_RESTART: whoever waits is to look at the flags again. */
static void
set_action(int signo, void (*handler)(int))
{
	struct sigaction sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = handler;
	(void)sigfillset(&sa.sa_mask);
	(void)sigaction(signo, &sa, NULL);
}

void
sig_setup(const int *list, size_t n, sigset_t *unblocked)
{
	sigset_t set;
	size_t i;

	(void)sigemptyset(&set);
	for (i = 0; i < n; i++)
		(void)sigaddset(&set, list[i]);
	/* Block first: nothing is flagged before its owner waits for it. */
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	set_action(SIGPIPE, SIG_IGN);
	for (i = 0; i < n; i++)
		set_action(list[i], on_signal);
	(void)sigemptyset(unblocked);
}

bool
sig_take(int signo)
{
	bool was;

	if (signo <= 0 || signo >= NSIG)
		return false;
	was = seen[signo] != 0;
	seen[signo] = 0;
	return was;
}

/* By the system call: libc keeps the two signals below SIGRTMIN to itself.
 * sigaction() refuses them, but posix_spawn() of glibc leaves them ignored in
 * what it starts, us for one, and programs would inherit that. */
static void
all_default(void)
{
	const struct sigaction none = { 0 }; /* SIG_DFL, in any layout */
	int signo;

	for (signo = 1; signo < NSIG; signo++) {
		/* KILL and STOP refuse. */
		(void)syscall(SYS_rt_sigaction, signo, &none, NULL, NSIG / 8);
		seen[signo] = 0;
	}
}

void
sig_reset(void)
{
	sigset_t none;

	all_default();
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

void
sig_reset_blocked(void)
{
	sigset_t all;

	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, NULL);
	all_default();
}
