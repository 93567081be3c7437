/* echo.h - a handler of requests without processes or descriptors.
 *
 * What it does with a request depends on its id, so that the peer chooses:
 * 15 modulo 16 is refused with a 404; of the others 1 modulo 4 is answered
 * without its body, 2 takes seven bytes at a time, 3 does not end at once
 * when it is told to; all but 1 send their body back. */
#ifndef UNIT_ECHO_H
#define UNIT_ECHO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "worker/conn.h"

#define ECHO_KEPT 64

struct echo_job {
	uint8_t kept[ECHO_KEPT];
	size_t len;
	bool ended;
	bool stopping;
	unsigned dying; /* ticks until it is gone */
};

struct echo {
	struct echo_job job[CONN_REQS_MAX];
	unsigned started, dones;
	unsigned long acts; /* it was called, or did something */
};

/* With a struct echo for its context. */
const struct handler *echo_handler(void);

#endif
