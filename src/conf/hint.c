/* hint.c - what to write in place of a name that is no directive. */
#include <stdio.h>
#include <string.h>

#include "conf/table.h"

/* No name of the table is longer. */
#define NAME_LEN_MAX 40

#define OF_PHP                                                     \
	"it is PHP's own: give it to php-cgi with -d in command, " \
	"or write it into php.ini"

/* Names that php-fpm's files have and cgi-fpm cannot mean anything by, or
 * that are written otherwise. */
static const struct {
	const char *name; /* or its beginning, with a final "*" */
	const char *instead;
} others[] = {
	{ "php_value*", OF_PHP },
	{ "php_flag*", OF_PHP },
	{ "php_admin_value*", OF_PHP },
	{ "php_admin_flag*", OF_PHP },
	{ "events.mechanism", "it is always epoll: leave it out" },
	{ "listen.setfib",
	    "it is for the routing tables of FreeBSD: leave it out" },
	{ "apparmor_hat",
	    "AppArmorProfile= of a unit confines a service, aa-exec in "
	    "command a program" },
	{ "env[*", "variables have a section: env { NAME = \"value\" }" },
	{ "access.suppress_path[*",
	    "it is a list: access.suppress_path = {\"/ping\"}" },
	{ "[*", "a pool is a section: pool \"NAME\" { ... }" },
};

static unsigned
least(unsigned a, unsigned b, unsigned c)
{
	if (b < a)
		a = b;
	return c < a ? c : a;
}

/* How many letters must be changed, added, left out to make B of A. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[NAME_LEN_MAX + 1];
	size_t len = strlen(b), i, j;

	for (j = 0; j <= len; j++)
		row[j] = (unsigned)j;
	for (i = 0; a[i] != '\0'; i++) {
		unsigned corner = row[0];

		row[0] = (unsigned)i + 1;
		for (j = 1; j <= len; j++) {
			unsigned old = row[j];

			row[j] = least(row[j] + 1, row[j - 1] + 1,
			    corner + (a[i] != b[j - 1]));
			corner = old;
		}
	}
	return row[len];
}

static const char *
nearest(enum conf_where where, const char *name)
{
	const char *best = NULL;
	unsigned least_so_far = 4;
	size_t i;

	for (i = 0; i < conf_table_count(); i++) {
		const struct conf_directive *row = conf_table_row(i);
		unsigned d;

		if (row->where != where)
			continue;
		d = distance(name, row->name);
		if (d < least_so_far && d < strlen(row->name) / 2) {
			least_so_far = d;
			best = row->name;
		}
	}
	return best;
}

static const char *
instead_of(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		size_t len = strcspn(others[i].name, "*");

		if (others[i].name[len] == '*'
			? strncmp(others[i].name, name, len) == 0
			: strcmp(others[i].name, name) == 0)
			return others[i].instead;
	}
	return NULL;
}

void
conf_table_hint(enum conf_where where, const char *name, char *text, size_t cap)
{
	bool global = where == CONF_GLOBAL;
	const char *near, *instead = instead_of(name);

	text[0] = '\0';
	if (conf_table_find(global ? CONF_POOL : CONF_GLOBAL, name) != NULL) {
		(void)snprintf(text, cap,
		    global
			? "; it belongs into a section: pool \"NAME\" { ... }"
			: "; it belongs outside of the pool's section");
		return;
	}
	if (instead != NULL) {
		(void)snprintf(text, cap, "; %s", instead);
		return;
	}
	near = nearest(where, name);
	if (near != NULL)
		(void)snprintf(text, cap, "; did you mean '%s'?", near);
}
