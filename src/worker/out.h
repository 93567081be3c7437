/* out.h - records on their way to the web server.
 *
 * One buffer for a connection: content is read straight behind the room for
 * its record head, and the head is written in place.  A part is kept back
 * for our own small records (ends, answers), so that these always fit.
 *
 * Layer: worker.  The memory is the owner's; out_flush() is the only
 * function that makes a system call.
 */
#ifndef WORKER_OUT_H
#define WORKER_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/fcgi.h"

#define OUT_LEN (128 * 1024)
#define OUT_KEPT_BACK 8192 /* for records of our own */
#define OUT_SMALL 512      /* the most that one of those takes */

struct out {
	uint8_t *buf; /* OUT_LEN bytes, not owned */
	size_t at, end;
	bool probed;   /* the first byte of the next record was sent */
	uint64_t sent; /* bytes that the socket took, ever */
};

void out_reset(struct out *o);
size_t out_pending(const struct out *o);
/* Is there room for another of our small records? */
bool out_has_room(const struct out *o);
/* Is there room for content of a program? */
bool out_has_data_room(const struct out *o);

/* Where the content of one record may be written, *CAP bytes at most (0: no
 * room); out_commit() makes LEN of them a record. */
uint8_t *out_reserve(struct out *o, size_t *cap);
void out_commit(struct out *o, uint8_t type, uint16_t id, size_t len);

/* Small records; the caller has asked out_has_room(). */
void out_put(
    struct out *o, uint8_t type, uint16_t id, const void *body, size_t len);
void out_put_end(
    struct out *o, uint16_t id, uint32_t app_status, enum fcgi_end status);
uint8_t *out_small(struct out *o); /* OUT_SMALL bytes ... */
void out_small_commit(struct out *o, size_t len);

/* Send what there is to non-blocking FD.  0: all gone; 1: some is left;
 * -1 with errno: the peer is gone. */
int out_flush(struct out *o, int fd);
/* Send the first byte of the record that will come next, the protocol's
 * version, ahead of it: a peer that closed for good answers with a reset,
 * one that only stopped sending takes it.  Only when nothing is pending. */
int out_probe(struct out *o, int fd);

#endif
