#include "board/histogram.h"

#define FIRST_US 100
#define MEAN_MAX_US 1e18 /* fits into whatever it is put */

int64_t
histogram_bound_us(size_t i)
{
	static const int64_t steps[] = { 1, 2, 5 };
	int64_t bound = FIRST_US;
	size_t decade;

	if (i >= HISTOGRAM_BUCKETS - 1)
		return INT64_MAX;
	for (decade = i / 3; decade > 0; decade--)
		bound *= 10;
	return bound * steps[i % 3];
}

size_t
histogram_bucket(int64_t us)
{
	size_t i = 0;

	while (us > histogram_bound_us(i))
		i++;
	return i;
}

uint64_t
histogram_count(const struct histogram *h)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < HISTOGRAM_BUCKETS; i++)
		n += h->bucket[i];
	return n;
}

double
histogram_mean_us(const struct histogram *h)
{
	uint64_t n = histogram_count(h);
	double mean = n == 0 ? 0 : (double)h->sum_us / (double)n;

	return mean < MEAN_MAX_US ? mean : MEAN_MAX_US;
}

double
histogram_quantile_us(const struct histogram *h, double p)
{
	double want = p * (double)histogram_count(h), seen = 0;
	size_t i;

	for (i = 0; i < HISTOGRAM_BUCKETS; i++) {
		double in = (double)h->bucket[i];
		double low = i == 0 ? 0 : (double)histogram_bound_us(i - 1);

		if (in == 0)
			continue;
		if (i == HISTOGRAM_BUCKETS - 1)
			return low; /* at least */
		if (seen + in >= want)
			return low +
			    ((double)histogram_bound_us(i) - low) *
			    (want - seen) / in;
		seen += in;
	}
	return 0;
}

void
histogram_merge(struct histogram *into, const struct histogram *h)
{
	size_t i;

	for (i = 0; i < HISTOGRAM_BUCKETS; i++)
		into->bucket[i] += h->bucket[i];
	into->sum_us += h->sum_us;
}
