/* type.c - one reader and one writer for each type of directive. */
#include "conf/type.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/num.h"

#define WORD_ENDS ", \t"

struct unit {
	const char *name;
	uint64_t size;
};

/* VALUE with the greatest of UNITS (greatest first) that divides it. */
static void
with_unit(
    char *text, size_t cap, uint64_t value, const struct unit *units, size_t n)
{
	size_t i;

	for (i = 0; i < n && value != 0; i++)
		if (value % units[i].size == 0)
			break;
	if (value == 0 || i == n)
		(void)snprintf(text, cap, "%" PRIu64, value);
	else
		(void)snprintf(text, cap, "%" PRIu64 "%s",
		    value / units[i].size, units[i].name);
}

static void
duration_text(char *text, size_t cap, uint64_t ms)
{
	static const struct unit units[] = {
		{ "d", 24 * 60 * 60 * 1000 },
		{ "h", 60 * 60 * 1000 },
		{ "m", 60 * 1000 },
		{ "s", 1000 },
		{ "ms", 1 },
	};

	with_unit(text, cap, ms, units, sizeof(units) / sizeof(units[0]));
}

static void
size_text(char *text, size_t cap, uint64_t bytes)
{
	static const struct unit units[] = {
		{ "G", UINT64_C(1) << 30 },
		{ "M", UINT64_C(1) << 20 },
		{ "K", UINT64_C(1) << 10 },
	};

	with_unit(text, cap, bytes, units, sizeof(units) / sizeof(units[0]));
}

static int
refuse_range(
    const struct conf_directive *d, const char *value, char *text, size_t cap)
{
	(void)snprintf(text, cap,
	    "'%s' is not a number from %" PRId64 " to %" PRId64, value, d->min,
	    d->max);
	return -1;
}

static int
refuse_units(
    const struct conf_directive *d, const char *value, char *text, size_t cap)
{
	bool time = d->type == CONF_TIME;
	const char *what = time ? "duration" : "size";
	const char *such = time ? "10s, 500ms, 2m" : "4096, 64K, 1M";
	char min[32], max[32];

	(time ? duration_text : size_text)(min, sizeof(min), (uint64_t)d->min);
	(time ? duration_text : size_text)(max, sizeof(max), (uint64_t)d->max);
	if (d->max == INT64_MAX)
		(void)snprintf(text, cap, "'%s' is not a %s from %s up (%s)",
		    value, what, min, such);
	else
		(void)snprintf(text, cap, "'%s' is not a %s from %s to %s (%s)",
		    value, what, min, max, such);
	return -1;
}

static int
set_number(const struct conf_directive *d, void *at, const char *value,
    char *text, size_t cap)
{
	int64_t number;

	if (num_int(value, d->min, d->max, &number) == -1)
		return refuse_range(d, value, text, cap);
	if (d->type == CONF_INT)
		*(int *)at = (int)number;
	else if (d->type == CONF_UINT)
		*(unsigned *)at = (unsigned)number;
	else
		*(uint64_t *)at = (uint64_t)number;
	return 0;
}

static int
set_time(const struct conf_directive *d, void *at, const char *value,
    char *text, size_t cap)
{
	int64_t ms;

	if (num_duration(value, &ms) == -1 || ms < d->min || ms > d->max)
		return refuse_units(d, value, text, cap);
	*(int64_t *)at = ms;
	return 0;
}

static int
set_size(const struct conf_directive *d, void *at, const char *value,
    char *text, size_t cap)
{
	uint64_t bytes;

	if (num_size(value, &bytes) == -1 || bytes < (uint64_t)d->min ||
	    bytes > (uint64_t)d->max)
		return refuse_units(d, value, text, cap);
	*(uint64_t *)at = bytes;
	return 0;
}

static int
set_limit(const struct conf_directive *d, void *at, const char *value,
    char *text, size_t cap)
{
	uint64_t size = 0;
	int64_t number = 0;
	int rc = 0;

	if (strcmp(value, "unlimited") == 0)
		size = RLIM_INFINITY;
	else if (d->type == CONF_LIMIT_SIZE)
		rc = set_size(d, &size, value, text, cap);
	else if (num_int(value, d->min, d->max, &number) == -1)
		rc = refuse_range(d, value, text, cap);
	else
		size = (uint64_t)number;
	if (rc == 0)
		*(struct conf_limit *)at = (struct conf_limit){ true, size };
	return rc;
}

