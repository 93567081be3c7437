/* wire.h - records as a peer may send them, legal or not, in one buffer. */
#ifndef UNIT_WIRE_H
#define UNIT_WIRE_H

#include <stddef.h>
#include <stdint.h>

#define WIRE_MAX (1u << 19)

struct wire {
	size_t len;
	uint8_t at[WIRE_MAX];
};

/* Each puts a record behind the others; beyond WIRE_MAX nothing happens. */
void wire_record(struct wire *w, unsigned type, unsigned id, const void *body,
    size_t len, unsigned padding);
void wire_begin(struct wire *w, unsigned id, unsigned role, unsigned flags);
/* PARAMS of these pairs (NAME, VALUE, ..., NULL), each record of at most CUT
 * bytes, and their end. */
void wire_params(
    struct wire *w, unsigned id, const char *const pairs[], size_t cut);
void wire_stdin(struct wire *w, unsigned id, const char *body);
/* A whole request with KEEP_CONN. */
void wire_request(struct wire *w, unsigned id, const char *body);

#endif
