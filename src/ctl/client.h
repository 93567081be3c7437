/* client.h - one FastCGI request over a connected socket.
 *
 * Relays both directions at once by poll, so neither side can wait for the
 * other, and streams: no body is held in memory.  Writes to the outputs are
 * small enough not to block where poll() said that there is room, because
 * the outputs are other people's and keep their flags.
 *
 * Layer: ctl.  Owns no descriptor.  Used by: get, probe.
 */
#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "ctl/answer.h"
#include "proto/span.h"

enum client_err {
	CLIENT_OK = 0,  /* END_REQUEST came; it says how it went */
	CLIENT_ELATE,   /* the deadline passed */
	CLIENT_ECLOSED, /* the application closed before END_REQUEST */
	CLIENT_EPROTO,  /* see `answer` */
	CLIENT_EBODY,   /* reading the body failed, see errno */
	CLIENT_EOUT     /* writing an output failed, see errno */
};

struct client_job {
	uint16_t id;
	struct span head; /* BEGIN_REQUEST and PARAMS, encoded */
	int body_fd;      /* becomes STDIN; -1: HEAD has its end */
	int out_fd;
	int err_fd;
	bool with_head;      /* pass the CGI head on too */
	int64_t deadline_ms; /* or CLOCK_NEVER */
};

struct client_result {
	enum client_err err;
	enum answer_err answer;
	int errnum;
	uint32_t app_status;
	uint8_t protocol_status;
	bool head_done; /* stdout began with a whole CGI head */
	int status;     /* of that head, or 0 */
};

void client_run(
    int sock, const struct client_job *job, struct client_result *out);

/* The exit status of `get` for a result: appStatus, at most 255, when the
 * request was completed, else one of sysexits'. */
int client_exit(const struct client_result *result);
/* What went wrong, in a few words; NULL when nothing but appStatus did. */
const char *client_strerror(const struct client_result *result);

#endif