static int
set_bool(void *at, const char *value, char *text, size_t cap)
{
	if (num_bool(value, at) == 0)
		return 0;
	(void)snprintf(text, cap, "'%s' is not yes or no", value);
	return -1;
}

static int
set_mode(const struct conf_directive *d, void *at, const char *value,
    char *text, size_t cap)
{
	if (num_mode(value, at) == 0)
		return 0;
	(void)snprintf(text, cap,
	    "'%s' is not an octal mode from 0 to %" PRIo64, value,
	    (uint64_t)d->max);
	return -1;
}

static void
list_choices(const struct conf_directive *d, char *text, size_t cap)
{
	const struct conf_choice *c;
	size_t len = 0;

	text[0] = '\0';
	for (c = d->choices; c->name != NULL && len < cap; c++)
		len += (size_t)snprintf(text + len, cap - len, "%s%s",
		    c == d->choices ? "" : ", ", c->name);
}

static int
set_choice(const struct conf_directive *d, void *at, const char *value,
    char *text, size_t cap)
{
	const struct conf_choice *c;
	char list[192];

	for (c = d->choices; c->name != NULL; c++) {
		if (strcmp(c->name, value) == 0) {
			*(int *)at = c->value;
			return 0;
		}
	}
	list_choices(d, list, sizeof(list));
	(void)snprintf(
	    text, cap, "'%s' is not supported; it can be: %s", value, list);
	return -1;
}

static int
set_string(struct conf_mem *mem, const struct conf_directive *d, void *at,
    const char *value, char *text, size_t cap)
{
	const struct conf_choice *c;
	bool choice = false;

	for (c = d->choices; c != NULL && c->name != NULL; c++)
		choice = choice || strcmp(c->name, value) == 0;
	if (*value == '\0') {
		(void)snprintf(text, cap, "must not be empty");
		return -1;
	}
	/* A pool's may become one: see expand.c. */
	if (d->type == CONF_PATH && d->where == CONF_GLOBAL && *value != '/' &&
	    !choice) {
		(void)snprintf(
		    text, cap, "'%s' is not an absolute path", value);
		return -1;
	}
	*(const char **)at = conf_strdup(mem, value);
	return 0;
}

static int
set_list(struct conf_mem *mem, void *at, char *const *values, size_t n,
    char *text, size_t cap)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (*values[i] == '\0' && i == 0) {
			(void)snprintf(text, cap, "must not be empty");
			return -1;
		}
	}
	*(char *const **)at = n == 0 ? NULL : conf_copy_list(mem, values, n);
	return 0;
}

/* The words of VALUES, each of which may have several. */
static void
set_words(struct conf_mem *mem, void *at, char *const *values, size_t n)
{
	char **list = NULL;
	size_t i;

	for (i = 0; i < n; i++) {
		const char *word = values[i] + strspn(values[i], WORD_ENDS);

		while (*word != '\0') {
			size_t len = strcspn(word, WORD_ENDS);

			list = conf_append_list(mem, list,
			    conf_printf(mem, "%.*s", (int)len, word));
			word += len + strspn(word + len, WORD_ENDS);
		}
	}
	*(char *const **)at = list;
}

static int
set_scalar(struct conf_mem *mem, const struct conf_directive *d, void *at,
    const char *value, char *text, size_t cap)
{
	switch (d->type) {
	case CONF_STRING:
	case CONF_PATH:
		return set_string(mem, d, at, value, text, cap);
	case CONF_INT:
	case CONF_UINT:
	case CONF_COUNT:
		return set_number(d, at, value, text, cap);
	case CONF_SIZE:
		return set_size(d, at, value, text, cap);
	case CONF_TIME:
		return set_time(d, at, value, text, cap);
	case CONF_BOOL:
		return set_bool(at, value, text, cap);
	case CONF_MODE:
		return set_mode(d, at, value, text, cap);
	case CONF_CHOICE:
		return set_choice(d, at, value, text, cap);
	case CONF_LIMIT:
	case CONF_LIMIT_SIZE:
		return set_limit(d, at, value, text, cap);
	case CONF_LIST:
	case CONF_WORDS:
	case CONF_ENV:
		break;
	}
	(void)snprintf(text, cap, "is not a single value");
	return -1;
}

