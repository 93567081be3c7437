#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "master/state.h"

#define HEAD "cgi-fpm-state "

static const char *const names[STATE_KINDS] = {
	[STATE_MASTER] = "master ",
	[STATE_CONTROL] = "control ",
	[STATE_ASKER] = "asker ",
	[STATE_POOL] = "pool ",
	[STATE_LISTENER] = "listener ",
	[STATE_SLOT] = "slot ",
	[STATE_PARKED] = "parked ",
};

/* Writing */

static size_t
fits(int len, size_t cap)
{
	return len > 0 && (size_t)len < cap ? (size_t)len : 0;
}

size_t
state_put_head(char *at, size_t cap)
{
	return fits(snprintf(at, cap, HEAD "%d\n", STATE_VERSION), cap);
}

size_t
state_put_end(char *at, size_t cap, size_t lines)
{
	return fits(snprintf(at, cap, "end %zu\n", lines), cap);
}

static int
put_listener(char *at, size_t cap, const struct state_item *item)
{
	char hex[2 * sizeof(item->u.listener.addr.sa) + 1] = "";
	const void *sa = &item->u.listener.addr.sa;
	const uint8_t *bytes = sa;
	size_t i;

	for (i = 0; i < item->u.listener.addr.len; i++)
		(void)snprintf(&hex[2 * i], 3, "%02x", bytes[i]);
	return snprintf(at, cap,
	    "listener %d %d %d %d %" PRIu64 " %" PRIu64 " %s\n",
	    item->u.listener.fd, item->u.listener.native, item->u.listener.own,
	    item->u.listener.made, item->u.listener.dev, item->u.listener.ino,
	    hex);
}

static int
put(char *at, size_t cap, const struct state_item *item)
{
	switch (item->kind) {
	case STATE_MASTER:
		return snprintf(at, cap,
		    "master %u %d %" PRIu64 " %" PRIu64 " %s\n",
		    item->u.master.generation, item->u.master.drained,
		    item->u.master.soft, item->u.master.hard,
		    item->u.master.pid_file);
	case STATE_CONTROL:
		return snprintf(at, cap,
		    "control %d %d %" PRIu64 " %" PRIu64 " %s\n",
		    item->u.control.fd, item->u.control.made,
		    item->u.control.dev, item->u.control.ino,
		    item->u.control.path);
	case STATE_ASKER:
		return snprintf(at, cap, "asker %d\n", item->u.asker.fd);
	case STATE_POOL:
		return snprintf(at, cap, "pool %d %d %d %d %d %d %d %s\n",
		    item->u.pool.native, item->u.pool.retired,
		    item->u.pool.refusing, item->u.pool.scale,
		    item->u.pool.board_fd, item->u.pool.in_fd,
		    item->u.pool.out_fd, item->u.pool.name);
	case STATE_LISTENER:
		return put_listener(at, cap, item);
	case STATE_SLOT:
		return snprintf(at, cap, "slot %u %d %d %d %" PRId64 " %d\n",
		    item->u.slot.index, item->u.slot.pid,
		    item->u.slot.channel_fd, item->u.slot.output_fd,
		    item->u.slot.born_ms, item->u.slot.aide);
	case STATE_PARKED:
		return snprintf(at, cap, "parked %d %d %" PRId64 "\n",
		    item->u.parked.fd, item->u.parked.silent,
		    item->u.parked.since_ms);
	case STATE_KINDS:
		break;
	}
	return 0;
}

size_t
state_put(char *at, size_t cap, const struct state_item *item)
{
	size_t len = fits(put(at, cap, item), cap);

	/* A path may have one; it is only for a file to be removed. */
	if (len == 0 || strchr(at, '\n') != at + len - 1)
		return 0;
	return len;
}

/* Reading */

/* A number from MIN to MAX, and the space or the line's end behind it. */
static bool
take(const char **at, int64_t min, uint64_t max, int64_t *out)
{
	unsigned long long value;
	bool negative = **at == '-';
	char *end;

	if ((*at)[negative] < '0' || (*at)[negative] > '9')
		return false;
	errno = 0;
	value = strtoull(*at + negative, &end, 10);
	if (errno != 0 || (*end != ' ' && *end != '\n'))
		return false;
	if (negative ? min >= 0 || value > (uint64_t)-min : value > max)
		return false;
	*out = negative ? -(int64_t)value : (int64_t)value;
	*at = *end == ' ' ? end + 1 : end;
	return true;
}

static bool
take_flag(const char **at, bool *out)
{
	int64_t value;

	if (!take(at, 0, 1, &value))
		return false;
	*out = value != 0;
	return true;
}

static bool
take_fd(const char **at, int *out)
{
	int64_t value;

	if (!take(at, -1, INT32_MAX, &value))
		return false;
	*out = (int)value;
	return true;
}

static bool
take_unsigned(const char **at, unsigned *out)
{
	int64_t value;

	if (!take(at, 0, UINT32_MAX, &value))
		return false;
	*out = (unsigned)value;
	return true;
}

/* As it was written: all 64 bits. */
static bool
take_u64(const char **at, uint64_t *out)
{
	int64_t value;

	if (!take(at, 0, UINT64_MAX, &value))
		return false;
	*out = (uint64_t)value;
	return true;
}

