/* options.c - the table of letters, and what each becomes. */
#include "conf/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Long options without a letter. */
enum { OPT_ROOT = 256, OPT_NAME, OPT_TRY };

/* What to do with an option's argument. */
enum use {
	USE_OTHER,  /* see other() */
	USE_TEXT,   /* the directive's value */
	USE_PATH,   /* the same, made absolute */
	USE_LISTEN, /* the same, but for addresses */
	USE_LINE    /* NAME=VALUE already */
};

struct letter {
	int letter;
	const char *name;
	const char *arg; /* NULL: takes none */
	enum use use;
	const char *directive;
	const char *help;
};

static const struct letter letters[] = {
	{ 's', "socket", "PATH", USE_LISTEN, "listen",
	    "listen on a unix socket, or on unix:PATH, tcp:HOST:PORT, "
	    "tcp6:[HOST]:PORT" },
	{ 'a', "address", "ADDR", USE_OTHER, NULL, "listen on ADDR (with -p)" },
	{ 'p', "port", "PORT", USE_OTHER, NULL, "listen on a TCP port" },
	{ 'b', "backlog", "N", USE_TEXT, "listen.backlog",
	    "connections that may wait (511)" },
	{ 'M', "mode", "MODE", USE_TEXT, "listen.mode",
	    "mode of the unix socket (0660)" },
	{ 'U', "socket-user", "USER", USE_TEXT, "listen.owner",
	    "owner of the unix socket" },
	{ 'G', "socket-group", "GROUP", USE_TEXT, "listen.group",
	    "group of the unix socket" },
	{ OPT_ROOT, "root", "DIR", USE_PATH, "cgi.root",
	    "the request chooses a program beneath DIR" },
	{ OPT_NAME, "name", "NAME", USE_OTHER, NULL,
	    "the pool's name (that of the program or DIR)" },
	{ 'F', "workers", "N", USE_OTHER, NULL,
	    "N workers: pm = static, pm.max_children = N" },
	{ 'o', "option", "NAME=VALUE", USE_LINE, NULL,
	    "any directive of cgi-fpm.conf(5)" },
	{ 'u', "user", "USER", USE_TEXT, "user", "run programs as USER" },
	{ 'g', "group", "GROUP", USE_TEXT, "group", "run programs as GROUP" },
	{ 'c', "chroot", "DIR", USE_PATH, "chroot", "change the root to DIR" },
	{ 'd', "chdir", "DIR", USE_PATH, "chdir",
	    "the programs' working directory (each program's own)" },
	{ 'n', "foreground", NULL, USE_OTHER, NULL, "stay in the foreground" },
	{ 'P', "pid", "FILE", USE_PATH, "pid", "write the master's id" },
	{ 'S', "control", "PATH", USE_PATH, "control.listen",
	    "the control socket, for cgi-fpmctl" },
	{ 'y', "config", "FILE", USE_OTHER, NULL,
	    "pools from a configuration file" },
	{ 't', "test", NULL, USE_OTHER, NULL,
	    "test the settings; -tt prints them as well" },
	{ 'v', "version", NULL, USE_OTHER, NULL, "print the version" },
	/* For ourselves: see image.h. */
	{ OPT_TRY, "upgrade-probe", NULL, USE_OTHER, NULL, NULL },
	{ 'h', "help", NULL, USE_OTHER, NULL, "print this help" },
};

#define LETTERS (sizeof(letters) / sizeof(letters[0]))

/* What is known only when all options were seen. */
struct state {
	struct options *out;
	const char *address, *port;
	const char *alone; /* an option that needs to be without -y */
	const char **set;
	size_t nset;
	unsigned tests;
	bool program; /* -o names one */
};

__attribute__((format(printf, 2, 3))) static int
fail(struct state *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(s->out->text, sizeof(s->out->text), fmt, ap);
	va_end(ap);
	return -1;
}

