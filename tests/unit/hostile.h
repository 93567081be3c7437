/* hostile.h - streams of bytes that a peer should not send, and all the ways
 * in which one that it may send can break off.  Deterministic.
 *
 * Each function gives its streams to SINK one after the other and returns
 * how many there were. */
#ifndef UNIT_HOSTILE_H
#define UNIT_HOSTILE_H

#include <stdint.h>

#include "connrig.h"

#define HOSTILE_HONEST 1000 /* id of the last request of hostile_types() */

typedef void hostile_sink(
    void *ctx, const struct peer_script *script, const char *what);

/* Ordinary conversations cut after each byte, ended in each way. */
uint64_t hostile_cuts(hostile_sink *sink, void *ctx);
/* The same delivered in two pieces, and byte by byte. */
uint64_t hostile_pieces(hostile_sink *sink, void *ctx);
/* All 256 types, with id 0, of no request and of a request, before, within
 * and after it, with several lengths. */
uint64_t hostile_types(hostile_sink *sink, void *ctx);
/* All 120 orders of a request's five records. */
uint64_t hostile_orders(hostile_sink *sink, void *ctx);
/* Thousands of small records that each get an answer, in one breath. */
uint64_t hostile_floods(hostile_sink *sink, void *ctx);
/* All 65,536 pairs of one-byte lengths with too little behind them. */
uint64_t hostile_pairs(hostile_sink *sink, void *ctx);
/* COUNT conversations with random damage; SEED decides which. */
uint64_t hostile_damage(
    uint64_t seed, uint64_t count, hostile_sink *sink, void *ctx);

#endif