/* The rest of the line. */
static bool
take_text(const char **at, char *out, size_t cap)
{
	size_t len = strcspn(*at, "\n");

	if (len >= cap || (*at)[len] != '\n')
		return false;
	memcpy(out, *at, len);
	out[len] = '\0';
	*at += len;
	return true;
}

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool
take_address(const char **at, struct sock_addr *out)
{
	size_t len = strcspn(*at, "\n"), i;
	uint8_t bytes[sizeof(out->sa)];

	memset(out, 0, sizeof(*out));
	if (len % 2 != 0 || len / 2 > sizeof(bytes) ||
	    len / 2 < sizeof(out->sa.ss_family))
		return false;
	for (i = 0; i < len; i += 2) {
		int high = digit((*at)[i]), low = digit((*at)[i + 1]);

		if (high == -1 || low == -1)
			return false;
		bytes[i / 2] = (uint8_t)(high << 4 | low);
	}
	memcpy(&out->sa, bytes, len / 2);
	out->len = (socklen_t)(len / 2);
	*at += len;
	return true;
}

static bool
take_item(const char **at, struct state_item *out)
{
	switch (out->kind) {
	case STATE_MASTER:
		return take_unsigned(at, &out->u.master.generation) &&
		    take_flag(at, &out->u.master.drained) &&
		    take_u64(at, &out->u.master.soft) &&
		    take_u64(at, &out->u.master.hard) &&
		    take_text(at, out->u.master.pid_file, STATE_PATH_MAX);
	case STATE_CONTROL:
		return take_fd(at, &out->u.control.fd) &&
		    take_flag(at, &out->u.control.made) &&
		    take_u64(at, &out->u.control.dev) &&
		    take_u64(at, &out->u.control.ino) &&
		    take_text(at, out->u.control.path, STATE_PATH_MAX);
	case STATE_ASKER:
		return take_fd(at, &out->u.asker.fd);
	case STATE_POOL:
		return take_flag(at, &out->u.pool.native) &&
		    take_flag(at, &out->u.pool.retired) &&
		    take_flag(at, &out->u.pool.refusing) &&
		    take_fd(at, &out->u.pool.scale) &&
		    take_fd(at, &out->u.pool.board_fd) &&
		    take_fd(at, &out->u.pool.in_fd) &&
		    take_fd(at, &out->u.pool.out_fd) &&
		    take_text(at, out->u.pool.name, sizeof(out->u.pool.name));
	case STATE_LISTENER:
		return take_fd(at, &out->u.listener.fd) &&
		    take_flag(at, &out->u.listener.native) &&
		    take_flag(at, &out->u.listener.own) &&
		    take_flag(at, &out->u.listener.made) &&
		    take_u64(at, &out->u.listener.dev) &&
		    take_u64(at, &out->u.listener.ino) &&
		    take_address(at, &out->u.listener.addr);
	case STATE_SLOT:
		return take_unsigned(at, &out->u.slot.index) &&
		    take_fd(at, &out->u.slot.pid) &&
		    take_fd(at, &out->u.slot.channel_fd) &&
		    take_fd(at, &out->u.slot.output_fd) &&
		    take(at, 0, INT64_MAX, &out->u.slot.born_ms) &&
		    take_flag(at, &out->u.slot.aide);
	case STATE_PARKED:
		return take_fd(at, &out->u.parked.fd) &&
		    take_flag(at, &out->u.parked.silent) &&
		    take(at, 0, INT64_MAX, &out->u.parked.since_ms);
	case STATE_KINDS:
		break;
	}
	return false;
}

static bool
take_name(const char **at, const char *name)
{
	size_t len = strlen(name);

	if (strncmp(*at, name, len) != 0)
		return false;
	*at += len;
	return true;
}

static bool
take_end(struct state_reader *r)
{
	int64_t lines;

	return take_name(&r->at, "end ") &&
	    take(&r->at, 0, INT64_MAX, &lines) && (size_t)lines == r->lines &&
	    strcmp(r->at, "\n") == 0;
}

static enum state_got
take_head(struct state_reader *r)
{
	int64_t version;

	if (!take_name(&r->at, HEAD) || !take(&r->at, 0, INT32_MAX, &version) ||
	    *r->at++ != '\n')
		return STATE_BROKEN;
	r->begun = true;
	r->other = version != STATE_VERSION;
	return r->other ? STATE_OTHER : STATE_ITEM;
}

/* Of another version: from listener to listener. */
static enum state_got
get_listener(struct state_reader *r, struct state_item *out)
{
	const char *end;

	out->kind = STATE_LISTENER;
	for (; (end = strchr(r->at, '\n')) != NULL; r->at = end + 1)
		if (take_name(&r->at, names[STATE_LISTENER]) &&
		    take_item(&r->at, out) && *r->at == '\n') {
			r->at++;
			return STATE_ITEM;
		}
	return STATE_END;
}

static enum state_got
get_item(struct state_reader *r, struct state_item *out)
{
	int kind;

	for (kind = 0; kind < STATE_KINDS; kind++) {
		if (!take_name(&r->at, names[kind]))
			continue;
		out->kind = (enum state_kind)kind;
		if (!take_item(&r->at, out) || *r->at++ != '\n')
			break;
		r->lines++;
		return STATE_ITEM;
	}
	return kind == STATE_KINDS && take_end(r) ? STATE_END : STATE_BROKEN;
}

enum state_got
state_get(struct state_reader *r, struct state_item *out)
{
	enum state_got got;

	memset(out, 0, sizeof(*out));
	if (!r->begun) {
		got = take_head(r);
		if (got != STATE_ITEM) {
			if (got == STATE_BROKEN)
				r->at = "";
			return got;
		}
	}
	got = r->other ? get_listener(r, out) : get_item(r, out);
	if (got == STATE_BROKEN)
		r->at = "";
	return got;
}