static const char *
absolute(struct conf_mem *mem, const char *path)
{
	char *cwd;

	if (*path == '/' || *path == '\0')
		return path;
	while (strncmp(path, "./", 2) == 0)
		path += 2 + strspn(path + 2, "/");
	if (strcmp(path, ".") == 0)
		path = "";
	cwd = getcwd(NULL, 0);
	path = conf_printf(mem, "%s%s%s", cwd == NULL ? "" : cwd,
	    *path == '\0' ? "" : "/", path);
	free(cwd);
	return path;
}

/* VALUE as it is: in single quotes nothing is expanded. */
static void
add(struct state *s, const char *directive, const char *value)
{
	struct conf_mem *mem = &s->out->mem;
	char *copy = conf_alloc(mem, 2 * strlen(value) + 1), *to = copy;

	for (; *value != '\0'; value++) {
		if (*value == '\'' || *value == '\\')
			*to++ = '\\';
		*to++ = *value;
	}
	s->set[s->nset++] = conf_printf(mem, "%s='%s'", directive, copy);
}

/* A path, unless it can only be an address: "127.0.0.1:9000", "tcp:...". */
static void
add_socket(struct state *s, const char *value)
{
	struct conf_mem *mem = &s->out->mem;
	bool path = strchr(value, ':') == NULL || *value == '/' ||
	    strncmp(value, "./", 2) == 0 || strncmp(value, "../", 3) == 0;

	if (strncmp(value, "unix:", 5) == 0)
		value = absolute(mem, value + 5);
	else if (path)
		value = absolute(mem, value);
	add(s, "listen", value);
}

static void
add_port(struct state *s)
{
	struct conf_mem *mem = &s->out->mem;
	const char *address = s->address;

	if (address == NULL)
		add(s, "listen", s->port);
	else if (strchr(address, ':') != NULL && *address != '[')
		add(s, "listen", conf_printf(mem, "[%s]:%s", address, s->port));
	else
		add(s, "listen", conf_printf(mem, "%s:%s", address, s->port));
}

static bool
is_line_of(const char *line, const char *directive)
{
	size_t len = strlen(directive);

	return strncmp(line, directive, len) == 0 &&
	    strspn(line + len, " \t=") > 0;
}

/* Options that are no directive, or more than one. */
static void
other(struct state *s, int letter, const char *arg)
{
	struct options *out = s->out;

	switch (letter) {
	case 'a':
		s->address = arg;
		break;
	case 'p':
		s->port = arg;
		break;
	case 'F':
		add(s, "pm", "static");
		add(s, "pm.max_children", arg);
		break;
	case 'n':
		out->source.foreground = true;
		break;
	case 'y':
		out->source.file = absolute(&out->mem, arg);
		break;
	case 't':
		s->tests++;
		break;
	case OPT_TRY:
		out->only_try = true;
		break;
	case OPT_NAME:
		out->source.pool_name = arg;
		break;
	default:
		out->verb = letter == 'v' ? OPTIONS_VERSION : OPTIONS_HELP;
		break;
	}
}

static void
take(struct state *s, const struct letter *l, const char *arg)
{
	static const char alone[] = { 's', 'a', 'p', 0 };

	if (l->letter == OPT_ROOT || l->letter == OPT_NAME ||
	    (l->letter < 256 && strchr(alone, l->letter) != NULL))
		s->alone = l->name;
	switch (l->use) {
	case USE_TEXT:
		add(s, l->directive, arg);
		break;
	case USE_PATH:
		add(s, l->directive, absolute(&s->out->mem, arg));
		break;
	case USE_LISTEN:
		add_socket(s, arg);
		break;
	case USE_LINE:
		s->set[s->nset++] = arg;
		if (is_line_of(arg, "command") || is_line_of(arg, "cgi.root"))
			s->program = true;
		break;
	case USE_OTHER:
		other(s, l->letter, arg);
		break;
	}
	if (l->letter == OPT_ROOT)
		s->program = true;
}

static const struct letter *
find(int letter)
{
	size_t i;

	for (i = 0; i < LETTERS; i++)
		if (letters[i].letter == letter)
			return &letters[i];
	return NULL;
}

