/* fuzz.h - what every target has: libFuzzer's entry, and a check that also
 * holds when NDEBUG is set.
 *
 * A target fails by a sanitizer's report or by MUST().  With --enable-fuzzing
 * libFuzzer calls it; in `make check` replay.c gives it the files of its
 * corpus.
 */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#define MUST(condition)           \
	do {                      \
		if (!(condition)) \
			abort();  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

#endif
