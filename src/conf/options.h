/* options.h - the command line, taken apart.
 *
 * getopt_long() and one table instead of argp: an error is one line here,
 * argp's are two and begin with advice.  Letters that stand for a directive
 * become a line "NAME=VALUE", as -o gives it, so conf.c checks them all.
 *
 * Layer: conf.  Called by main.c only.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdio.h>

#include "conf/conf.h"
#include "conf/mem.h"

enum options_verb {
	OPTIONS_RUN,
	OPTIONS_TEST, /* -t */
	OPTIONS_DUMP, /* -tt */
	OPTIONS_HELP,
	OPTIONS_VERSION
};

struct options {
	enum options_verb verb;
	/* File, program, lines, names; what was inherited is main's to add. */
	struct conf_source source;
	bool only_try;       /* --upgrade-probe */
	struct conf_mem mem; /* what SOURCE points to, but for argv */
	char text[256];      /* what is wrong, when it is */
};

/* 0, or -1 with OUT->text (a usage error).  Paths become absolute, as a
 * daemon leaves the folder it was started in. */
int options_parse(int argc, char **argv, struct options *out);
void options_help(FILE *out);
void options_free(struct options *o);

#endif
