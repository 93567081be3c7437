/* num.c - one reader of digits; units and ranges on top of it. */
#include "base/num.h"

#include <string.h>
#include <strings.h>

struct unit {
	const char *name;
	uint64_t factor;
};

/* Read the decimal digits at the start of TEXT; what follows them, or NULL
 * when there are none or too many. */
static const char *
digits(const char *text, uint64_t *out)
{
	const char *p;
	uint64_t n = 0;

	for (p = text; *p >= '0' && *p <= '9'; p++) {
		uint64_t digit = (uint64_t)(*p - '0');

		if (n > (UINT64_MAX - digit) / 10)
			return NULL;
		n = n * 10 + digit;
	}
	if (p == text)
		return NULL;
	*out = n;
	return p;
}

/* Digits and one of the N units, at most MAX altogether. */
static int
with_unit(const char *text, const struct unit *units, size_t n, uint64_t max,
    uint64_t *out)
{
	const char *rest;
	uint64_t value;
	size_t i;

	rest = digits(text, &value);
	if (rest == NULL)
		return -1;
	for (i = 0; i < n; i++) {
		if (strcasecmp(rest, units[i].name) != 0)
			continue;
		if (value > max / units[i].factor)
			return -1;
		*out = value * units[i].factor;
		return 0;
	}
	return -1;
}

int
num_duration(const char *text, int64_t *ms)
{
	static const struct unit units[] = {
		{ "", 1000 },
		{ "ms", 1 },
		{ "s", 1000 },
		{ "m", 60 * 1000 },
		{ "h", 60 * 60 * 1000 },
		{ "d", 24 * 60 * 60 * 1000 },
	};
	uint64_t value;

	if (with_unit(text, units, sizeof(units) / sizeof(units[0]), INT64_MAX,
		&value) == -1)
		return -1;
	*ms = (int64_t)value;
	return 0;
}

int
num_size(const char *text, uint64_t *bytes)
{
	static const struct unit units[] = {
		{ "", 1 },
		{ "k", UINT64_C(1) << 10 },
		{ "m", UINT64_C(1) << 20 },
		{ "g", UINT64_C(1) << 30 },
	};

	return with_unit(
	    text, units, sizeof(units) / sizeof(units[0]), UINT64_MAX, bytes);
}

int
num_int(const char *text, int64_t min, int64_t max, int64_t *out)
{
	bool negative = text[0] == '-';
	const char *rest;
	uint64_t size;
	int64_t value;

	rest = digits(text + negative, &size);
	if (rest == NULL || *rest != '\0')
		return -1;
	if (size > (uint64_t)INT64_MAX + negative)
		return -1;
	/* -INT64_MIN is no int64_t: step back by one before negating. */
	value =
	    !negative || size == 0 ? (int64_t)size : -(int64_t)(size - 1) - 1;
	if (value < min || value > max)
		return -1;
	*out = value;
	return 0;
}

int
num_mode(const char *text, unsigned *out)
{
	unsigned mode = 0;
	const char *p;

	if (*text == '\0')
		return -1;
	for (p = text; *p != '\0'; p++) {
		if (*p < '0' || *p > '7')
			return -1;
		mode = mode * 8 + (unsigned)(*p - '0');
		if (mode > 0777)
			return -1;
	}
	*out = mode;
	return 0;
}

int
num_bool(const char *text, bool *out)
{
	static const char *const words[] = { "no", "yes", "off", "on", "false",
		"true" };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcasecmp(text, words[i]) == 0) {
			*out = i % 2 == 1;
			return 0;
		}
	}
	return -1;
}
