/* conf.c - the libconfuse boundary: files and -o lines to values.
 *
 * libconfuse reads the syntax; every value reaches it as a string and is
 * read by type.c.  What it leaves to us: it passes no user pointer to
 * callbacks (one static one, set only while it works); its include() knows
 * no patterns (ours parses each file with a parser of its own); it does not
 * mind what was never closed (see parse()).
 */
#include "conf/conf.h"

#include <confuse.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "conf/build.h"
#include "conf/line.h"
#include "conf/text.h"
#include "conf/type.h"

#define INCLUDE_DEPTH_MAX 10

/* A name that stands behind every text; see parse(). */
#define TEXT_END "cgi-fpm:end-of-text"

struct parsed {
	cfg_t *cfg;
	struct parsed *next;
};

struct reader {
	struct conf_data *data;
	struct conf_error *err;
	const char *file;
	unsigned depth;
	char *const *listen; /* of the section under way */
	bool at_end;
	struct parsed *parsed;
};

static struct reader *reader;

static int read_file(const char *path);

/* --- what libconfuse calls --------------------------------------------- */

static const char *
section_where(cfg_t *cfg)
{
	const char *title = cfg_title(cfg);

	if (title == NULL)
		return reader->file;
	return conf_printf(
	    &reader->data->mem, "%s: pool '%s'", reader->file, title);
}

static void
refuse_name(cfg_t *cfg, const char *name)
{
	bool in_pool = strcmp(cfg_name(cfg), "pool") == 0;
	char hint[CONF_HINT_MAX];

	conf_table_hint(
	    in_pool ? CONF_POOL : CONF_GLOBAL, name, hint, sizeof(hint));
	(void)conf_fail(reader->err, EX_CONFIG, section_where(cfg),
	    "no directive '%s'%s", name, hint);
}

__attribute__((format(printf, 2, 0))) static void
on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	char text[256];

	if (strstr(fmt, "no such option") != NULL) {
		const char *name = va_arg(ap, const char *);

		/* 3.3 also says so of each new name in env { }. */
		if (strcmp(cfg_name(cfg), "env") != 0 &&
		    strcmp(name, TEXT_END) != 0)
			refuse_name(cfg, name);
		return;
	}
	if (strstr(fmt, "duplicate title") != NULL) {
		(void)conf_fail(reader->err, EX_CONFIG, reader->file,
		    "pool '%s' is defined twice", va_arg(ap, const char *));
		return;
	}
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	(void)conf_fail(reader->err, EX_CONFIG, section_where(cfg), "%s", text);
}

/* Each value as libconfuse meets it, as a later "listen =" replaces what an
 * earlier one said. */
static int
on_listen(cfg_t *cfg, cfg_opt_t *opt, const char *value, void *result)
{
	(void)cfg;
	(void)opt;
	reader->listen =
	    conf_append_list(&reader->data->mem, reader->listen, value);
	*(const char **)result = value;
	return 0;
}

static int
on_global(cfg_t *cfg, cfg_opt_t *opt)
{
	const struct conf_directive *d =
	    conf_table_find(CONF_GLOBAL, cfg_opt_name(opt));
	char *value = conf_strdup(&reader->data->mem, cfg_opt_getstr(opt));

	(void)cfg;
	return conf_set(reader->data, d, &reader->data->global, reader->file,
	    (struct conf_values){ &value, 1 }, reader->err);
}

static int
take_env(struct conf_pool *p, cfg_opt_t *opt)
{
	cfg_t *env = cfg_opt_getnsec(opt, 0);
	unsigned i;

	for (i = 0; env != NULL && i < cfg_num(env); i++) {
		cfg_opt_t *var = cfg_getnopt(env, i);

		if (conf_set_env(reader->data, p, p->where, cfg_opt_name(var),
			cfg_opt_getstr(var), reader->err) == -1)
			return -1;
	}
	return 0;
}

static int
take_option(struct conf_pool *p, cfg_opt_t *opt)
{
	const struct conf_directive *d =
	    conf_table_find(CONF_POOL, cfg_opt_name(opt));
	unsigned n = cfg_opt_size(opt), i;
	char **values;

	if (d->type == CONF_ENV)
		return take_env(p, opt);
	if ((opt->flags & CFGF_MODIFIED) == 0)
		return 0;
	if (strcmp(d->name, "listen") == 0) {
		p->listen = reader->listen;
		reader->listen = NULL;
		return 0;
	}
	values = conf_alloc(&reader->data->mem, (n + 1) * sizeof(*values));
	for (i = 0; i < n; i++)
		values[i] = cfg_opt_getnstr(opt, i);
	return conf_set(reader->data, d, p, p->where,
	    (struct conf_values){ values, n }, reader->err);
}