int
conf_type_set(struct conf_mem *mem, const struct conf_directive *d, void *base,
    char *const *values, size_t n, char *text, size_t cap)
{
	void *at = (char *)base + d->offset;

	if (d->type == CONF_ENV) {
		(void)snprintf(text, cap, "is a section: env.NAME=VALUE");
		return -1;
	}
	if (d->type == CONF_LIST)
		return set_list(mem, at, values, n, text, cap);
	if (d->type == CONF_WORDS) {
		set_words(mem, at, values, n);
		return 0;
	}
	if (n == 1)
		return set_scalar(mem, d, at, values[0], text, cap);
	(void)snprintf(text, cap, "takes one value, not %zu", n);
	return -1;
}

bool
conf_type_is_list(enum conf_type type)
{
	return type == CONF_LIST || type == CONF_WORDS;
}

static bool
is_env_name(const char *name)
{
	size_t i;

	for (i = 0; name[i] != '\0'; i++)
		if (!(isalpha((unsigned char)name[i]) || name[i] == '_' ||
			(i > 0 && isdigit((unsigned char)name[i]))))
			return false;
	return i > 0;
}

int
conf_type_setenv(struct conf_mem *mem, char *const **env, const char *name,
    const char *value, char *text, size_t cap)
{
	size_t n = conf_count_list(*env), len = strlen(name), i;
	char **copy;

	if (!is_env_name(name)) {
		(void)snprintf(text, cap,
		    "'%s' is not a variable's name (letters, digits, _)", name);
		return -1;
	}
	copy = conf_alloc(mem, (n + 2) * sizeof(*copy));
	for (i = 0; i < n; i++)
		copy[i] = (*env)[i];
	for (i = 0; i < n; i++)
		if (strncmp(copy[i], name, len) == 0 && copy[i][len] == '=')
			break;
	copy[i] = conf_printf(mem, "%s=%s", name, value);
	*env = copy;
	return 0;
}

static void
limit_text(const struct conf_directive *d, const struct conf_limit *limit,
    char *text, size_t cap)
{
	if (limit->value == RLIM_INFINITY)
		(void)snprintf(text, cap, "unlimited");
	else if (d->type == CONF_LIMIT_SIZE)
		size_text(text, cap, limit->value);
	else
		(void)snprintf(text, cap, "%" PRIu64, (uint64_t)limit->value);
}

static const char *
choice_text(const struct conf_directive *d, int value)
{
	const struct conf_choice *c = d->choices;

	while (c->name != NULL && c->value != value)
		c++;
	return c->name == NULL ? "" : c->name;
}

bool
conf_type_text(
    const struct conf_directive *d, const void *base, char *text, size_t cap)
{
	const void *at = (const char *)base + d->offset;

	text[0] = '\0';
	switch (d->type) {
	case CONF_INT:
		if (*(const int *)at != CONF_UNSET)
			(void)snprintf(text, cap, "%d", *(const int *)at);
		break;
	case CONF_UINT:
		(void)snprintf(text, cap, "%u", *(const unsigned *)at);
		break;
	case CONF_COUNT:
		(void)snprintf(text, cap, "%" PRIu64, *(const uint64_t *)at);
		break;
	case CONF_SIZE:
		size_text(text, cap, *(const uint64_t *)at);
		break;
	case CONF_TIME:
		duration_text(text, cap, (uint64_t) * (const int64_t *)at);
		break;
	case CONF_BOOL:
		(void)snprintf(
		    text, cap, "%s", *(const bool *)at ? "yes" : "no");
		break;
	case CONF_MODE:
		(void)snprintf(text, cap, "%04o", *(const unsigned *)at);
		break;
	case CONF_CHOICE:
		(void)snprintf(
		    text, cap, "%s", choice_text(d, *(const int *)at));
		break;
	case CONF_LIMIT:
	case CONF_LIMIT_SIZE:
		if (((const struct conf_limit *)at)->set)
			limit_text(d, at, text, cap);
		break;
	case CONF_STRING:
	case CONF_PATH:
	case CONF_LIST:
	case CONF_WORDS:
	case CONF_ENV:
		break;
	}
	return text[0] != '\0';
}
