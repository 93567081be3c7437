#include "proto/params.h"

#include <string.h>

#include "proto/fcgi.h"

#define SLOTS (PARAMS_COUNT_MAX * 2) /* a power of two */

/* Why the arena cannot overflow, whatever is fed: a pair is stored only
 * after both lengths are known, and then
 *
 *	used <= fed - raw_len,  raw_len >= 2,  name + value <= cap - fed
 *
 * so used + name + '=' + value + NUL <= cap.  Space of a value that a later
 * duplicate replaced is not used again, which only keeps `used` as it was. */

static bool
name_byte(uint8_t c, bool first)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_')
		return true;
	return !first && c >= '0' && c <= '9';
}

/* FNV-1a. */
static uint32_t
hash(const char *name, size_t len)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (uint8_t)name[i]) * 16777619U;
	return h ^ h >> 16;
}

/* The slot of NAME, or the empty one where it belongs.  There always is an
 * empty one: there are twice as many slots as entries. */
static uint32_t
find(const struct params *p, const char *name, size_t len)
{
	uint32_t slot = hash(name, len) & (SLOTS - 1);

	for (; p->hash[slot] != 0; slot = (slot + 1) & (SLOTS - 1)) {
		unsigned i = p->hash[slot] - 1U;

		if (p->entry[i].name_len == len &&
		    memcmp(p->arena + p->entry[i].at, name, len) == 0)
			break;
	}
	return slot;
}

void
params_reset(struct params *p, char *arena, size_t cap)
{
	p->arena = arena;
	p->cap = cap < UINT32_MAX ? cap : UINT32_MAX; /* entry.at */
	p->used = 0;
	p->fed = 0;
	p->dropped = 0;
	p->count = 0;
	memset(p->hash, 0, sizeof(p->hash));
	memset(&p->now, 0, sizeof(p->now));
	p->err = PARAMS_OK;
}

/* Enter the pair at `used`; a known name gets the new value. */
static enum params_err
enter(struct params *p)
{
	const char *name = p->arena + p->used;
	uint32_t slot = find(p, name, p->now.name_len);
	unsigned i = p->hash[slot];

	if (i == 0) {
		if (p->count == PARAMS_COUNT_MAX)
			return PARAMS_ECOUNT;
		i = ++p->count;
		p->hash[slot] = (uint16_t)i;
	}
	i--;
	p->entry[i].at = (uint32_t)p->used;
	p->entry[i].name_len = (uint32_t)p->now.name_len;
	p->entry[i].value_len = (uint32_t)p->now.value_len;
	p->used += p->now.name_len + 1 + p->now.value_len + 1;
	return PARAMS_OK;
}

static struct span
take(struct params *p, struct span *in, size_t want)
{
	struct span out = { in->at, in->len < want ? in->len : want };

	if (out.len > 0)
		in->at += out.len;
	in->len -= out.len;
	p->fed += out.len;
	return out;
}

/* Look at the length bytes so far.  Each limit is checked as soon as the
 * length it concerns is there. */
static enum params_err
size(struct params *p)
{
	struct span raw = { p->now.raw, p->now.raw_len };
	size_t name_len, value_len;

	if (fcgi_get_len(&raw, &name_len) != FCGI_OK)
		return PARAMS_OK;
	if (name_len > PARAMS_ENTRY_MAX - 1)
		return PARAMS_EENTRY;
	if (name_len > p->cap - p->fed)
		return PARAMS_ETOTAL;
	if (fcgi_get_len(&raw, &value_len) != FCGI_OK)
		return PARAMS_OK;
	if (value_len > PARAMS_ENTRY_MAX - 1 - name_len)
		return PARAMS_EENTRY;
	/* Again: the value's length bytes came from what was left. */
	if (name_len > p->cap - p->fed ||
	    value_len > p->cap - p->fed - name_len)
		return PARAMS_ETOTAL;

	p->now.name_len = name_len;
	p->now.value_len = value_len;
	p->now.sized = true;
	p->now.drop = name_len == 0;
	return PARAMS_OK;
}