/* A pool's section has just ended. */
static int
on_pool(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_t *section = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
	const char *where = section_where(section);
	struct conf_pool *p;
	unsigned i;

	(void)cfg;
	for (p = reader->data->pools; p != NULL; p = p->next)
		if (strcmp(p->pool.name, cfg_title(section)) == 0)
			return conf_fail(reader->err, EX_CONFIG, where,
			    "this pool is already defined (%s)", p->where);
	p = conf_add_pool(reader->data, cfg_title(section), where);
	for (i = 0; i < cfg_num(section); i++)
		if (take_option(p, cfg_getnopt(section, i)) == -1)
			return -1;
	return 0;
}

/* PATTERN, relative to the file that includes it. */
static int
include_pattern(const char *pattern)
{
	const char *slash = strrchr(reader->file, '/');
	int rc = 0, found;
	glob_t files;
	size_t i;

	if (*pattern != '/' && slash != NULL)
		pattern = conf_printf(&reader->data->mem, "%.*s/%s",
		    (int)(slash - reader->file), reader->file, pattern);
	found = glob(pattern, 0, NULL, &files);
	if (found == GLOB_NOMATCH && strpbrk(pattern, "*?[") == NULL)
		return conf_fail(reader->err, EX_NOINPUT, reader->file,
		    "include: '%s': %s", pattern, strerror(ENOENT));
	if (found != 0 && found != GLOB_NOMATCH)
		return conf_fail(reader->err, EX_NOINPUT, reader->file,
		    "include: '%s': %s", pattern, strerror(errno));
	for (i = 0; found == 0 && rc == 0 && i < files.gl_pathc; i++)
		rc = read_file(files.gl_pathv[i]);
	if (found == 0)
		globfree(&files);
	return rc;
}

static int
on_include(cfg_t *cfg, cfg_opt_t *opt, int argc, const char **argv)
{
	int i;

	(void)cfg;
	(void)opt;
	if (argc == 0)
		return conf_fail(reader->err, EX_CONFIG, reader->file,
		    "include: no file named");
	for (i = 0; i < argc; i++)
		if (include_pattern(argv[i]) == -1)
			return -1;
	return 0;
}

/* --- what calls libconfuse --------------------------------------------- */

static cfg_opt_t *
pool_options(void)
{
	cfg_opt_t *none = conf_alloc(&reader->data->mem, sizeof(*none));
	cfg_opt_t *opts = conf_alloc(
	    &reader->data->mem, (conf_table_count() + 1) * sizeof(*opts));
	size_t i, n = 0;

	none[0] = (cfg_opt_t)CFG_END();
	for (i = 0; i < conf_table_count(); i++) {
		const struct conf_directive *d = conf_table_row(i);

		if (d->where != CONF_POOL)
			continue;
		if (strcmp(d->name, "listen") == 0)
			opts[n++] = (cfg_opt_t)CFG_STR_LIST_CB(
			    d->name, NULL, CFGF_NODEFAULT, on_listen);
		else if (conf_type_is_list(d->type))
			opts[n++] = (cfg_opt_t)CFG_STR_LIST(
			    d->name, NULL, CFGF_NODEFAULT);
		else if (d->type == CONF_ENV)
			opts[n++] =
			    (cfg_opt_t)CFG_SEC(d->name, none, CFGF_KEYSTRVAL);
		else
			opts[n++] =
			    (cfg_opt_t)CFG_STR(d->name, NULL, CFGF_NODEFAULT);
	}
	opts[n] = (cfg_opt_t)CFG_END();
	return opts;
}

static int
on_end(cfg_t *cfg, cfg_opt_t *opt, int argc, const char **argv)
{
	(void)cfg;
	(void)opt;
	(void)argc;
	(void)argv;
	reader->at_end = true;
	return 0;
}

static cfg_opt_t *
file_options(void)
{
	cfg_opt_t *opts = conf_alloc(
	    &reader->data->mem, (conf_table_count() + 4) * sizeof(*opts));
	size_t i, n = 0;

	for (i = 0; i < conf_table_count(); i++) {
		const struct conf_directive *d = conf_table_row(i);

		if (d->where != CONF_GLOBAL)
			continue;
		opts[n] = (cfg_opt_t)CFG_STR(d->name, NULL, CFGF_NODEFAULT);
		opts[n++].validcb = on_global;
	}
	opts[n] = (cfg_opt_t)CFG_SEC("pool", pool_options(),
	    CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES);
	opts[n++].validcb = on_pool;
	opts[n++] = (cfg_opt_t)CFG_FUNC("include", on_include);
	opts[n++] = (cfg_opt_t)CFG_FUNC(TEXT_END, on_end);
	opts[n] = (cfg_opt_t)CFG_END();
	return opts;
}

/* TEXT into CFG (NULL: no memory), what is wrong into the reader.  libconfuse
 * takes the end of a text for the end of whatever is open: a line of our own
 * behind it shows whether that is so. */
