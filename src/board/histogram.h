/* histogram.h - durations in fixed buckets, 1-2-5 for each power of ten.
 *
 * Layer: board.  Pure.
 */
#ifndef BOARD_HISTOGRAM_H
#define BOARD_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

/* From 100 us to 500 s, and one for what is above. */
#define HISTOGRAM_BUCKETS 22

struct histogram {
	uint64_t bucket[HISTOGRAM_BUCKETS];
	uint64_t sum_us;
};

/* The bucket of a duration; a negative one is none at all: bucket 0. */
size_t histogram_bucket(int64_t us);
/* The largest duration of bucket I; INT64_MAX for the last. */
int64_t histogram_bound_us(size_t i);
uint64_t histogram_count(const struct histogram *h);
/* 0: empty. */
double histogram_mean_us(const struct histogram *h);
/* The duration that P (0..1) of all do not exceed, taken as spread evenly
 * within a bucket; 0: empty. */
double histogram_quantile_us(const struct histogram *h, double p);
void histogram_merge(struct histogram *into, const struct histogram *h);

#endif