static int
read_options(struct state *s, int argc, char **argv)
{
	struct option longs[LETTERS + 1] = { 0 };
	char shorts[2 * LETTERS + 3] = "+:", *to = shorts + 2;
	size_t i;
	int c;

	for (i = 0; i < LETTERS; i++) {
		longs[i].name = letters[i].name;
		longs[i].has_arg = letters[i].arg != NULL;
		longs[i].val = letters[i].letter;
		if (letters[i].letter > 255)
			continue;
		*to++ = (char)letters[i].letter;
		if (letters[i].arg != NULL)
			*to++ = ':';
	}
	*to = '\0';
	optind = 0; /* start over, also after an earlier call */
	opterr = 0;
	while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const struct letter *l = find(c);

		if (l == NULL) {
			bool is_long = optopt == 0 || optopt > 255 ||
			    strncmp(argv[optind - 1], "--", 2) == 0;
			const char *why =
			    c == ':' ? "needs an argument" : "is no option";

			if (is_long)
				return fail(s, "%s %s; see cgi-fpm --help",
				    argv[optind - 1], why);
			return fail(
			    s, "-%c %s; see cgi-fpm --help", optopt, why);
		}
		take(s, l, optarg);
	}
	return 0;
}

static void
take_program(struct state *s, int argc, char **argv)
{
	struct conf_mem *mem = &s->out->mem;
	char **command;

	if (argc == 0)
		return;
	command = conf_copy_list(mem, argv, (size_t)argc);
	command[0] = conf_strdup(mem, absolute(mem, argv[0]));
	s->out->source.command = command;
}

static int
check(struct state *s)
{
	struct conf_source *source = &s->out->source;

	if (source->file != NULL && source->command != NULL)
		return fail(s,
		    "-y FILE and PROGRAM exclude each other: the file "
		    "says what to run");
	if (source->file != NULL && s->alone != NULL)
		return fail(s,
		    "-y FILE and --%s exclude each other: it belongs in "
		    "the file",
		    s->alone);
	if (s->address != NULL && s->port == NULL)
		return fail(s, "-a ADDR needs -p PORT");
	if (source->file == NULL && source->command == NULL && !s->program)
		return fail(s,
		    "no program: give PROGRAM, --root DIR or -y FILE; see "
		    "cgi-fpm --help");
	return 0;
}

int
options_parse(int argc, char **argv, struct options *out)
{
	struct state s = { .out = out };

	*out = (struct options){ .source.stdin_fd = -1 };
	s.set = conf_alloc(&out->mem, (2 * (size_t)argc + 2) * sizeof(*s.set));
	if (read_options(&s, argc, argv) == -1)
		return -1;
	take_program(&s, argc - optind, argv + optind);
	if (out->verb != OPTIONS_RUN)
		return 0;
	if (check(&s) == -1)
		return -1;
	if (s.port != NULL)
		add_port(&s);
	if (s.tests > 0)
		out->verb = s.tests == 1 ? OPTIONS_TEST : OPTIONS_DUMP;
	out->source.test = s.tests > 0;
	out->source.set = s.set;
	out->source.nset = s.nset;
	return 0;
}

void
options_help(FILE *out)
{
	size_t i;

	fputs("Usage: cgi-fpm [options] [--] PROGRAM [ARG...]\n"
	      "       cgi-fpm [options] --root DIR\n"
	      "       cgi-fpm [options] -y FILE\n\n"
	      "Serves CGI programs to web servers over FastCGI.\n\n",
	    out);
	for (i = 0; i < LETTERS; i++) {
		const struct letter *l = &letters[i];
		char names[48];

		if (l->help == NULL)
			continue;
		(void)snprintf(names, sizeof(names), "--%s%s%s", l->name,
		    l->arg == NULL ? "" : " ", l->arg == NULL ? "" : l->arg);
		if (l->letter < 256)
			fprintf(out, "  -%c, %-22s %s\n", l->letter, names,
			    l->help);
		else
			fprintf(out, "      %-22s %s\n", names, l->help);
	}
}

void
options_free(struct options *o)
{
	conf_mem_free(&o->mem);
}