static int
parse(cfg_t *cfg, const char *text, const char *where)
{
	const char *star;
	int rc;

	if (cfg == NULL)
		return conf_fail(
		    reader->err, EX_CONFIG, where, "%s", strerror(errno));
	if ((star = conf_text_star(text)) != NULL)
		return conf_fail(reader->err, EX_CONFIG, where,
		    "'%.*s': a value with a * in it needs quotes",
		    (int)strcspn(star, "\n"), star);
	(void)cfg_set_error_function(cfg, on_error);
	reader->at_end = false;
	text = conf_printf(&reader->data->mem, "%s\n%s()\n", text, TEXT_END);
	rc = cfg_parse_buf(cfg, text);
	if (rc == CFG_SUCCESS && reader->at_end)
		return 0;
	return conf_fail(reader->err, EX_CONFIG, where,
	    "a section, string or comment is never closed");
}

/* Freeing any of them resets the lexer, also under the file that includes
 * another: only once all is read. */
static void
keep(cfg_t *cfg)
{
	struct parsed *p = conf_alloc(&reader->data->mem, sizeof(*p));

	p->cfg = cfg;
	p->next = reader->parsed;
	reader->parsed = p;
}

static void
free_parsed(void)
{
	struct parsed *p;

	for (p = reader->parsed; p != NULL; p = p->next)
		if (p->cfg != NULL)
			(void)cfg_free(p->cfg);
	reader->parsed = NULL;
}

static int
read_file(const char *path)
{
	const char *outer = reader->file;
	char *text;
	cfg_t *cfg;
	int rc;

	if (reader->depth == INCLUDE_DEPTH_MAX)
		return conf_fail(reader->err, EX_CONFIG, outer,
		    "include: more than %d files deep", INCLUDE_DEPTH_MAX);
	text = conf_text_read(path, reader->err);
	if (text == NULL)
		return -1;
	reader->file = conf_strdup(&reader->data->mem, path);
	reader->depth++;
	cfg = cfg_init(file_options(), CFGF_NONE);
	keep(cfg);
	rc = parse(cfg, text, reader->file);
	free(text);
	reader->depth--;
	reader->file = outer;
	return rc;
}

/* The list of values that TEXT, all of it, is. */
int
conf_line_values(
    const char *text, bool list, const char *where, struct conf_values *out)
{
	cfg_opt_t opts[] = {
		list ? (cfg_opt_t)CFG_STR_LIST("value", NULL, CFGF_NODEFAULT)
		     : (cfg_opt_t)CFG_STR("value", NULL, CFGF_NODEFAULT),
		CFG_FUNC(TEXT_END, on_end),
		CFG_END(),
	};
	struct conf_mem *mem = &reader->data->mem;
	cfg_t *cfg = cfg_init(opts, CFGF_NONE);
	unsigned n, i;
	char **copy;
	int rc;

	reader->file = where;
	rc = parse(cfg, conf_printf(mem, "value = %s\n", text), where);
	if (rc == 0) {
		n = cfg_size(cfg, "value");
		copy = conf_alloc(mem, (n + 1) * sizeof(*copy));
		for (i = 0; i < n; i++)
			copy[i] =
			    conf_strdup(mem, cfg_getnstr(cfg, "value", i));
		*out = (struct conf_values){ copy, n };
	}
	if (cfg != NULL)
		(void)cfg_free(cfg);
	return rc;
}

static int
load(const struct conf_source *src, place_run *run, struct conf *out)
{
	struct conf_data *data = reader->data;
	struct conf_error *err = reader->err;
	int rc;

	conf_global_init(&data->mem, &data->global);
	if (src->file != NULL) {
		rc = read_file(src->file);
		free_parsed();
		if (rc == -1)
			return -1;
	} else {
		conf_line_pool(data, src);
	}
	if (conf_line_apply(data, src, err) == -1)
		return -1;
	if (conf_line_change(data, src, err) == -1)
		return -1;
	return conf_build(data, src, run, out, err);
}

static void
free_data(struct conf_data *data)
{
	struct conf_pool *p;

	for (p = data->pools; p != NULL; p = p->next)
		free(p->worker.privs.groups);
	conf_mem_free(&data->mem);
	free(data);
}

int
conf_load(const struct conf_source *src, place_run *run, struct conf *out,
    struct conf_error *err)
{
	struct reader here = { .data = calloc(1, sizeof(*here.data)),
		.err = err };
	int rc;

	*err = (struct conf_error){ 0 };
	if (here.data == NULL)
		return conf_fail(
		    err, EX_OSERR, "settings", "%s", strerror(errno));
	reader = &here;
	rc = load(src, run, out);
	reader = NULL;
	if (rc == -1)
		free_data(here.data);
	return rc;
}

void
conf_clear(struct conf *c)
{
	if (c->data != NULL)
		free_data(c->data);
	*c = (struct conf){ 0 };
}
