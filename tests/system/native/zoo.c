/* zoo.c - a libfcgi program that does as its first argument says.
 *
 *   (nothing)    answers: who it is, how often it answered, its query
 *   nonblock     makes the listener non-blocking and exits on "q=go"
 *   shutdown     shuts the listener down on "q=go"
 *   deafen       shuts it down for reading only
 *   unlink PATH  removes the file on "q=go"
 *   say TEXT     writes it to stdout and stderr, not by FastCGI
 *   backlog      calls listen(0, 0) on "q=go"
 *   after N      exits with 0 after N requests
 *   deaf         ignores TERM
 *   flood N      writes N bytes to stderr for each request
 *   grow N       takes N MiB for each request
 *   sleep MS     takes so long for each request
 *   ticks MS     wakes up that often, for nothing
 *   (any)        writes a line to stderr on "q=say"
 *   daemon MS    goes to the background after so long, and serves there; it
 *                ends when it is there, with 0 without waiting for that
 *   tree         starts a child that sleeps, and ends without it on "q=go"
 */
#include <fcgi_stdio.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *what = "";
static const char *text = "";
static long number;
static void *volatile taken; /* or the compiler sees that nobody uses it */

static int
is(const char *name)
{
	return strcmp(what, name) == 0;
}

static void
flood(long bytes)
{
	static char line[100];

	memset(line, 'e', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (; bytes > 0; bytes -= (long)sizeof(line))
		if (write(2, line, sizeof(line)) == -1)
			_exit(9);
}

static int
asked_to_say(void)
{
	const char *query = getenv("QUERY_STRING");

	return query != NULL && strcmp(query, "q=say") == 0;
}

/* It dies of a TERM from its first moment on. */
static void
have_child(void)
{
	struct sigaction dies = { .sa_handler = SIG_DFL }, caught;

	(void)sigaction(SIGTERM, &dies, &caught);
	if (fork() == 0) {
		sleep(1000);
		_exit(0);
	}
	(void)sigaction(SIGTERM, &caught, NULL);
}

static void
before(int served)
{
	if (is("say"))
		dprintf(1, "out %s\n", text);
	if (is("say"))
		dprintf(2, "err %s\n", text);
	if (is("flood"))
		flood(number);
	if (is("grow"))
		taken = memset(
		    malloc((size_t)number << 20), 1, (size_t)number << 20);
	if (is("sleep"))
		usleep((useconds_t)number * 1000);
	if (asked_to_say())
		dprintf(2, "it was asked\n");
	if (is("tree") && served == 1)
		have_child();
}

static void
nothing(int signo)
{
	(void)signo;
}

static void
tick(long ms)
{
	const struct itimerval each = { .it_interval = { ms / 1000,
					    ms % 1000 * 1000 },
		.it_value = { ms / 1000, ms % 1000 * 1000 } };
	const struct sigaction act = { .sa_handler = nothing,
		.sa_flags = SA_RESTART };

	(void)sigaction(SIGALRM, &act, NULL);
	(void)setitimer(ITIMER_REAL, &each, NULL);
}

static void
spoil(void)
{
	if (is("nonblock")) {
		(void)fcntl(0, F_SETFL, fcntl(0, F_GETFL) | O_NONBLOCK);
		exit(0);
	}
	if (is("shutdown"))
		(void)shutdown(0, SHUT_RDWR);
	if (is("deafen"))
		(void)shutdown(0, SHUT_RD);
	if (is("unlink"))
		(void)unlink(text);
	if (is("backlog"))
		(void)listen(0, 0);
	if (is("tree"))
		exit(3);
}

static void
leave(long ms)
{
	pid_t pid;

	usleep((useconds_t)ms * 1000);
	pid = fork();
	if (pid != 0 && ms > 0)
		(void)waitpid(pid, NULL, 0);
	if (pid != 0)
		_exit(0);
	(void)setsid();
	if (fork() != 0)
		_exit(0);
}

int
main(int argc, char **argv)
{
	int served = 0;

	what = argc > 1 ? argv[1] : "";
	text = argc > 2 ? argv[2] : "";
	number = argc > 2 ? atol(argv[2]) : 0;
	/* libfcgi catches TERM, unless somebody was faster. */
	(void)FCGX_Init();
	if (is("daemon"))
		leave(number);
	if (is("deaf"))
		(void)signal(SIGTERM, SIG_IGN);
	if (is("ticks"))
		tick(number);
	while (FCGI_Accept() >= 0) {
		const char *query = getenv("QUERY_STRING");
		int go = query != NULL && strcmp(query, "q=go") == 0;

		before(++served);
		printf("Content-Type: text/plain\r\n\r\n%d %d %s\n",
		    (int)getpid(), served, query == NULL ? "" : query);
		FCGI_Finish();
		if (go)
			spoil();
		if (is("after") && served == number)
			return 0;
	}
	return 0;
}