static enum params_err
take_lengths(struct params *p, struct span *in)
{
	enum params_err err = PARAMS_OK;

	while (in->len > 0 && !p->now.sized && err == PARAMS_OK) {
		if (p->fed == p->cap)
			return PARAMS_ETOTAL;
		p->now.raw[p->now.raw_len++] = take(p, in, 1).at[0];
		err = size(p);
	}
	return err;
}

static void
take_name(struct params *p, struct span *in)
{
	char *at = p->arena + p->used + p->now.got;
	bool first = p->now.got == 0;
	struct span name = take(p, in, p->now.name_len - p->now.got);

	p->now.got += name.len;
	for (size_t i = 0; i < name.len && !p->now.drop; i++, first = false) {
		at[i] = (char)name.at[i];
		p->now.drop = !name_byte(name.at[i], first);
	}
	if (p->now.got == p->now.name_len && !p->now.drop)
		at[name.len] = '=';
}

static enum params_err
take_value(struct params *p, struct span *in)
{
	size_t all = p->now.name_len + p->now.value_len;
	char *at = p->arena + p->used + p->now.got + 1; /* after the '=' */
	struct span value = take(p, in, all - p->now.got);

	p->now.got += value.len;
	if (!p->now.drop && value.len > 0) {
		if (memchr(value.at, 0, value.len) != NULL)
			return PARAMS_ENUL;
		memcpy(at, value.at, value.len);
	}
	return PARAMS_OK;
}

static enum params_err
end_pair(struct params *p)
{
	enum params_err err = PARAMS_OK;

	if (p->now.drop) {
		p->dropped++;
	} else {
		p->arena[p->used + p->now.got + 1] = '\0';
		err = enter(p);
	}
	p->now.raw_len = 0;
	p->now.sized = false;
	p->now.got = 0;
	return err;
}

static enum params_err
take_bytes(struct params *p, struct span *in)
{
	enum params_err err = PARAMS_OK;

	if (p->now.got < p->now.name_len)
		take_name(p, in);
	if (p->now.got >= p->now.name_len)
		err = take_value(p, in);
	if (err == PARAMS_OK &&
	    p->now.got == p->now.name_len + p->now.value_len)
		err = end_pair(p);
	return err;
}

enum params_err
params_feed(struct params *p, struct span in)
{
	while (in.len > 0 && p->err == PARAMS_OK) {
		if (!p->now.sized)
			p->err = take_lengths(p, &in);
		/* Even with nothing left: a pair may be empty. */
		if (p->now.sized && p->err == PARAMS_OK)
			p->err = take_bytes(p, &in);
	}
	return p->err;
}

enum params_err
params_finish(struct params *p)
{
	if (p->err == PARAMS_OK && p->now.raw_len > 0)
		p->err = PARAMS_ECUT;
	return p->err;
}

const char *
params_get(const struct params *p, const char *name)
{
	size_t len = strlen(name);
	unsigned i = p->hash[find(p, name, len)];

	if (i == 0)
		return NULL;
	return p->arena + p->entry[i - 1].at + len + 1;
}

const char *
params_entry(const struct params *p, unsigned i, size_t *name_len)
{
	if (name_len != NULL)
		*name_len = p->entry[i].name_len;
	return p->arena + p->entry[i].at;
}

const char *
params_strerror(enum params_err err)
{
	switch (err) { /* no default: -Wswitch-enum finds the missing one */
	case PARAMS_OK:
		return "success";
	case PARAMS_ETOTAL:
		return "parameters too large";
	case PARAMS_ECOUNT:
		return "too many parameters";
	case PARAMS_EENTRY:
		return "one parameter too large";
	case PARAMS_ENUL:
		return "NUL within a parameter's value";
	case PARAMS_ECUT:
		return "parameters end within a pair";
	}
	return "unknown error";
}
