/* words.h - what things on a board are called, and amounts for people.
 *
 * Layer: view.  Pure.
 */
#ifndef VIEW_WORDS_H
#define VIEW_WORDS_H

#include <stddef.h>
#include <stdint.h>

#include "board/snapshot.h"

#define WORDS_MAX 32 /* bytes that hold any amount */

const char *words_state(enum board_state state);
/* Of a worker of POOL: what a program that speaks FastCGI itself does is not
 * known, it runs. */
const char *words_worker(const struct board_pool *pool, enum board_state state);
/* How many of its listeners have lost their files. */
unsigned words_lost(const struct board_pool *pool);
const char *words_life(uint32_t life);
const char *words_pm(uint32_t pm);
const char *words_stage(uint32_t stage);
/* As the counters are called in JSON: "accepted", "client_gone". */
const char *words_counter(enum board_counter which);
/* Of the log whose lost lines WHICH counts: "error", "access", ... */
const char *words_log(enum board_counter which);
const char *words_histogram(enum board_histogram_of which);

/* "350 us", "12 ms", "3.2 s", "2h 5m", "3d 4h"; "-" below 0.  BUF has
 * WORDS_MAX bytes and is returned. */
const char *words_time(char *buf, int64_t us);
/* "512", "64K", "3.2M", "1.5G". */
const char *words_size(char *buf, uint64_t bytes);

#endif
