/* reader.h - what a web server may ask of the records that it gets.
 *
 * Strict: no padding, zero in every reserved byte, the order of a request's
 * records, nothing that only a web server sends. */
#ifndef UNIT_READER_H
#define UNIT_READER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct reader {
	uint8_t *bytes;    /* all that came; not owned */
	size_t len;        /* so many */
	size_t parsed;     /* of these, in whole records */
	unsigned ends;     /* END_REQUEST records */
	unsigned complete; /* of these with REQUEST_COMPLETE */
	unsigned management;
	const char *wrong; /* what was wrong, or NULL */
	uint8_t told[65536];
};

/* Forget everything but where the bytes are. */
void reader_reset(struct reader *r);
/* Look at the records that are whole now. */
void reader_look(struct reader *r);
/* Has the last request of this id been ended? */
bool reader_saw_end(const struct reader *r, uint16_t id);

#endif
