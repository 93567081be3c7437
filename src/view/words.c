#include "view/words.h"

#include <stdio.h>

const char *
words_state(enum board_state state)
{
	switch (state) {
	case BOARD_EMPTY:
		return "empty";
	case BOARD_STARTING:
		return "starting";
	case BOARD_IDLE:
		return "idle";
	case BOARD_BUSY:
		return "busy";
	case BOARD_RETIRING:
		return "retiring";
	case BOARD_STATES:
		break;
	}
	return "unknown";
}

const char *
words_worker(const struct board_pool *pool, enum board_state state)
{
	if (pool->native && state == BOARD_BUSY)
		return "running";
	return words_state(state);
}

unsigned
words_lost(const struct board_pool *pool)
{
	unsigned n = 0;
	uint32_t i;

	for (i = 0; i < pool->nlisten; i++)
		n += pool->lost >> i & 1;
	return n;
}

const char *
words_life(uint32_t life)
{
	switch ((enum board_life)life) {
	case BOARD_LIFE_STARTING:
		return "starting";
	case BOARD_LIFE_UP:
		return "up";
	case BOARD_LIFE_DRAINED:
		return "drained";
	case BOARD_LIFE_REFUSING:
		return "refusing";
	case BOARD_LIFE_STOPPING:
		return "stopping";
	case BOARD_LIFE_FAILED:
		return "failed";
	case BOARD_LIVES:
		break;
	}
	return "unknown";
}

const char *
words_pm(uint32_t pm)
{
	switch ((enum board_pm)pm) {
	case BOARD_STATIC:
		return "static";
	case BOARD_DYNAMIC:
		return "dynamic";
	case BOARD_ONDEMAND:
		return "ondemand";
	}
	return "unknown";
}

const char *
words_stage(uint32_t stage)
{
	switch ((enum board_stage)stage) {
	case BOARD_OVER:
		return "over";
	case BOARD_READING:
		return "reading";
	case BOARD_RUNNING:
		return "running";
	case BOARD_STAGES:
		break;
	}
	return "unknown";
}

const char *
words_counter(enum board_counter which)
{
	static const char *const names[BOARD_COUNTERS] = {
		[BOARD_ACCEPTED] = "accepted",
		[BOARD_COMPLETED] = "completed",
		[BOARD_ABORTED] = "aborted",
		[BOARD_REJECTED] = "rejected",
		[BOARD_TIMED_OUT] = "timed_out",
		[BOARD_CLIENT_GONE] = "client_gone",
		[BOARD_LOST_WORKER] = "lost_worker",
		[BOARD_CONNECTIONS] = "accepted_connections",
		[BOARD_PROTOCOL_ERRORS] = "protocol_errors",
		[BOARD_PARAMS_DROPPED] = "parameters_dropped",
		[BOARD_STDIN_DROPPED] = "body_bytes_dropped",
		[BOARD_BYTES_IN] = "body_bytes",
		[BOARD_BYTES_OUT] = "answer_bytes",
		[BOARD_PROGRAMS] = "programs",
		[BOARD_CPU_USER_US] = "cpu_user_us",
		[BOARD_CPU_SYSTEM_US] = "cpu_system_us",
		[BOARD_MEMORY_KIB] = "memory_kib",
		[BOARD_SLOW] = "slow",
		[BOARD_LOG_LOST_ERROR] = "error_log_lines_lost",
		[BOARD_LOG_LOST_ACCESS] = "access_log_lines_lost",
		[BOARD_LOG_LOST_SLOW] = "slowlog_records_lost",
		[BOARD_LOG_LOST_FAILURE] = "failure_log_records_lost",
	};

	return names[which];
}

const char *
words_log(enum board_counter which)
{
	static const char *const names[BOARD_LOGS] = { "error", "access",
		"slow", "failure" };

	return names[which - BOARD_LOG_LOST_ERROR];
}

const char *
words_histogram(enum board_histogram_of which)
{
	switch (which) {
	case BOARD_QUEUE_WAIT:
		return "queue_wait";
	case BOARD_FIRST_BYTE:
		return "first_byte";
	case BOARD_DURATION:
		return "duration";
	case BOARD_HISTOGRAMS:
		break;
	}
	return "unknown";
}

/* Two units, the smaller one left out where it is 0. */
static void
pair(char *buf, int64_t n, int64_t unit, const char *names)
{
	int64_t rest = n % unit;

	if (rest == 0)
		(void)snprintf(
		    buf, WORDS_MAX, "%lld%c", (long long)(n / unit), names[0]);
	else
		(void)snprintf(buf, WORDS_MAX, "%lld%c %lld%c",
		    (long long)(n / unit), names[0], (long long)rest, names[1]);
}

const char *
words_time(char *buf, int64_t us)
{
	int64_t s = us / 1000000;

	if (us < 0)
		(void)snprintf(buf, WORDS_MAX, "-");
	else if (us < 1000)
		(void)snprintf(buf, WORDS_MAX, "%lld us", (long long)us);
	else if (us < 10000)
		(void)snprintf(buf, WORDS_MAX, "%.1f ms", (double)us / 1e3);
	else if (us < 1000000)
		(void)snprintf(
		    buf, WORDS_MAX, "%lld ms", (long long)(us / 1000));
	else if (s < 60)
		(void)snprintf(buf, WORDS_MAX, "%.1f s", (double)us / 1e6);
	else if (s < 3600)
		pair(buf, s, 60, "ms");
	else if (s < 86400)
		pair(buf, s / 60, 60, "hm");
	else
		pair(buf, s / 3600, 24, "dh");
	return buf;
}

const char *
words_size(char *buf, uint64_t bytes)
{
	static const char units[] = "KMGTPE";
	double n = (double)bytes;
	size_t i = 0;

	if (bytes < 1024) {
		(void)snprintf(
		    buf, WORDS_MAX, "%llu", (unsigned long long)bytes);
		return buf;
	}
	for (n /= 1024; n >= 1023.5 && i < sizeof(units) - 2; i++)
		n /= 1024;
	(void)snprintf(
	    buf, WORDS_MAX, n < 9.95 ? "%.1f%c" : "%.0f%c", n, units[i]);
	return buf;
}
