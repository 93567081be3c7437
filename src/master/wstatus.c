#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

#include "board/place.h"
#include "master/wstatus.h"

#define NAME(sig)            \
	{                    \
		sig, "" #sig \
	}

static const struct {
	int signo;
	const char *name;
} names[] = { NAME(SIGHUP), NAME(SIGINT), NAME(SIGQUIT), NAME(SIGILL),
	NAME(SIGTRAP), NAME(SIGABRT), NAME(SIGBUS), NAME(SIGFPE), NAME(SIGKILL),
	NAME(SIGUSR1), NAME(SIGSEGV), NAME(SIGUSR2), NAME(SIGPIPE),
	NAME(SIGALRM), NAME(SIGTERM), NAME(SIGXCPU), NAME(SIGXFSZ),
	NAME(SIGVTALRM), NAME(SIGPROF), NAME(SIGIO), NAME(SIGPWR),
	NAME(SIGSYS) };

static const char *
name_of(int signo)
{
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].signo == signo)
			return names[i].name;
	return "unknown";
}

int
wstatus_code(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

enum restart_end
wstatus_end(int status)
{
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGKILL ? RESTART_KILLED
						   : RESTART_FAILED;
	switch (wstatus_code(status)) {
	case PLACE_RETIRED:
		return RESTART_RETIRED;
	case PLACE_CONFIG:
		return RESTART_CONFIG;
	default:
		return RESTART_FAILED;
	}
}

const char *
wstatus_text(int status, char *buf, size_t cap)
{
	if (WIFEXITED(status))
		(void)snprintf(
		    buf, cap, "exited with code %d", WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		(void)snprintf(buf, cap, "exited on signal %d (%s%s)",
		    WTERMSIG(status), name_of(WTERMSIG(status)),
		    WCOREDUMP(status) ? " - core dumped" : "");
	else
		(void)snprintf(
		    buf, cap, "ended with status 0x%x", (unsigned)status);
	return buf;
}
