/* soak_hostile SECONDS [SEED] - damaged conversations for as long as it is
 * told to, each against a connection of its own (connrig.h).
 *
 * Ends with 0 when all went well; else it names the seed and the stream, and
 * the same seed does the same again. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "hostile.h"

#define BATCH 1000

struct soak {
	struct connrig *rig;
	uint64_t n; /* of this seed */
	const char *wrong;
};

static void
try_one(void *ctx, const struct peer_script *script, const char *what)
{
	struct soak *s = ctx;
	struct connrig_seen seen;

	(void)what;
	if (s->wrong != NULL)
		return;
	s->wrong = connrig_run(s->rig, script, &seen);
	s->n++;
}

static int
soak(int64_t end_ms, uint64_t seed)
{
	uint64_t total = 0;

	for (; clock_ms() < end_ms; seed++) {
		struct soak s = { .rig = connrig_new(seed % 3 == 0 ? 1 : 8,
				      seed % 2 == 0 ? 4096 : 100) };

		(void)hostile_damage(seed, BATCH, try_one, &s);
		connrig_free(s.rig);
		total += s.n;
		if (s.wrong == NULL)
			continue;
		(void)printf("seed %llu, stream %llu: %s\n",
		    (unsigned long long)seed, (unsigned long long)s.n - 1,
		    s.wrong);
		return EXIT_FAILURE;
	}
	(void)printf("%llu streams\n", (unsigned long long)total);
	return EXIT_SUCCESS;
}

int
main(int argc, char **argv)
{
	const struct log_conf quiet = {
		.target = "/dev/null",
		.level = LOG_LEVEL_ALERT,
	};
	uint64_t seed;

	if (argc < 2) {
		(void)fprintf(stderr, "usage: soak_hostile SECONDS [SEED]\n");
		return 64;
	}
	seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
	(void)printf("from seed %llu\n", (unsigned long long)seed);
	(void)fflush(stdout);
	if (log_open(&quiet) == -1)
		return EXIT_FAILURE;
	return soak(clock_ms() + strtol(argv[1], NULL, 10) * 1000, seed);
}
